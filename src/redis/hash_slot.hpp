#pragma once

#include <cstdint>
#include <string_view>

namespace tributary::redis {

/// The part of a key in a cluster that its slot goes by, if it is not the whole: what is between the first "{" and the "}"
/// behind it. Empty: there is none.
std::string_view hash_tag(std::string_view key);

/// The slot of a cluster that a key, or a sharded channel, falls into: 0 to 16383.
std::uint16_t hash_slot(std::string_view key);

}  // namespace tributary::redis
