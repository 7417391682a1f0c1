#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/reply.hpp"

namespace tributary::cli {

/// One entry of a stream, whole.
struct StreamEntry {
  std::string id;
  std::vector<std::pair<std::string, std::string>> fields;  ///< in their order
};

/// The entries of an answer to XRANGE or XREVRANGE, in its order. What is no entry is left out.
std::vector<StreamEntry> entries_of(const redis::Reply& answer);

/// When an entry was added, by the server's clock: "2026-01-31 12:00:05Z". The id itself if it is none.
std::string entry_time(std::string_view id);

}  // namespace tributary::cli
