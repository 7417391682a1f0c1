#pragma once

#include <chrono>

#include "cli/options/settings.hpp"
#include "cli/status/status_text.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {

/// Between two readings that are to give a rate.
inline constexpr std::chrono::milliseconds kBetweenReadings{1000};

/// Reads the status of a group again and again: rates, and consumers that are stuck, need two readings.
class StatusReader {
 public:
  StatusReader(redis::SyncClient& client, const Settings& settings) : client_(&client), settings_(settings) {}

  /// The first one has no rate, and no consumer in it counts as stuck.
  Result<StatusReport> read();
  /// Goes on with another connection.
  void use(redis::SyncClient& client) { client_ = &client; }

 private:
  redis::SyncClient* client_;
  const Settings& settings_;
  observe::RateMeter meter_;
  observe::GroupStatus before_;
};

}  // namespace tributary::cli
