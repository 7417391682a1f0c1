#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/api/group_watch.hpp"
#include "cli/api/tasks.hpp"
#include "http/server.hpp"

namespace tributary::cli {

/// What the nodes of this process answer over HTTP: metrics, whether they are alive and ready, their groups' status
/// (docs/watching.md); and with a token, what they do for who asks. Belongs to the loop's thread.
class Api {
 public:
  /// All must outlive it, and it the loop's last round. `settings` is of the process.
  Api(redis::EventLoop& loop, const Settings& settings);

  void add(GroupNode& node, const Settings& settings);
  /// Begins to listen. Says where.
  Status listen();
  /// When the loop has ended. False if something that was asked for hangs; see Tasks::end().
  bool end() { return tasks_.end(); }

 private:
  using Route = void (Api::*)(const http::Request&, const http::Answer&);

  void handle(const http::Request& request, const http::Answer& answer);
  void live(const http::Request& request, const http::Answer& answer);
  void ready(const http::Request& request, const http::Answer& answer);
  void metrics(const http::Request& request, const http::Answer& answer);
  void group(const http::Request& request, const http::Answer& answer);
  void events(const http::Request& request, const http::Answer& answer);
  void access(const http::Request& request, const http::Answer& answer);
  void history(const http::Request& request, const http::Answer& answer);
  void dead(const http::Request& request, const http::Answer& answer);
  void dead_show(const http::Request& request, const http::Answer& answer);
  void change(Command command, const http::Request& request, const http::Answer& answer);

  /// Whether it has the token; else it is answered.
  bool may(const http::Request& request, const http::Answer& answer);
  bool is_time_to_tell();
  void refuse_token(const http::Request& request, const http::Answer& answer);
  /// The group that a request means; else it is answered.
  GroupWatch* group_of(const http::Request& request, const http::Answer& answer);
  void read_letters(GroupWatch& watch, std::vector<std::string> arguments, const http::Answer& answer,
                    std::function<std::string(const redis::Reply&)> text);

  GroupWatch* find(std::string_view name);
  /// One group, or all if the name is empty: as JSON, once they are read.
  void read(std::string_view name, const http::Answer& answer);
  void publish();

  redis::EventLoop& loop_;
  const Settings& settings_;
  std::vector<std::unique_ptr<GroupWatch>> groups_;
  std::uint64_t wrong_tokens_ = 0;
  TimeMs told_wrong_at_ = 0;
  Tasks tasks_;
  http::Server server_;
};

}  // namespace tributary::cli
