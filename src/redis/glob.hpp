#pragma once

#include <string_view>

namespace tributary::redis {

/// Whether Redis takes `text` to match the glob `pattern`, as PSUBSCRIBE and KEYS do: `*`, `?`, `[a-z]`, `[^...]`,
/// and a backslash before what is to be taken as it is.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace tributary::redis
