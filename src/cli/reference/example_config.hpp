#pragma once

#include <string>

namespace tributary::cli {

/// A configuration file for nodes: every key that `consume` or `agent` knows, explained, with its default,
/// and commented out.
std::string example_config();

}  // namespace tributary::cli
