#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "redis/scripts.hpp"
#include "support/redis_server.hpp"
#include "support/wait_until.hpp"

// The Lua scripts as they are embedded, run by a real server: what each does, refuses, and does
// when called again.
namespace tributary::test {

using group::Script;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Words = std::vector<std::string>;

Words split_words(const std::string& text, char separator);

/// The project's own script; for negative controls (./dev controls) the one of that name in
/// $TRIBUTARY_TEST_SCRIPTS, if it is there.
std::string body_of(const redis::Script& script);

/// The text of each element of an answer; the one text of an answer that is no list.
Words words_of(const redis::Reply& reply);

struct Joining {
  int weight = 1;
  std::string former = "-", highest = "0", fingerprint = "print", protocol = "2", seen = "-", holds = "-",
              nonce = "-";
  std::string lease = "60000";
};

struct Beating {
  std::string tick = "1000000", counted = "-", floor = "1000", gaps = "-", lengths = "-", highest = "-";
  bool publishes = false;
  std::string lease = "60000", active = "-";
  Words presence = {};
};

constexpr auto kBegin = "0", kDrained = "1", kAtOnce = "2";  // steps of leave

struct Leave {
  std::string step = kBegin, lease = "60000", floor = "0", lengths = "-", highest = "-", reads = "";
  std::string identity = "";  // as it joined; empty: that of now
};

class ScriptsTest : public testing::Test {
 protected:
  using Config = std::vector<std::string>;
  explicit ScriptsTest(const Config& config = {"appendonly yes", "appendfsync always"},
                       std::string dead = "out:dead", std::string list = "list")
      : server_({.config = config, .tcp = false, .password = {}}),
        dead_(std::move(dead)),
        list_name_(std::move(list)) {}

  static std::string key(const std::string& name) { return "tributary:{out}:" + name; }

  static Words id_keys() { return {key("ids:0"), key("ids:1"), key("ids:2")}; }
  /// All that a script touches.
  Words keys_of(Script name) const;
  /// The answer's elements; a single one that starts with "ERR" or another code if the script was refused.
  Words run(Script name, const Words& arguments, Words keys = {});

  // Calls of each script, with arguments that are good unless told otherwise.
  Words join(const std::string& member, const Joining& how = {});
  Words beat(const std::string& member, const Beating& what = {});
  Words commit(const std::string& member, const std::string& lane, int from, const Words& runs,
               bool release = false, const std::string& bound = "0");
  /// With a window for ids: `bounds` are those of the stream, the window in ms and the most ids.
  Words commit_once(const std::string& member, const std::string& lane, int from, const Words& runs,
                    const std::string& bounds = "0 60000 1000000");
  Words claim(const std::string& member, const std::string& lane, const std::string& seen);
  Words sweep(const std::string& member, const Words& lanes_with_positions);
  Words leave(const std::string& member, const Leave& what = {});
  Words desire(const std::string& who, const std::string& based_on, const Words& fields_and_values);
  Words install(const std::string& member, const std::string& previous, const std::string& members);
  Words revive(const std::string& member, const std::string& view, const std::string& identity,
               const std::string& members, const std::string& nonce);
  std::string view_nonce() { return "v" + std::to_string(++views_); }
  /// The common run of commit: entries of these positions.
  static Words entries(const std::string& view, const std::vector<int>& positions);

  // What is in Redis.
  std::string field(const std::string& name) { return redis_.text({"HGET", key("state"), name}); }
  std::string view() { return field("view"); }
  std::string lane(const std::string& view, int index) {
    return field("lane:" + view + ":" + std::to_string(index));
  }
  std::string identity();
  /// Of its presence: whether it has any, what is left of its lease, and its floor.
  bool has_presence(const std::string& member);
  long long left_ms(const std::string& member);
  std::string floor_of(const std::string& member);
  /// As if its lease had run out.
  void let_lapse(const std::string& member);
  /// What status tells.
  std::map<std::string, std::string> status();
  Words list(const TestClient::Command& command);
  Words consumers() { return list({"LRANGE", "list", "0", "-1"}); }
  std::vector<std::map<std::string, std::string>> stream(const std::string& name);
  Words positions(const std::string& name = "out");
  Words losses();
  /// All fields of the state, sorted.
  std::string state_text();

  /// Every lane's position is the last entry of that lane in stream or dead letters, none is there twice,
  /// and they are in order. For views whose members have weight 1 or 0, so that the slot table is the order
  /// of the members.
  void expect_positions_match();

  void restart();

  RedisServer server_;
  TestClient redis_ = server_.client();
  std::string nonce_;  // of the group, as the last join told
  int views_ = 0;
  std::string known_identity_ = "-";  // as scripts get it that may not read it

 private:
  std::string lane_of(const std::string& position);

  std::string dead_, list_name_;
};

}  // namespace tributary::test
