#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {

/// One line of the group's loss ledger: what could not be delivered, or may not have been.
struct LossLine {
  std::string id;  ///< of the entry; starts with its time in ms
  std::string reason;
  std::vector<std::pair<std::string, std::string>> details;  ///< the other fields, in their order

  /// "2026-01-31 12:00:05Z", by the server's clock.
  std::string time() const;
  /// What the line speaks of, e.g. "view 7.3fa9c2, lane 0, after 120 to 130, by m1".
  std::string range() const;
};

/// Those in an answer to XRANGE, in its order.
std::vector<LossLine> losses_of(const redis::Reply& entries);

/// The last lines, at most `count`, oldest first.
Result<std::vector<LossLine>> read_losses(redis::SyncClient& client, const std::string& group,
                                          std::size_t count);

}  // namespace tributary::cli
