#include "redis/scripts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/redis_server.hpp"
#include "support/wait_until.hpp"

// The Lua scripts as they are embedded, run by a real server: what each does, refuses, and does when called
// again.
namespace tributary::test {
namespace {

using namespace std::chrono_literals;
using group::Script;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Words = std::vector<std::string>;

Words split_words(const std::string& text, char separator) {
  Words words(1);
  for (const char c : text) {
    if (c == separator) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

struct Joining {
  int weight = 1;
  std::string former = "-", highest = "0", fingerprint = "print", protocol = "1", seen = "-", nonce = "-";
  std::string lease = "60000";
};

class ScriptsTest : public testing::Test {
 protected:
  RedisServer server_{{.config = {"appendonly yes", "appendfsync always"}, .tcp = false, .password = {}}};
  TestClient redis_ = server_.client();
  std::string nonce_;  // of the group, as the last join told
  int views_ = 0;

  static std::string key(const std::string& name) { return "tributary:{out}:" + name; }
  static std::string member_key(const std::string& id) { return key("member:" + id); }

  // The answer's elements; a single one that starts with "ERR" or another code if the script was refused.
  // The project's own; for negative controls (./dev controls) the ones in a directory.
  static std::string body(Script name) {
    const auto& script = redis::script(name);
    const char* directory = std::getenv("TRIBUTARY_TEST_SCRIPTS");
    if (directory == nullptr) return std::string(script.body);
    std::ifstream file(std::string(directory) + "/" + std::string(script.name) + ".lua");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  Words run(Script name, Words arguments, Words keys = {}) {
    if (keys.empty()) {
      keys = name == Script::commit ? Words{key("state"), "out", "out:dead"}
                                    : Words{key("state"), key("members"), key("leader"), key("losses"),
                                            "out",        "list",         "list:group",  key("desired")};
    }
    TestClient::Command command{"EVAL", body(name), std::to_string(keys.size())};
    command.insert(command.end(), keys.begin(), keys.end());
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto reply = redis_.command(command);
    if (!reply.is_array()) return {reply.text};
    Words words;
    for (const auto& element : reply.elements) words.push_back(element.text);
    return words;
  }

  std::string view_nonce() { return "v" + std::to_string(++views_); }

  Words join(const std::string& member, const Joining& how = {}) {
    const auto answer =
        run(Script::join, {"out", member, how.nonce, std::to_string(how.weight), how.former, how.highest,
                           how.fingerprint, how.protocol, view_nonce(), "group" + std::to_string(views_),
                           "60000", how.lease, how.seen, "host", "h"});
    if (answer.size() == 7) nonce_ = answer[4];
    return answer;
  }

  struct Beating {
    std::string tick = "1000000", counted = "-", floor = "1000", gaps = "-", lengths = "-", highest = "-";
    bool publishes = false;
    std::string lease = "60000", active = "-";
  };
  Words beat(const std::string& member) { return beat(member, Beating()); }
  Words beat(const std::string& member, const Beating& what) {
    return run(Script::beat, {"out", member, nonce_, what.tick, what.counted, what.floor, what.gaps,
                              what.lengths, what.highest, what.lease, "60000", "4", view_nonce(),
                              what.publishes ? "1" : "0", what.active, "backlog", "7"});
  }
  Words commit(const std::string& member, const std::string& lane, int from, const Words& runs,
               bool release = false, const std::string& bound = "0") {
    Words arguments{member, lane, std::to_string(from), release ? "1" : "0", bound};
    arguments.insert(arguments.end(), runs.begin(), runs.end());
    return run(Script::commit, arguments);
  }
  // The common run: entries of these positions.
  static Words entries(const std::string& view, const std::vector<int>& positions) {
    Words runs{"t", std::to_string(positions.size()), "consumer"};
    for (const int n : positions) {
      runs.push_back("m" + std::to_string(n));
      runs.push_back(view + ":" + std::to_string(n));
    }
    return runs;
  }
  Words claim(const std::string& member, const std::string& lane, const std::string& seen) {
    return run(Script::claim, {"out", member, nonce_, lane, seen});
  }
  Words sweep(const std::string& member, const Words& lanes_with_positions) {
    Words arguments{"out", member, nonce_, view()};
    arguments.insert(arguments.end(), lanes_with_positions.begin(), lanes_with_positions.end());
    return run(Script::sweep, arguments);
  }
  Words leave(const std::string& member, bool drained) {
    return run(Script::leave, {"out", member, nonce_, drained ? "1" : "0", view_nonce(), "60000"});
  }
  Words desire(const std::string& who, const std::string& based_on, const Words& fields_and_values) {
    Words arguments{"out", who, "-", based_on};
    arguments.insert(arguments.end(), fields_and_values.begin(), fields_and_values.end());
    return run(Script::desire, arguments);
  }
  Words leave_at_once(const std::string& member) {
    return run(Script::leave, {"out", member, nonce_, "2", view_nonce(), "60000"});
  }
  Words install(const std::string& member, const std::string& previous, const std::string& members) {
    return run(Script::install, {"out", member, nonce_, previous, view_nonce(), members, "60000"});
  }
  Words revive(const std::string& member, const std::string& view, const std::string& identity,
               const std::string& members, const std::string& nonce) {
    return run(Script::revive, {"out", member, nonce_, view, identity, members, nonce});
  }

  std::string field(const std::string& name) { return redis_.text({"HGET", key("state"), name}); }
  std::string view() { return field("view"); }
  std::string lane(const std::string& view, int index) {
    return field("lane:" + view + ":" + std::to_string(index));
  }
  std::string identity() {
    const auto info = redis_.text({"INFO", "everything"});
    const auto value = [&](const std::string& name) {
      const auto begin = info.find("\n" + name + ":") + name.size() + 2;
      return info.substr(begin, 40);
    };
    return value("run_id") + "/" + value("master_replid");
  }
  Words list(const TestClient::Command& command) {
    Words words;
    for (const auto& element : redis_.command(command).elements) words.push_back(element.text);
    return words;
  }
  Words consumers() { return list({"LRANGE", "list", "0", "-1"}); }
  std::vector<std::map<std::string, std::string>> stream(const std::string& name) {
    std::vector<std::map<std::string, std::string>> found;
    for (const auto& entry : redis_.command({"XRANGE", name, "-", "+"}).elements) {
      auto& fields = found.emplace_back();
      const auto& flat = entry.elements.at(1).elements;
      for (std::size_t i = 0; i + 1 < flat.size(); i += 2) fields[flat[i].text] = flat[i + 1].text;
    }
    return found;
  }
  Words positions(const std::string& name = "out") {
    Words found;
    for (auto& entry : stream(name)) found.push_back(entry["position"]);
    return found;
  }
  Words losses() {
    Words found;
    for (auto& entry : stream(key("losses"))) found.push_back(entry["reason"]);
    return found;
  }
  std::string state_text() {
    auto flat = list({"HGETALL", key("state")});
    std::set<std::string> fields;
    for (std::size_t i = 0; i + 1 < flat.size(); i += 2) fields.insert(flat[i] + "=" + flat[i + 1]);
    std::string text;
    for (const auto& one : fields) text += one + "\n";
    return text;
  }

  // Every lane's position is the last entry of that lane in stream or dead letters, none is there twice, and
  // they are in order. For views whose members have weight 1 or 0, so that the slot table is the order of the
  // members.
  void expect_positions_match() {
    std::map<std::string, int> last;  // "view:lane"
    std::set<std::string> seen;
    for (const auto* name : {"out", "out:dead"}) {
      for (const auto& position : positions(name)) {
        EXPECT_TRUE(seen.insert(position).second) << position << " twice";
        const auto parts = split_words(position, ':');
        const auto record = field("view:" + parts[0]);
        if (record.empty()) continue;  // closed
        Words weighted;
        const auto members = split_words(split_words(record, ' ')[1], ',');
        for (std::size_t i = 0; i < members.size(); ++i) {
          if (split_words(members[i], '/').at(1) == "1") weighted.push_back(std::to_string(i));
        }
        const int n = std::stoi(parts[1]);
        const auto owner = weighted.at(static_cast<std::size_t>(n - 1) % weighted.size());
        auto& highest = last[parts[0] + ":" + owner];
        highest = std::max(highest, n);
      }
    }
    auto flat = list({"HGETALL", key("state")});
    for (std::size_t i = 0; i + 1 < flat.size(); i += 2) {
      if (flat[i].starts_with("lane:")) {
        EXPECT_EQ(split_words(flat[i + 1], ' ').at(1), std::to_string(last[flat[i].substr(5)])) << flat[i];
      }
    }
  }

  void restart() {
    server_.restart();
    redis_.command({"PING"});  // notices that its connection is gone; the next command connects again
    ASSERT_EQ(redis_.text({"PING"}), "PONG");
  }
};

// --- all of them

TEST_F(ScriptsTest, every_script_but_commit_declare_and_status_refuses_a_stranger) {
  const std::vector<std::pair<Script, Words>> calls = {
      {Script::beat, {"1", "-", "0", "-", "-", "-", "1000", "1000", "4", "v", "0"}},
      {Script::install, {"1.x", "v", "a/1", "1000"}},
      {Script::claim, {"1.x:0", "-"}},
      {Script::sweep, {"1.x"}},
      {Script::leave, {"0", "v", "1000"}},
      {Script::revive, {"1.x", "r/p", "a/1/1/0", "n"}}};
  const auto answer = [&](const std::pair<Script, Words>& call, const std::string& nonce) {
    Words arguments{"out", "stranger", nonce};
    arguments.insert(arguments.end(), call.second.begin(), call.second.end());
    return run(call.first, arguments);
  };
  for (const auto& call : calls) EXPECT_THAT(answer(call, "any"), ElementsAre("nostate"));
  EXPECT_EQ(redis_.integer({"DBSIZE"}), 0) << "without state nothing is written";
  join("a");
  const auto before = state_text();
  for (const auto& call : calls) {
    EXPECT_THAT(answer(call, "other"), ElementsAre("nonce", nonce_));
    const auto refused = answer(call, nonce_);
    EXPECT_EQ(refused.front(), call.first == Script::leave ? "left" : "nomember");
  }
  EXPECT_EQ(state_text(), before);
  restart();
  for (const auto& call : calls) EXPECT_THAT(answer(call, nonce_), ElementsAre("identity", identity()));
  EXPECT_EQ(state_text(), before);
}

TEST_F(ScriptsTest, out_of_memory_and_replicas_are_refused_before_anything_is_done) {
  join("a");
  const auto before = state_text();
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  redis_.command({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_THAT(join("b").front(), StartsWith("OOM"));
  EXPECT_THAT(commit("a", view() + ":0", 0, entries(view(), {1})).front(), StartsWith("OOM"));
  redis_.command({"CONFIG", "SET", "maxmemory", "0"});
  redis_.command({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_THAT(join("b").front(), StartsWith("READONLY"));
  redis_.command({"REPLICAOF", "NO", "ONE"});
  EXPECT_EQ(state_text(), before);
  EXPECT_FALSE(subscriber.receive(50ms)) << "a refused script published a marker";
}

// --- join

TEST_F(ScriptsTest, join_starts_a_group_with_view_marker_presence_and_consumers) {
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  const auto answer = join("a", {.weight = 2});
  EXPECT_THAT(answer, ElementsAre("ok", "1.v1", "a/2/1/0", identity(), "group1", "0", "1"));
  EXPECT_EQ(view(), "1.v1");
  EXPECT_EQ(field("view:1.v1"), identity() + " a/2/1/0");
  EXPECT_EQ(lane("1.v1", 0), "a 0 -");
  EXPECT_EQ(field("nothing"), identity());
  EXPECT_THAT(consumers(), ElementsAre("a.1", "a.2"));
  EXPECT_EQ(redis_.text({"GET", "list:group"}), "out");
  EXPECT_GT(redis_.integer({"PTTL", "list"}), 0);
  EXPECT_GT(redis_.integer({"PTTL", "list:group"}), 0);
  EXPECT_EQ(redis_.text({"HGET", member_key("a"), "floor"}), "0")
      << "blocks every sweep until the first beat";
  EXPECT_GT(redis_.integer({"PTTL", member_key("a")}), 0);
  const auto message = subscriber.receive(kPatience);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->elements.at(2).text, "tributary/1 marker group1 1.v1 - " + identity() + " 0 a/2/1/0");
}

TEST_F(ScriptsTest, a_second_join_makes_a_view_of_both_and_keeps_the_first_ones_lane) {
  join("a");
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  EXPECT_THAT(join("b"), ElementsAre("ok", "2.v2", "a/1/1/0,b/1/2/0", identity(), "group1", "0", "0"));
  EXPECT_EQ(lane("1.v1", 0), "a 0 -");
  EXPECT_EQ(lane("2.v2", 0), "a 0 -");
  EXPECT_EQ(lane("2.v2", 1), "b 0 -");
  EXPECT_THAT(consumers(), ElementsAre("a.1", "b.1"));
  EXPECT_THAT(subscriber.receive(kPatience)->elements.at(2).text, HasSubstr(" 2.v2 1.v1 "));
}

TEST_F(ScriptsTest, join_called_again_only_answers) {
  const auto first = join("a");
  join("b");
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  const auto before = state_text();
  auto again = join("a");
  EXPECT_EQ(again[1], "2.v2");
  EXPECT_EQ(again[6], "1")
      << "it still started the group: what it read before the first view is its to declare";
  EXPECT_EQ(join("b")[6], "0");
  EXPECT_EQ(state_text(), before);
  EXPECT_FALSE(subscriber.receive(50ms));
}

TEST_F(ScriptsTest, former_members_vanish_from_view_and_presence_but_their_lanes_stay) {
  join("a1");
  join("b");
  join("a2", {.former = "a0,a1"});
  EXPECT_EQ(field("view:" + view()), identity() + " b/1/2/0,a2/1/3/0");
  EXPECT_EQ(redis_.integer({"EXISTS", member_key("a1")}), 0);
  EXPECT_EQ(redis_.integer({"SISMEMBER", key("members"), "a1"}), 0);
  EXPECT_EQ(lane("1.v1", 0), "a1 0 -");
  EXPECT_THAT(consumers(), ElementsAre("b.1", "a2.1"));
}

TEST_F(ScriptsTest, a_new_views_number_is_above_all_that_the_joiner_saw) {
  EXPECT_EQ(join("a", {.highest = "41"})[1], "42.v1");
  EXPECT_EQ(join("b", {.highest = "7"})[1], "43.v2");
}

TEST_F(ScriptsTest, a_lone_standby_gets_a_lane_so_that_messages_belong_to_somebody) {
  EXPECT_EQ(join("a", {.weight = 0})[2], "a/1/1/0");
  EXPECT_EQ(lane(view(), 0), "a 0 -");
}

TEST_F(ScriptsTest, another_fingerprint_is_refused_while_the_group_lives) {
  join("a");
  const auto before = state_text();
  EXPECT_THAT(join("b", {.fingerprint = "else"}), ElementsAre("fingerprint", "print"));
  EXPECT_EQ(state_text(), before);
  redis_.command({"DEL", member_key("a")});
  EXPECT_EQ(join("b", {.fingerprint = "else"})[0], "ok");
  EXPECT_EQ(field("fingerprint"), "else");
}

TEST_F(ScriptsTest, another_protocol_or_a_list_in_use_is_refused) {
  join("a");
  const auto before = state_text();
  EXPECT_THAT(join("b", {.protocol = "2"}), ElementsAre("protocol", "1"));
  redis_.command({"SET", "list:group", "theirs"});
  EXPECT_THAT(join("b"), ElementsAre("list", "list", "theirs"));
  EXPECT_EQ(state_text(), before);
}

TEST_F(ScriptsTest, a_group_of_an_older_protocol_goes_on_with_the_new_one_once_all_have_drained_and_left) {
  join("a");
  const auto view = field("view");
  EXPECT_THAT(join("b", {.protocol = "2"}), ElementsAre("protocol", "1")) << "somebody is there";
  redis_.command({"HSET", key("state"), "view:" + view, "i/i -"});
  EXPECT_THAT(join("b", {.protocol = "2"}), ElementsAre("protocol", "1")) << "a lane is open";
  redis_.command({"HDEL", key("state"), "lane:" + view + ":0"});
  const auto nonce = nonce_;
  EXPECT_EQ(join("b", {.protocol = "2"})[0], "ok");
  EXPECT_EQ(field("protocol"), "2");
  EXPECT_EQ(nonce_, nonce) << "the same group";
  EXPECT_EQ(field("view").substr(0, 2), "2.") << "view numbers go on";
}

TEST_F(ScriptsTest, the_state_of_a_later_protocol_is_neither_understood_nor_touched) {
  redis_.command({"HSET", key("state"), "protocol", "2", "nonce", "n", "all-else", "is new"});
  const auto before = state_text();
  EXPECT_THAT(join("a"), ElementsAre("protocol", "2"));
  redis_.command({"HSET", key("state"), "protocol", "2b"});
  EXPECT_THAT(join("a"), ElementsAre("protocol", "2b"));
  redis_.command({"HSET", key("state"), "protocol", "2"});
  EXPECT_EQ(state_text(), before);
}

TEST_F(ScriptsTest, a_key_of_the_wrong_type_is_named_and_nothing_written) {
  for (const auto& [name, kind] : std::vector<std::pair<std::string, std::string>>{{key("state"), "hash"},
                                                                                   {key("members"), "set"},
                                                                                   {key("losses"), "stream"},
                                                                                   {"out", "stream"},
                                                                                   {"list", "list"}}) {
    redis_.command({"FLUSHALL"});
    redis_.command({"SET", name, "text"});
    EXPECT_THAT(join("a"), ElementsAre("wrongtype", name, "string", kind));
    EXPECT_EQ(redis_.integer({"DBSIZE"}), 1);
  }
  redis_.command({"FLUSHALL"});
  redis_.command({"SADD", key("leader"), "x"});
  EXPECT_THAT(join("a"), ElementsAre("wrongtype", key("leader"), "set", "string"));
}

TEST_F(ScriptsTest, another_server_process_closes_the_epoch_and_keeps_the_lanes) {
  join("a");
  const auto old = identity();
  commit("a", "1.v1:0", 0, entries("1.v1", {1, 2}));
  join("b");
  restart();
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  const auto answer = join("c", {.highest = "2", .seen = old, .nonce = nonce_});
  EXPECT_THAT(answer, ElementsAre("ok", "3.v3", "c/1/3/0", identity(), "group1", "0", "1"));
  EXPECT_NE(identity(), old);
  EXPECT_EQ(field("epoch:" + old), "1 2 -");
  EXPECT_THAT(losses(), ElementsAre("epoch ended: later views unknown"));
  EXPECT_EQ(redis_.integer({"EXISTS", member_key("a")}), 0) << "presence restored from disk is forgotten";
  EXPECT_THAT(list({"SMEMBERS", key("members")}), ElementsAre("c"));
  EXPECT_EQ(lane("1.v1", 0), "a 2 -");
  EXPECT_EQ(lane("2.v2", 1), "b 0 -");
  EXPECT_THAT(subscriber.receive(kPatience)->elements.at(2).text, HasSubstr(" 3.v3 2.v2 " + identity()));
  // A repetition is not another end.
  EXPECT_EQ(join("c")[6], "1");
  EXPECT_THAT(losses(), testing::SizeIs(1));
  expect_positions_match();
}

TEST_F(ScriptsTest, a_new_replication_id_alone_ends_the_epoch_too) {
  join("a");
  const auto old = identity();
  redis_.command({"REPLICAOF", "127.0.0.1", "1"});
  redis_.command({"REPLICAOF", "NO", "ONE"});
  ASSERT_NE(identity(), old);
  ASSERT_EQ(identity().substr(0, 40), old.substr(0, 40));
  EXPECT_THAT(beat("a"), ElementsAre("identity", identity()));
  EXPECT_EQ(join("a")[6], "1") << "though its id is listed";
  EXPECT_EQ(field("epoch:" + old), "1 1 -");
}

TEST_F(ScriptsTest, an_identity_that_left_no_record_is_recorded_by_who_saw_it) {
  join("a", {.seen = "aa/bb"});
  EXPECT_EQ(field("epoch:aa/bb"), "1 0 -");
  join("b", {.seen = "aa/bb,cc/dd," + identity()});
  EXPECT_EQ(field("epoch:cc/dd"), "2 0 -");
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "epoch:" + identity()}), 0);
  EXPECT_THAT(losses(), testing::SizeIs(2));
}

TEST_F(ScriptsTest, the_last_eight_epochs_are_kept_and_the_highest_number_of_the_others) {
  join("a", {.highest = "98"});
  const auto first = identity();
  std::string seen;
  for (char c = 'a'; c <= 'h'; ++c) seen += (seen.empty() ? "" : ",") + std::string(2, c) + "/00";
  restart();
  join("b", {.seen = seen});
  EXPECT_EQ(field("epoch:" + first), "") << "the oldest of nine is trimmed";
  EXPECT_EQ(field("trimmed"), "99");
  EXPECT_EQ(field("epoch:hh/00"), "9 0 -");
}

TEST_F(ScriptsTest, the_highest_number_trimmed_is_that_of_a_revived_view_too) {
  join("a", {.seen = "aa/bb"});
  restart();
  join("b", {.highest = "60", .seen = "aa/bb"});
  revive("b", "50.x", "aa/bb", "a/1/1/0", nonce_);
  std::string seen;
  for (char c = 'c'; c <= 'i'; ++c) seen += (seen.empty() ? "" : ",") + std::string(2, c) + "/00";
  join("c", {.seen = seen});
  EXPECT_EQ(field("epoch:aa/bb"), "");
  EXPECT_EQ(field("trimmed"), "50");
}

TEST_F(ScriptsTest, a_deleted_state_counts_as_nothing_only_if_stream_and_server_are_new_too) {
  join("a");
  commit("a", "1.v1:0", 0, entries("1.v1", {1}));
  redis_.command({"DEL", key("state")});
  EXPECT_EQ(join("b")[4], "group2") << "a new nonce";
  EXPECT_EQ(field("nothing"), "-") << "the stream has entries";
  redis_.command({"DEL", key("state")});
  redis_.command({"XTRIM", "out", "MAXLEN", "0"});
  join("b");
  EXPECT_EQ(field("nothing"), "-") << "the stream had entries";
  redis_.command({"FLUSHALL"});
  join("b", {.seen = "aa/bb," + identity()});
  EXPECT_EQ(field("nothing"), "-") << "this server had a group before";
  redis_.command({"FLUSHALL"});
  join("b", {.highest = "9", .seen = "aa/bb"});
  EXPECT_EQ(field("nothing"), identity());
  EXPECT_EQ(view().substr(0, 3), "10.");
}

// --- commit

TEST_F(ScriptsTest, commit_appends_all_kinds_in_order_and_moves_the_position) {
  join("a");
  auto runs = entries("1.v1", {1, 2});
  for (const auto* word :
       {"g", "1", "6",       "message_id", "m3",       "extra",  "x", "position", "1.v1:3", "d",
        "1", "4", "payload", "\x01",       "position", "1.v1:4", "n", "2",        "1.v1:5", "1.v1:6"}) {
    runs.push_back(word);
  }
  EXPECT_THAT(commit("a", "1.v1:0", 0, runs), ElementsAre("ok", "6"));
  const auto out = stream("out");
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(
      out[0],
      (std::map<std::string, std::string>{
          {"message_id", "m1"}, {"consumer_id", "consumer"}, {"processed", "1"}, {"position", "1.v1:1"}}));
  EXPECT_EQ(out[2].at("extra"), "x");
  ASSERT_THAT(positions("out:dead"), ElementsAre("1.v1:4"));
  EXPECT_EQ(stream("out:dead")[0].at("payload"), "\x01");
  EXPECT_EQ(lane("1.v1", 0), "a 6 -");
}

TEST_F(ScriptsTest, commit_again_or_cut_differently_appends_only_what_is_beyond_the_position) {
  join("a");
  commit("a", "1.v1:0", 0, entries("1.v1", {1, 2, 3}));
  EXPECT_THAT(commit("a", "1.v1:0", 0, entries("1.v1", {1, 2, 3})), ElementsAre("ok", "3"));
  EXPECT_THAT(commit("a", "1.v1:0", 1, entries("1.v1", {2, 3, 4, 5})), ElementsAre("ok", "5"));
  Words mixed{"d", "1", "2", "position", "1.v1:5", "n", "1", "1.v1:6", "g", "1", "2", "position", "1.v1:7"};
  EXPECT_THAT(commit("a", "1.v1:0", 4, mixed), ElementsAre("ok", "7"));
  EXPECT_THAT(commit("a", "1.v1:0", 4, mixed), ElementsAre("ok", "7"));
  EXPECT_THAT(positions(), ElementsAre("1.v1:1", "1.v1:2", "1.v1:3", "1.v1:4", "1.v1:5", "1.v1:7"));
  EXPECT_THAT(positions("out:dead"), IsEmpty());
  expect_positions_match();
}

TEST_F(ScriptsTest, positions_are_compared_as_numbers) {
  join("a");
  std::vector<int> some;
  for (int n = 1; n <= 100; ++n) some.push_back(n);
  commit("a", "1.v1:0", 0, entries("1.v1", some));
  EXPECT_THAT(commit("a", "1.v1:0", 8, entries("1.v1", {9, 10, 99, 100})), ElementsAre("ok", "100"));
  EXPECT_EQ(positions().size(), 100u);
}

TEST_F(ScriptsTest, commit_beyond_the_position_is_a_gap_and_does_nothing) {
  join("a");
  commit("a", "1.v1:0", 0, entries("1.v1", {1}));
  EXPECT_THAT(commit("a", "1.v1:0", 2, entries("1.v1", {3}), true), ElementsAre("gap", "1"));
  EXPECT_EQ(lane("1.v1", 0), "a 1 -") << "nor is it released";
  EXPECT_THAT(positions(), ElementsAre("1.v1:1"));
}

TEST_F(ScriptsTest, commit_of_who_does_not_own_the_lane_is_fenced_and_does_nothing) {
  join("a");
  join("b");
  EXPECT_THAT(commit("b", "2.v2:0", 0, entries("2.v2", {1}), true), ElementsAre("fenced", "a"));
  EXPECT_THAT(commit("b", "2.v2:7", 0, entries("2.v2", {1})), ElementsAre("gone"));
  EXPECT_THAT(commit("a", "9.zz:0", 0, entries("9.zz", {1})), ElementsAre("gone"));
  EXPECT_THAT(positions(), IsEmpty());
  expect_positions_match();
}

TEST_F(ScriptsTest, release_empties_the_owner_with_or_without_entries) {
  join("a");
  EXPECT_THAT(commit("a", "1.v1:0", 0, entries("1.v1", {1, 2}), true), ElementsAre("ok", "2"));
  EXPECT_EQ(lane("1.v1", 0), "- 2 -");
  EXPECT_THAT(commit("a", "1.v1:0", 2, entries("1.v1", {3})), ElementsAre("fenced", "-"));
  EXPECT_THAT(claim("a", "1.v1:0", "-"), ElementsAre("ok", "2", "-"));
  EXPECT_THAT(commit("a", "1.v1:0", 0, {}, true), ElementsAre("ok", "2"));
  EXPECT_EQ(lane("1.v1", 0), "- 2 -");
  EXPECT_THAT(commit("a", "1.v1:0", 0, {}, true), ElementsAre("fenced", "-")) << "called again";
  expect_positions_match();
}

TEST_F(ScriptsTest, commit_closes_the_lane_at_its_end) {
  join("a");
  join("b");
  beat("a", {.lengths = "1.v1:3:3"});
  EXPECT_EQ(lane("1.v1", 0), "a 0 3");
  EXPECT_THAT(commit("a", "1.v1:0", 0, entries("1.v1", {1, 2})), ElementsAre("ok", "2"));
  EXPECT_EQ(lane("1.v1", 0), "a 2 3");
  EXPECT_THAT(commit("a", "1.v1:0", 2, entries("1.v1", {3})), ElementsAre("ok", "3"));
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:1.v1:0"}), 0);
  EXPECT_THAT(commit("a", "1.v1:0", 2, entries("1.v1", {3})), ElementsAre("gone"));
  EXPECT_THAT(positions(), ElementsAre("1.v1:1", "1.v1:2", "1.v1:3"));
}

TEST_F(ScriptsTest, a_failure_half_way_leaves_the_position_at_what_is_truly_in) {
  join("a");
  redis_.command({"SET", "out:dead", "not a stream"});
  auto runs = entries("1.v1", {1, 2});
  for (const auto* word : {"d", "1", "2", "position", "1.v1:3", "n", "1", "1.v1:4"}) runs.push_back(word);
  for (int i = 0; i < 2; ++i) {
    const auto answer = commit("a", "1.v1:0", 0, runs, true);
    ASSERT_EQ(answer.size(), 3u);
    EXPECT_EQ(answer[0], "failed");
    EXPECT_EQ(answer[1], "2");
    EXPECT_THAT(answer[2], HasSubstr("WRONGTYPE"));
    EXPECT_EQ(lane("1.v1", 0), "a 2 -") << "and not released";
  }
  EXPECT_THAT(positions(), ElementsAre("1.v1:1", "1.v1:2"));
  redis_.command({"DEL", "out:dead"});
  EXPECT_THAT(commit("a", "1.v1:0", 2, Words(runs.begin() + 7, runs.end())), ElementsAre("ok", "4"));
  EXPECT_THAT(positions("out:dead"), ElementsAre("1.v1:3"));
}

TEST_F(ScriptsTest, a_failure_at_the_first_entry_or_at_a_malformed_run_moves_nothing) {
  join("a");
  redis_.command({"SET", "out", "not a stream"});
  EXPECT_THAT(commit("a", "1.v1:0", 0, entries("1.v1", {1})),
              ElementsAre("failed", "0", HasSubstr("WRONGTYPE")));
  redis_.command({"DEL", "out"});
  EXPECT_THAT(commit("a", "1.v1:0", 0, {"g", "1", "x"})[0], "failed");
  EXPECT_THAT(commit("a", "1.v1:0", 0, {"n"})[0], "failed");
  EXPECT_EQ(lane("1.v1", 0), "a 0 -");
  redis_.command({"DEL", key("state")});
  redis_.command({"SET", key("state"), "x"});
  EXPECT_THAT(commit("a", "1.v1:0", 0, entries("1.v1", {1})).front(), StartsWith("WRONGTYPE"));
  EXPECT_EQ(redis_.integer({"EXISTS", "out"}), 0);
}

TEST_F(ScriptsTest, an_entry_of_two_thousand_fields_is_appended) {
  join("a");
  Words runs{"g", "1", "4004"};
  for (int i = 0; i < 2001; ++i) runs.insert(runs.end(), {"f" + std::to_string(i), "v"});
  runs.insert(runs.end(), {"position", "1.v1:1"});
  EXPECT_THAT(commit("a", "1.v1:0", 0, runs), ElementsAre("ok", "1"));
  EXPECT_THAT(positions(), ElementsAre("1.v1:1"));
}

TEST_F(ScriptsTest, a_bound_trims_the_stream_and_not_the_position) {
  join("a");
  redis_.command({"CONFIG", "SET", "stream-node-max-entries", "10"});
  std::vector<int> some;
  for (int n = 1; n <= 500; ++n) some.push_back(n);
  EXPECT_THAT(commit("a", "1.v1:0", 0, entries("1.v1", some), false, "100"), ElementsAre("ok", "500"));
  EXPECT_LT(redis_.integer({"XLEN", "out"}), 200);
  EXPECT_GE(redis_.integer({"XLEN", "out"}), 100);
  EXPECT_EQ(lane("1.v1", 0), "a 500 -");
}

// --- claim

TEST_F(ScriptsTest, claim_takes_only_a_lane_whose_owner_is_gone_and_was_the_one_seen) {
  join("a1");
  join("b");
  commit("a1", "1.v1:0", 0, entries("1.v1", {1}));
  EXPECT_THAT(claim("b", "1.v1:0", "a1"), ElementsAre("owned", "a1")) << "the owner is listed";
  join("a2", {.former = "a1"});
  EXPECT_THAT(claim("b", "1.v1:0", "-"), ElementsAre("owned", "a1")) << "another owner was seen";
  EXPECT_THAT(claim("b", "1.v1:0", "a1"), ElementsAre("ok", "1", "-"));
  EXPECT_THAT(claim("b", "1.v1:0", "a1"), ElementsAre("ok", "1", "-")) << "a lost answer's repetition";
  EXPECT_THAT(claim("a2", "1.v1:0", "a1"), ElementsAre("owned", "b")) << "too late";
  EXPECT_THAT(claim("a2", "1.v1:3", "-"), ElementsAre("gone"));
  EXPECT_THAT(claim("a1", "1.v1:0", "b"), ElementsAre("nomember", "")) << "not listed any more";
  EXPECT_THAT(commit("a1", "1.v1:0", 1, entries("1.v1", {2})), ElementsAre("fenced", "b"));
  EXPECT_EQ(lane("1.v1", 0), "b 1 -");
  expect_positions_match();
}

// --- beat

TEST_F(ScriptsTest, beat_answers_with_view_leader_members_and_open_lanes) {
  join("a");
  join("b");
  commit("a", "1.v1:0", 0, entries("1.v1", {1}), true);
  auto answer = beat("a");
  ASSERT_GE(answer.size(), 6u);
  answer.resize(6);
  EXPECT_THAT(answer, ElementsAre("ok", "2.v2", "a", "0", "a/1/1/0/1,b/1/2/0/1",
                                  "1.v1:0:-:1:- 2.v2:0:a:0:- 2.v2:1:b:0:-"));
  EXPECT_EQ(redis_.text({"GET", key("leader")}), "a");
  redis_.command({"DEL", member_key("b")});
  EXPECT_EQ(beat("a")[4], "a/1/1/0/1,b/1/2/0/0");
  EXPECT_THAT(beat("b")[2], "a") << "the lease is taken";
  EXPECT_EQ(redis_.text({"HGET", member_key("b"), "backlog"}), "7") << "presence is put back";
  EXPECT_EQ(redis_.text({"HGET", member_key("b"), "floor"}), "1000");
  EXPECT_GT(redis_.integer({"PTTL", member_key("b")}), 0);
}

TEST_F(ScriptsTest, only_the_leader_ticks_and_a_member_whose_ticks_lag_is_refused) {
  join("a");
  join("b");
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  beat("a");
  beat("b", {.publishes = true});
  EXPECT_FALSE(subscriber.receive(50ms));
  EXPECT_EQ(beat("a", {.publishes = true})[3], "1");
  EXPECT_EQ(subscriber.receive(kPatience)->elements.at(2).text,
            "tributary/1 tick " + nonce_ + " 1 " + identity());
  for (int i = 0; i < 4; ++i) beat("a", {.publishes = true});
  EXPECT_THAT(beat("b", {.tick = "0"}), ElementsAre("stale", "5"));
  EXPECT_EQ(beat("b", {.tick = "1"})[0], "ok") << "four ticks behind is within a lease";
}

TEST_F(ScriptsTest, beats_keep_the_consumers_list_alive_and_put_it_back) {
  join("a", {.weight = 2});
  redis_.command({"PEXPIRE", "list", "100000"});
  redis_.command({"PEXPIRE", "list:group", "100000"});
  beat("a");
  EXPECT_LE(redis_.integer({"PTTL", "list"}), 60000);
  EXPECT_LE(redis_.integer({"PTTL", "list:group"}), 60000);
  for (const auto* lost : {"list", "list:group"}) {
    redis_.command({"DEL", lost});
    beat("a");
    EXPECT_THAT(consumers(), ElementsAre("a.1", "a.2"));
    EXPECT_EQ(redis_.text({"GET", "list:group"}), "out");
    EXPECT_GT(redis_.integer({"PTTL", lost}), 0);
  }
}

TEST_F(ScriptsTest, a_list_that_another_group_took_meanwhile_is_left_alone) {
  join("a");
  redis_.command({"DEL", "list"});
  redis_.command({"RPUSH", "list", "x.1", "x.2"});
  redis_.command({"SET", "list:group", "theirs"});
  EXPECT_EQ(beat("a")[0], "ok");
  EXPECT_EQ(leave("a", false)[0], "leaving");
  EXPECT_THAT(consumers(), ElementsAre("x.1", "x.2"));
  EXPECT_EQ(redis_.text({"GET", "list:group"}), "theirs");
}

TEST_F(ScriptsTest, lengths_tell_every_lane_its_end_and_close_what_is_there) {
  join("a");
  join("b");
  join("c");
  commit("a", "2.v2:0", 0, entries("2.v2", {1, 3}));
  beat("a", {.lengths = "2.v2:4:3/4,9.zz:5:5"});
  EXPECT_EQ(field("length:2.v2"), "4");
  EXPECT_EQ(field("length:9.zz"), "") << "a view that is not known";
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:2.v2:0"}), 0);
  EXPECT_EQ(lane("2.v2", 1), "b 0 4");
  beat("a", {.lengths = "2.v2:2:1/2"});
  EXPECT_EQ(lane("2.v2", 1), "b 0 4") << "told once";
  beat("a", {.lengths = view() + ":2:1/2/0"});
  EXPECT_EQ(lane(view(), 0), "a 0 -") << "the current view has no end";
  EXPECT_THAT(commit("b", "2.v2:1", 0, entries("2.v2", {2, 4})), ElementsAre("ok", "4"));
  beat("a");
  EXPECT_EQ(field("view:2.v2"), "") << "forgotten once closed";
  EXPECT_EQ(field("length:2.v2"), "");
  expect_positions_match();
}

TEST_F(ScriptsTest, the_highest_position_reported_never_goes_back) {
  join("a");
  beat("a", {.highest = "1.v1:100"});
  beat("a", {.highest = "1.v1:99"});
  beat("a", {.highest = "9.zz:5"});
  EXPECT_EQ(field("highest:1.v1"), "100");
  EXPECT_EQ(field("highest:9.zz"), "");
}

TEST_F(ScriptsTest, of_two_that_counted_differently_the_younger_is_expelled) {
  for (const bool younger_beats_last : {true, false}) {
    redis_.command({"FLUSHALL"});
    join("old");
    join("young");
    const auto current = view();
    const Words order = younger_beats_last ? Words{"old", "young"} : Words{"young", "old"};
    EXPECT_EQ(beat(order[0], {.counted = "3/" + current + "/10/aaaa"})[0], "ok");
    EXPECT_EQ(beat(order[0], {.counted = "3/" + current + "/10/aaaa"})[0], "ok") << "the same again";
    EXPECT_EQ(beat(order[1], {.counted = "4/" + current + "/11/bbbb"})[0], "ok") << "another tick";
    const auto answer = beat(order[1], {.counted = "3/" + current + "/10/bbbb"});
    EXPECT_EQ(answer[0], younger_beats_last ? "nomember" : "ok");
    const auto told = younger_beats_last ? answer : beat("young");
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0], "nomember");
    EXPECT_THAT(told[1], HasSubstr("differ from those of old"));
    EXPECT_NE(view(), current);
    EXPECT_EQ(field("view:" + view()), identity() + " old/1/1/0");
    EXPECT_THAT(losses(), testing::Contains("digest mismatch"));
    EXPECT_THAT(consumers(), ElementsAre("old.1"));
    EXPECT_THAT(beat("old")[5], HasSubstr(view() + ":0:old:0:-"));
    EXPECT_EQ(redis_.integer({"EXISTS", member_key("young")}), 0);
  }
}

TEST_F(ScriptsTest, the_same_count_and_digest_expels_nobody_and_their_number_is_bounded) {
  join("a");
  join("b");
  for (int tick = 1; tick < 20; ++tick) {
    for (const auto* member : {"a", "b"}) {
      EXPECT_EQ(beat(member, {.counted = std::to_string(tick) + "/" + view() + "/5/abcd"})[0], "ok");
    }
  }
  EXPECT_LE(split_words(field("digests"), ',').size(), 4u);
}

// --- install

TEST_F(ScriptsTest, install_replaces_only_the_view_it_names_and_keeps_who_is_present) {
  join("a");
  join("b");
  EXPECT_THAT(install("a", "1.v1", "a/1"), ElementsAre("changed", "2.v2"));
  EXPECT_EQ(install("a", "2.v2", "a/3")[0], "ok");
  EXPECT_EQ(field("view:" + view()), identity() + " a/3/1/0,b/1/2/0") << "b is present after all";
  redis_.command({"DEL", member_key("b")});
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  const auto before = view();
  const auto answer = install("a", before, "a/1");
  EXPECT_THAT(subscriber.receive(kPatience)->elements.at(2).text,
              HasSubstr(" " + answer[1] + " " + before + " "));
  EXPECT_EQ(field("view:" + view()), identity() + " a/1/1/0");
  EXPECT_THAT(consumers(), ElementsAre("a.1"));
  EXPECT_THAT(install("a", before, "a/1"), ElementsAre("changed", answer[1])) << "a lost answer's repetition";
  EXPECT_THAT(beat("b"), ElementsAre("nomember", ""));
}

// --- sweep

TEST_F(ScriptsTest, sweep_ends_a_lane_that_nobody_can_serve_and_says_what_is_lost) {
  join("a1");
  beat("a1", {.highest = "1.v1:9"});
  commit("a1", "1.v1:0", 0, entries("1.v1", {1, 2}));
  join("a2", {.former = "a1"});
  beat("a2", {.floor = "2"});
  EXPECT_THAT(sweep("a2", {"1.v1:0", "2"}), ElementsAre("ok", "1"));
  EXPECT_EQ(field("view:1.v1"), "");
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:1.v1:0"}), 0);
  const auto loss = stream(key("losses")).at(0);
  EXPECT_EQ(loss.at("after"), "2");
  EXPECT_EQ(loss.at("to"), "9");
  EXPECT_THAT(loss.at("reason"), HasSubstr("tail unknown"));
  EXPECT_THAT(sweep("a2", {"1.v1:0", "2"}), ElementsAre("ok", "0"));
  EXPECT_THAT(losses(), testing::SizeIs(1));
}

TEST_F(ScriptsTest, sweep_declares_the_exact_range_where_the_length_is_known) {
  join("a1");
  join("a2", {.former = "a1"});
  beat("a2", {.floor = "2", .lengths = "1.v1:7:7"});
  EXPECT_THAT(sweep("a2", {"1.v1:0", "0"}), ElementsAre("ok", "1"));
  EXPECT_EQ(stream(key("losses")).at(0).at("to"), "7");
}

TEST_F(ScriptsTest, sweep_leaves_a_lane_alone_unless_every_condition_holds) {
  join("gone");
  join("b");
  join("a", {.former = "gone"});  // view 3; lanes of gone in 1 and 2, of b in 2
  const auto untouched = [&](const std::string& member, const Words& lanes) {
    const auto before = state_text();
    EXPECT_THAT(sweep(member, lanes), ElementsAre("ok", "0"));
    EXPECT_EQ(state_text(), before);
    EXPECT_THAT(losses(), IsEmpty());
  };
  beat("a", {.floor = "3"});
  untouched("a", {"1.v1:0", "0"});  // b joined with floor 0 and has not beaten yet
  beat("b", {.floor = "1"});
  untouched("a", {"1.v1:0", "0"});  // a floor at the lane's view
  beat("b", {.floor = "3"});
  untouched("a", {"1.v1:0", "1"});       // another position
  untouched("a", {"2.v2:1", "0"});       // the owner is listed
  untouched("a", {view() + ":0", "0"});  // of the current view
  untouched("a", {"9.zz:0", "0"});
  redis_.command({"DEL", member_key("b")});
  untouched("a", {"1.v1:0", "0"});  // listed without presence: what it holds is not known
  beat("b", {.floor = "3"});
  redis_.command({"SADD", key("members"), "unlisted"});
  redis_.command({"HSET", member_key("unlisted"), "floor", "1", "gaps", "-"});
  untouched("a", {"1.v1:0", "0"});  // present without being listed
  redis_.command({"DEL", member_key("unlisted")});
  EXPECT_THAT(run(Script::sweep, {"out", "a", nonce_, "2.v2", "1.v1:0", "0"}),
              ElementsAre("changed", view()));
  EXPECT_THAT(run(Script::sweep, {"out", "gone", nonce_, view(), "1.v1:0", "0"})[0], "nomember");
  EXPECT_THAT(sweep("a", {"1.v1:0", "0"}), ElementsAre("ok", "1")) << "all conditions hold";
  EXPECT_EQ(lane("2.v2", 0), "gone 0 -") << "not asked for";
}

TEST_F(ScriptsTest, sweep_skips_to_just_before_the_lowest_reported_gap) {
  join("gone");
  join("b");
  join("a", {.former = "gone"});
  beat("a", {.floor = "3", .gaps = "9.zz:0:2,1.v1:0:8"});
  beat("b", {.floor = "3", .gaps = "1.v1:0:5"});
  EXPECT_THAT(sweep("a", {"1.v1:0", "0"}), ElementsAre("ok", "1"));
  EXPECT_EQ(lane("1.v1", 0), "gone 4 -") << "open, for who holds 5 and on";
  EXPECT_EQ(stream(key("losses")).at(0).at("to"), "4");
  EXPECT_THAT(claim("b", "1.v1:0", "gone"), ElementsAre("ok", "4", "-"));
  EXPECT_THAT(commit("b", "1.v1:0", 4, entries("1.v1", {5, 6})), ElementsAre("ok", "6"));
}

// --- leave

TEST_F(ScriptsTest, leave_gives_a_view_without_weight_then_takes_the_member_off) {
  join("a", {.weight = 2});
  join("b", {.weight = 0});
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  beat("a");
  const auto answer = leave("a", false);
  EXPECT_THAT(answer, ElementsAre("leaving", view()));
  EXPECT_EQ(field("view:" + view()), identity() + " a/0/1/1,b/1/2/0") << "the other one gets weight";
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:" + view() + ":0"}), 0);
  EXPECT_THAT(consumers(), ElementsAre("b.1"));
  EXPECT_TRUE(subscriber.receive(kPatience));
  EXPECT_THAT(leave("a", false), ElementsAre("leaving", view())) << "again: the same view";
  EXPECT_EQ(view(), answer[1]);
  EXPECT_FALSE(subscriber.receive(50ms));
  EXPECT_THAT(leave("a", true), ElementsAre("left"));
  EXPECT_EQ(view(), answer[1]) << "no new view";
  EXPECT_EQ(field("view:" + view()), identity() + " b/1/2/0");
  EXPECT_EQ(redis_.integer({"EXISTS", member_key("a"), key("leader")}), 0);
  EXPECT_EQ(lane(view(), 1), "b 0 -") << "lanes keep their index";
  EXPECT_THAT(leave("a", true), ElementsAre("left"));
  EXPECT_THAT(leave("a", false), ElementsAre("left"));
  EXPECT_FALSE(subscriber.receive(50ms));
}

TEST_F(ScriptsTest, drained_without_having_asked_first_is_no_leave) {
  join("a");
  EXPECT_THAT(leave("a", true), ElementsAre("leaving", "1.v1"));
  EXPECT_EQ(field("view:1.v1"), identity() + " a/1/1/0");
}

TEST_F(ScriptsTest, the_last_leaver_may_not_leave_an_open_lane_behind) {
  join("a");
  leave("a", false);
  EXPECT_THAT(consumers(), IsEmpty());
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:" + view() + ":0"}), 0) << "a view without lanes";
  EXPECT_THAT(leave("a", true), ElementsAre("lanes"));
  EXPECT_EQ(field("view:" + view()), identity() + " a/0/1/1");
  beat("a", {.floor = "2", .lengths = "1.v1:2:2"});
  commit("a", "1.v1:0", 0, entries("1.v1", {1, 2}));
  EXPECT_THAT(leave("a", true), ElementsAre("left"));
  EXPECT_EQ(field("view:" + view()), identity() + " -");
  EXPECT_EQ(join("b")[2], "b/1/2/0") << "the next one finds the group as it was";
  EXPECT_EQ(join("b")[4], "group1");
}

TEST_F(ScriptsTest, one_of_several_may_leave_while_lanes_are_open) {
  join("a");
  join("b");
  leave("a", false);
  EXPECT_THAT(leave("a", true), ElementsAre("left"));
  EXPECT_THAT(claim("b", "1.v1:0", "a"), ElementsAre("ok", "0", "-")) << "whose lanes anybody may claim";
}

// --- revive

TEST_F(ScriptsTest, revive_opens_what_was_lost_after_the_last_survivor_once) {
  join("a");
  const auto old = identity();
  restart();
  join("b", {.highest = "5", .seen = old});
  EXPECT_THAT(revive("b", "3.lost", old, "a/1/1/0,s/0/2/0,c/1/3/0", nonce_), ElementsAre("revived"));
  EXPECT_EQ(field("view:3.lost"), old + " a/1/1/0,s/0/2/0,c/1/3/0");
  EXPECT_EQ(lane("3.lost", 0), "- 0 -");
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:3.lost:1"}), 0);
  EXPECT_EQ(lane("3.lost", 2), "- 0 -");
  EXPECT_THAT(claim("b", "3.lost:0", "-"), ElementsAre("ok", "0", "-"));
  commit("b", "3.lost:0", 0, entries("3.lost", {1}));
  EXPECT_THAT(revive("b", "3.lost", old, "a/1/1/0,s/0/2/0,c/1/3/0", nonce_), ElementsAre("survived"));
  EXPECT_EQ(lane("3.lost", 0), "b 1 -") << "not opened again";
  beat("b", {.lengths = "3.lost:2:1/0/2"});
  commit("b", "3.lost:0", 1, {}, false);
  claim("b", "3.lost:2", "-");
  commit("b", "3.lost:2", 0, entries("3.lost", {2}));
  EXPECT_THAT(revive("b", "3.lost", old, "a/1/1/0", nonce_), ElementsAre("survived"))
      << "nor after it was closed";
  EXPECT_THAT(revive("b", "4.lost", old, "a/1/1/0", nonce_), ElementsAre("revived"));
  EXPECT_EQ(field("epoch:" + old), "1 1 3.lost+4.lost");
}

TEST_F(ScriptsTest, revive_refuses_what_survived_what_is_not_over_and_what_is_too_old) {
  join("a");
  join("a2", {.former = "a"});
  const auto old = identity();
  restart();
  join("b", {.highest = "5", .seen = old});
  redis_.command({"HSET", key("state"), "nothing", "-"});
  EXPECT_THAT(revive("b", "1.v1", old, "a/1/1/0", nonce_), ElementsAre("survived"));
  EXPECT_THAT(revive("b", "2.v2", old, "a2/1/1/0", nonce_), ElementsAre("survived"));
  EXPECT_THAT(revive("b", "9.x", identity(), "a/1/1/0", nonce_),
              ElementsAre("refused", HasSubstr("did not go back")));
  EXPECT_THAT(revive("b", "9.x", "ee/ff", "a/1/1/0", nonce_)[0], "refused") << "an identity without record";
  EXPECT_THAT(revive("b", "9.x", old, "a/1/1/0", "deleted")[0], "refused")
      << "read under a state that was deleted";
  redis_.command({"HSET", key("state"), "trimmed", "9"});
  EXPECT_THAT(revive("b", "9.x", old, "a/1/1/0", nonce_)[0], "refused") << "at the highest number trimmed";
  EXPECT_THAT(revive("b", "10.x", old, "a/1/1/0", nonce_), ElementsAre("revived"));
}

TEST_F(ScriptsTest, views_of_another_nonce_are_revived_only_if_redis_went_back_to_nothing) {
  join("b", {.highest = "5", .seen = "aa/bb"});
  ASSERT_EQ(field("nothing"), identity());
  EXPECT_THAT(revive("b", "3.x", "aa/bb", "a/1/1/0", "before"), ElementsAre("revived"));
  EXPECT_THAT(revive("b", "6.x", "aa/bb", "a/1/1/0", "before")[0], "refused")
      << "of a group that came after this one, whose deletion the server forgot";
  redis_.command({"HSET", key("state"), "nothing", "aa/bb"});
  EXPECT_THAT(revive("b", "4.x", "aa/bb", "a/1/1/0", "before")[0], "refused")
      << "the group began under that very identity: what its messages were is in the stream already";
  redis_.command({"HSET", key("state"), "nothing", "-"});
  EXPECT_THAT(revive("b", "4.x", "aa/bb", "a/1/1/0", "before")[0], "refused");
}

// --- declare, status

TEST_F(ScriptsTest, declare_writes_a_line_for_each_six_values) {
  EXPECT_THAT(run(Script::declare,
                  {"out", "a", "-", "why", "1.x", "0", "3", "9", "4", "other", "-", "-", "-", "-", "2"}),
              ElementsAre("ok"));
  const auto lines = stream(key("losses"));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], (std::map<std::string, std::string>{{"reason", "why"},
                                                          {"view", "1.x"},
                                                          {"lane", "0"},
                                                          {"after", "3"},
                                                          {"to", "9"},
                                                          {"messages", "4"},
                                                          {"by", "a"}}));
  EXPECT_EQ(lines[1].at("messages"), "2");
}

TEST_F(ScriptsTest, status_tells_everything_and_writes_nothing) {
  EXPECT_THAT(run(Script::status, {"out", "-", "-", "out:dead"}), testing::Contains("server-identity"));
  join("a");
  beat("a");
  commit("a", "1.v1:0", 0, entries("1.v1", {1, 2, 3}));
  const auto flat = run(Script::status, {"out", "-", "-", "out:dead"});
  std::map<std::string, std::string> status;
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) status[flat[i]] = flat[i + 1];
  EXPECT_EQ(status["view"], "1.v1");
  EXPECT_EQ(status["member:a:backlog"], "7");
  EXPECT_EQ(status["leader"], "a");
  EXPECT_EQ(status["consumers"], "1");
  EXPECT_EQ(status["entries-added"], "3");
  EXPECT_EQ(status["stream-length"], "3");
  EXPECT_EQ(status["dead-length"], "0");
  EXPECT_EQ(status["server-identity"], identity());
}

// --- the desired state ---

TEST_F(ScriptsTest, desire_changes_what_is_asked_and_leaves_a_line_for_each_field) {
  EXPECT_THAT(desire("me@here", "-", {"consumers", "7"}), ElementsAre("ok", "1", ""));
  EXPECT_THAT(desire("you@there", "1", {"consumers", "auto", "maximum", "20"}),
              ElementsAre("ok", "2", "7", ""));
  EXPECT_THAT(desire("me@here", "-", {"state", "stopped", "how", "now"}), ElementsAre("ok", "3", "", ""));
  EXPECT_THAT(desire("me@here", "3", {"how", ""}), ElementsAre("ok", "4", "now"));
  EXPECT_EQ(redis_.text({"HGET", key("desired"), "consumers"}), "auto");
  EXPECT_EQ(redis_.text({"HGET", key("desired"), "maximum"}), "20");
  EXPECT_EQ(redis_.text({"HGET", key("desired"), "revision"}), "4");
  EXPECT_EQ(redis_.text({"HGET", key("desired"), "changed_by"}), "me@here");
  EXPECT_EQ(redis_.integer({"HEXISTS", key("desired"), "how"}), 0);
  EXPECT_EQ(redis_.integer({"XLEN", key("changes")}), 6);
  const auto second = redis_.command({"XRANGE", key("changes"), "-", "+"}).elements[1].elements[1].elements;
  Words fields;
  for (const auto& field : second) fields.push_back(field.text);
  EXPECT_THAT(fields, ElementsAre("who", "you@there", "field", "consumers", "from", "7", "to", "auto",
                                  "revision", "2"));
}

TEST_F(ScriptsTest, desire_based_on_another_revision_changes_nothing_and_names_who_was_there_before) {
  desire("me@here", "-", {"consumers", "7"});
  desire("you@there", "-", {"consumers", "8"});
  EXPECT_THAT(desire("me@here", "1", {"consumers", "9"}), ElementsAre("conflict", "2", "you@there"));
  EXPECT_EQ(redis_.text({"HGET", key("desired"), "consumers"}), "8");
  EXPECT_EQ(redis_.integer({"XLEN", key("changes")}), 2);
}

TEST_F(ScriptsTest, desire_refuses_rubbish_whole) {
  const std::vector<Words> rubbish = {{"consumers", "many"},    {"consumers", "-1"},
                                      {"consumers", "100001"},  {"consumers", "1.5"},
                                      {"state", "asleep"},      {"how", "fast"},
                                      {"minimum", "0"},         {"maximum", "100001"},
                                      {"batch_size", "0"},      {"batch_size", "10001"},
                                      {"idle_timeout_ms", "x"}, {"revision", "9"},
                                      {"changed_by", "x"},      {"colour", "red"},
                                      {"consumers", "1e3"},     {"consumers", std::string(40, '1')}};
  for (const auto& one : rubbish) {
    const auto answer = desire("me@here", "-", {"state", "paused", one[0], one[1]});
    EXPECT_EQ(answer[0], "invalid") << one[0] << " " << one[1];
    EXPECT_EQ(answer[1], one[0]);
  }
  EXPECT_THAT(desire("me@here", "-", {"minimum", "5", "maximum", "4"}),
              ElementsAre("invalid", "minimum", "not above maximum"));
  EXPECT_EQ(redis_.integer({"EXISTS", key("desired"), key("changes")}), 0);
}

TEST_F(ScriptsTest, desire_leaves_a_key_of_another_type_alone) {
  redis_.command({"SET", key("desired"), "mine"});
  EXPECT_THAT(desire("me@here", "-", {"consumers", "7"}),
              ElementsAre("invalid", key("desired"), HasSubstr("a hash")));
  EXPECT_EQ(redis_.text({"GET", key("desired")}), "mine");
}

TEST_F(ScriptsTest, the_stream_of_changes_is_bounded) {
  for (int i = 0; i < 1500; ++i) desire("me@here", "-", {"consumers", std::to_string(i)});
  EXPECT_LE(redis_.integer({"XLEN", key("changes")}), 1100);
}

TEST_F(ScriptsTest, beat_answers_with_figures_and_the_desired_state) {
  join("a");
  desire("me@here", "-", {"consumers", "7"});
  redis_.command(
      {"HSET", key("member:a"), "capacity", "4", "received", "9", "committed", "8", "busy", "0.5"});
  const auto answer = beat("a");
  ASSERT_EQ(answer.size(), 15u);
  EXPECT_EQ(answer[6], "4/9/8/7/0.5");
  EXPECT_EQ(Words(answer.begin() + 7, answer.end()), (Words{"", "", "7", "", "", "", "", "me@here"}));
}

TEST_F(ScriptsTest, beat_goes_on_without_a_readable_desired_state) {
  join("a");
  redis_.command({"SET", key("desired"), "mine"});
  const auto answer = beat("a");
  ASSERT_EQ(answer.size(), 7u);
  EXPECT_EQ(answer[0], "ok");
}

TEST_F(ScriptsTest, beat_gives_signs_of_life_to_consumers_of_the_view_that_make_progress) {
  join("a", {.weight = 3});
  Beating some;
  some.active = "1,3,4";
  beat("a", some);
  for (const auto& [k, wanted] : {std::pair(1, 1), {2, 0}, {3, 1}, {4, 0}}) {
    EXPECT_EQ(redis_.integer({"EXISTS", key("consumer:a." + std::to_string(k))}), wanted) << k;
  }
  EXPECT_GT(redis_.integer({"PTTL", key("consumer:a.1")}), 0);
  const auto status = run(Script::status, {"out", "-", "-", "out:dead"});
  const auto told = std::find(status.begin(), status.end(), "consumers:a");
  ASSERT_NE(told, status.end());
  EXPECT_EQ(*(told + 1), "2 2");
}

TEST_F(ScriptsTest, leaving_at_once_leaves_the_rest_to_others) {
  join("a");
  join("b");
  const auto before = view();
  EXPECT_THAT(leave_at_once("a"), ElementsAre("left"));
  EXPECT_THAT(leave_at_once("a"), ElementsAre("left")) << "again";
  EXPECT_NE(view(), before);
  EXPECT_THAT(consumers(), ElementsAre("b.1"));
  EXPECT_EQ(redis_.integer({"EXISTS", member_key("a")}), 0);
  EXPECT_THAT(lane(before, 0), StartsWith("a 0")) << "open, its owner gone: b may claim it";
  EXPECT_EQ(redis_.integer({"XLEN", key("losses")}), 0);
}

TEST_F(ScriptsTest, the_last_one_to_leave_at_once_closes_and_declares_what_is_open) {
  join("a");
  const auto at = view();
  Beating counted;
  counted.highest = at + ":12";
  beat("a", counted);
  EXPECT_THAT(leave_at_once("a"), ElementsAre("left"));
  EXPECT_EQ(lane(at, 0), "");
  EXPECT_THAT(consumers(), IsEmpty());
  ASSERT_EQ(redis_.integer({"XLEN", key("losses")}), 1);
  Words line;
  const auto lines = redis_.command({"XRANGE", key("losses"), "-", "+"});
  for (const auto& part : lines.elements[0].elements[1].elements) line.push_back(part.text);
  EXPECT_THAT(line, ElementsAre("reason", "the group was stopped at once", "view", at, "lane", "0", "after",
                                "0", "to", "12", "by", "a"));
}

}  // namespace
}  // namespace tributary::test
