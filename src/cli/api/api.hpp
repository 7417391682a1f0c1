#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/api/group_watch.hpp"
#include "http/server.hpp"

namespace tributary::cli {

/// What the nodes of this process answer over HTTP: metrics, whether they are alive and ready, their groups' status
/// (docs/watching.md). Belongs to the loop's thread.
class Api {
 public:
  /// All must outlive it, and it the loop's last round. `settings` is of the process.
  Api(redis::EventLoop& loop, const Settings& settings);

  void add(GroupNode& node, const Settings& settings);
  /// Begins to listen. Says where.
  Status listen();

 private:
  using Route = void (Api::*)(const http::Request&, const http::Answer&);

  void handle(const http::Request& request, const http::Answer& answer);
  void live(const http::Request& request, const http::Answer& answer);
  void ready(const http::Request& request, const http::Answer& answer);
  void metrics(const http::Request& request, const http::Answer& answer);
  void group(const http::Request& request, const http::Answer& answer);
  void events(const http::Request& request, const http::Answer& answer);

  GroupWatch* find(std::string_view name);
  /// One group, or all if the name is empty: as JSON, once they are read.
  void read(std::string_view name, const http::Answer& answer);
  void publish();

  redis::EventLoop& loop_;
  const Settings& settings_;
  std::vector<std::unique_ptr<GroupWatch>> groups_;
  http::Server server_;
};

}  // namespace tributary::cli
