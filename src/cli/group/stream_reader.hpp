#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {

/// One stream as it stood when it was looked at. All zero and empty if the key does not exist.
struct StreamFacts {
  std::uint64_t length = 0;
  std::uint64_t entries_added = 0;  ///< ever; more than `length`: some were trimmed or deleted
  std::string last_id;

  /// Entries that are no longer there.
  std::uint64_t removed() const { return entries_added > length ? entries_added - length : 0; }
};
/// Error if the key is of another type; `option` is the flag that would change its name.
Result<StreamFacts> stream_facts(redis::SyncClient& client, const std::string& key, std::string_view option);

/// Calls `take` with the id and the fields of each entry (name, value, name, value, ...), from the first up
/// to `facts.last_id`, in pages: neither side ever holds the whole stream. What is appended
/// meanwhile is left out.
Status read_stream(
    redis::SyncClient& client, const std::string& key, const StreamFacts& facts,
    const std::function<void(const std::string& id, const std::vector<redis::Reply>& fields)>& take);

}  // namespace tributary::cli
