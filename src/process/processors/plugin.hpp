#pragma once

#include <string>

#include "process/processors.hpp"

namespace tributary::process {

/// `plugin:FILE.so` or `plugin:FILE.so?ARGUMENTS`: a shared library that tributary/plugin.h describes. It is loaded
/// here, and stays so; one instance is made, and kept for the first consumer.
Result<ProcessorFactory> make_plugin(const std::string& file_and_arguments);

}  // namespace tributary::process
