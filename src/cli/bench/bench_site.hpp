#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options/settings.hpp"
#include "cli/system/temporary_directory.hpp"
#include "core/base/result.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {

/// The names that `bench` uses on somebody's server: no one else's, and all removed when this object goes.
class BenchSite {
 public:
  /// `endpoint` must be reachable. `token` makes the names unique.
  static Result<BenchSite> open(const redis::Endpoint& endpoint, const std::string& token);
  BenchSite(BenchSite&&) = default;
  BenchSite& operator=(BenchSite&&) = delete;
  ~BenchSite();

  const redis::Endpoint& endpoint() const { return client_.endpoint(); }
  const std::string& channel() const { return channel_; }
  const std::string& stream() const { return stream_; }
  const std::string& consumers_list() const { return consumers_list_; }

  redis::SyncClient& client() { return client_; }
  /// How many consumers the group has now.
  Result<std::size_t> count_consumers();
  /// Removes every key of ours.
  Status clean();

  /// Writes a configuration file for `tributary consume` to work here; the password, if any, is in a file of
  /// its own beside it that only we can read.
  Result<std::string> configuration(const Settings& settings) const;
  std::string file(const std::string& name) const { return files_.file(name); }

 private:
  BenchSite(redis::SyncClient client, TemporaryDirectory files, const std::string& prefix);
  std::vector<std::string> keys() const;

  redis::SyncClient client_;
  TemporaryDirectory files_;
  std::string channel_, stream_, consumers_list_;
};

/// Whether the server is on this machine, as far as its address tells.
bool is_local(const redis::Endpoint& endpoint);

}  // namespace tributary::cli
