#pragma once

#include <string>

namespace tributary::embed {

/// The name of this host; "unknown" if the system does not tell.
std::string host_name();

/// "<host>-<pid>" of this process, as member and consumer ids start: no blank, comma, slash, colon or dot.
std::string process_name();

}  // namespace tributary::embed
