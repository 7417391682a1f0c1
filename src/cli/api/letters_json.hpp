#pragma once

#include <string>

#include "redis/reply.hpp"

namespace tributary::cli {

/// The answer of the script letters as one JSON object: as `dead list --json`, but of the newest, with `read`, the number of
/// those that `reasons` counts.
std::string letters_json(const redis::Reply& answer, const std::string& stream);

/// The one letter in it, as `dead show --json`, but with the beginning of its payload as text that can be seen, and whether
/// that is all of it. Empty if there is none.
std::string letter_json(const redis::Reply& answer);

}  // namespace tributary::cli
