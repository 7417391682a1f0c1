#pragma once

#include <sys/types.h>

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace tributary::test {

/// Which of a node's connections a fault is for; told apart by what they say first.
enum class Which { subscriber, commands, both };

/// A small TCP gate between one node and Redis, through which connections can be hurt in every way a network
/// can: cut, cut in the middle of a frame, half-open (nothing goes through, nobody is told), delayed,
/// throttled. Listens on a free port of 127.0.0.1; one thread of its own. Thread-safe.
class Gate {
 public:
  explicit Gate(std::string redis_socket);
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  int port() const { return port_; }
  void cut(Which which);
  /// Lets at most `bytes` more through towards the node, then cuts.
  void cut_after(Which which, std::size_t bytes);
  /// Until healed: swallows what present connections send, both ways. New connections pass.
  void go_silent(Which which);
  /// Until healed: connections go silent with their first SUBSCRIBE, as if everything before it had got through.
  void go_silent_at_subscribe();
  /// How many connections have gone silent so, since the last healing.
  int silenced();
  /// Until healed: whatever goes towards the node waits that long.
  void delay(Which which, int milliseconds);
  /// Until healed: at most so many bytes a second towards the node.
  void throttle(Which which, std::size_t bytes_per_second);
  /// From now on, healed or not: each first text becomes the second, equally long, in all that goes to the server.
  void rewrite(std::vector<std::pair<std::string, std::string>> texts);
  /// Ends every fault; silenced connections, which have lost bytes, are cut.
  void heal();

 private:
  struct Chunk {
    std::int64_t due_ms;
    std::string bytes;
  };
  struct Pair {
    int node = -1, server = -1;
    bool subscriber = false, silent = false, dead = false;
    int delay_ms = 0;
    std::size_t rate = 0;  // bytes a second; 0: no limit
    double allowance = 0;
    std::int64_t counted_ms = 0;
    long long cut_after = -1;  // bytes; -1: no
    std::list<Chunk> to_node;  // waiting for their time
    std::string held;          // it may be the beginning of a text to be rewritten
    std::string to_server;
    std::size_t waiting = 0;
  };

  void run();
  void accept_one();
  void from_node(Pair& pair);
  void pass_on(Pair& pair, std::string_view text);
  void from_server(Pair& pair);
  void to_node(Pair& pair, std::int64_t now_ms);
  template <class Change>
  void change(Which which, Change apply);

  std::string redis_socket_;
  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  std::list<Pair> pairs_;
  std::vector<std::pair<std::string, std::string>> rewritten_;
  bool silent_at_subscribe_ = false;
  int silenced_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tributary::test
