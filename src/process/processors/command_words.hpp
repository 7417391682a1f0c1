#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace tributary::process {

/// The words of a command line, divided as a shell does it: at blanks, with quotes ('as it is', "with \" and
/// \\ and \$ escaped") and backslashes. No shell is run: `$`, `*` and `~` mean themselves. An error
/// (ErrorKind::usage) for a quote that is not closed, a backslash at the end, no word at all, and for | & ; < >
/// outside quotes, by which a shell would be meant.
Result<std::vector<std::string>> command_words(std::string_view command);

}  // namespace tributary::process
