#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"
#include "redis/reply.hpp"

namespace tributary::redis {

/// What a node of a cluster tells of the node that has a key.
struct KeyHolder {
  bool here = false;           ///< it is the node that was asked
  Address address;             ///< of the primary that has it
  std::vector<Address> nodes;  ///< all that are known, primaries first
  std::size_t primaries = 0;   ///< of them
};

/// How many answers the questions of append_cluster_questions() have.
inline constexpr std::size_t kClusterAnswers = 3;
void append_cluster_questions(std::string& out);

/// Reads them. `asked`: where. Errors are clear lines: the cluster is down, or nobody has the slot.
Result<KeyHolder> read_key_holder(std::span<const Reply> answers, const Endpoint& asked,
                                  std::string_view key);

}  // namespace tributary::redis
