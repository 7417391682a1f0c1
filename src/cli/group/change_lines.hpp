#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {

/// One change of the desired state by a command: who set which field from what to what. "" is: not set.
struct ChangeLine {
  std::string id;  ///< of the entry; starts with its time in ms
  std::string who;
  std::string field;
  std::string from;
  std::string to;
  std::string revision;

  /// "2026-01-31 12:00:05Z", by the server's clock.
  std::string time() const;
  /// "consumers 2 -> 7".
  std::string text() const;
};

/// "consumers 2 -> 7"; values that are not set by their meaning: "capacity of the hosts", "running", ...
std::string change_text(const std::string& field, const std::string& from, const std::string& to);

/// Those in an answer to XREVRANGE, oldest first.
std::vector<ChangeLine> changes_of(const redis::Reply& newest_first);

/// The last changes, at most `count`, oldest first. None if the key holds something else.
Result<std::vector<ChangeLine>> read_changes(redis::SyncClient& client, const std::string& group,
                                             std::size_t count);

}  // namespace tributary::cli
