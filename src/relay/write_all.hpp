#pragma once

#include <string_view>

namespace tributary::relay {

/// Writes `text` to a file, and takes from it what was written. False if that was not all: errno tells why, EAGAIN that
/// there is no room now. Signals do not matter.
bool write_all(int descriptor, std::string_view& text);

}  // namespace tributary::relay
