#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/redis/reply.hpp"

namespace tributary::sim {

using Arguments = std::span<const std::string_view>;
/// A write, in a form that does the same when done again: explicit stream ids and absolute expiry times.
using Effect = std::vector<std::string>;

struct StreamId {
  std::uint64_t ms = 0, sequence = 0;
  std::string text() const { return std::to_string(ms) + "-" + std::to_string(sequence); }
  friend auto operator<=>(const StreamId&, const StreamId&) = default;
};

struct Stream {
  struct Entry {
    StreamId id;
    std::vector<std::string> fields;  // field, value, ...
  };
  std::deque<Entry> entries;
  std::uint64_t added = 0;
  StreamId last, max_deleted;
};

using Hash = std::vector<std::pair<std::string, std::string>>;  // few fields: in order of insertion
using List = std::vector<std::string>;
struct Set {
  std::vector<std::string> members;
};

/// The data of a simulated Redis: the types and commands that the project's scripts use, and no more.
/// Errors are Redis' own, wrong types included.
class Keyspace {
 public:
  using Value = std::variant<std::string, Hash, List, Set, Stream>;

  /// Keys whose time has come are gone for every later command.
  void set_time(std::int64_t now_ms) { now_ms_ = now_ms; }
  std::int64_t now_ms() const { return now_ms_; }
  /// One command. What it wrote is added to `effects`.
  Reply execute(Arguments command, std::vector<Effect>& effects);
  /// Does a recorded effect again.
  void repeat(const Effect& effect);
  void clear() { keys_.clear(); }

  /// The value of a key, or nullptr if there is none of that type.
  template <class T>
  const T* get(std::string_view key) const {
    const auto found = keys_.find(key);
    return found == keys_.end() || expired(found->second) ? nullptr : std::get_if<T>(&found->second.value);
  }
  bool exists(std::string_view key) const {
    const auto found = keys_.find(key);
    return found != keys_.end() && !expired(found->second);
  }
  /// Milliseconds to live; -1: for ever, -2: there is no such key.
  std::int64_t ttl_ms(std::string_view key) const;
  std::vector<std::string> names() const;

 private:
  struct Key {
    Value value;
    std::int64_t expires_at = -1;
  };

  bool expired(const Key& key) const { return key.expires_at >= 0 && key.expires_at <= now_ms_; }
  Key* find(std::string_view name);
  /// The value, made if absent; nullptr if the key holds another type.
  template <class T>
  T* make(std::string_view name);
  /// `wrong` is set if the key holds another type.
  template <class T>
  T* look(std::string_view name, bool& wrong);
  void remove_if_empty(std::string_view name, bool empty);

  Reply hash_command(Arguments command, std::vector<Effect>& effects);
  Reply string_command(Arguments command, std::vector<Effect>& effects);
  Reply set_command(Arguments command, std::vector<Effect>& effects);
  Reply list_command(Arguments command, std::vector<Effect>& effects);
  Reply stream_command(Arguments command, std::vector<Effect>& effects);
  Reply key_command(Arguments command, std::vector<Effect>& effects);
  Reply xadd(Arguments command, std::vector<Effect>& effects);
  Reply hset(Arguments command, std::vector<Effect>& effects);

  std::map<std::string, Key, std::less<>> keys_;
  std::int64_t now_ms_ = 0;
};

}  // namespace tributary::sim
