// Transactions that end with settle.lua, at a real server: all of it or nothing, whatever is wrong.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

class SettleScript : public testing::Test {
 protected:
  SettleScript() { lane("m1 10 -"); }

  void lane(const std::string& record) { redis_.command({"HSET", "state", "lane:1.ab:0", record}); }
  std::string lane() { return redis_.text({"HGET", "state", "lane:1.ab:0"}); }

  void append(const std::string& stream, int position) {
    appends_.push_back({"XADD", stream, "*", "message_id", "m" + std::to_string(position), "position",
                        "1.ab:" + std::to_string(position)});
  }

  // What settle answers; the other answers of EXEC go to others_.
  std::string settle(const Words& who = {"m1", "1.ab:0", "10"}, int to = 14, const std::string& bound = "0") {
    redis_.command({"MULTI"});
    Words firsts(2), lasts(2), counts = {"0", "0"};
    int count[2] = {0, 0};
    for (const auto& append : appends_) {
      redis_.command(append);
      const std::size_t which = append[1] == "dead" ? 1 : 0;
      if (count[which]++ == 0) firsts[which] = append.back();
      lasts[which] = append.back();
      counts[which] = std::to_string(count[which]);
    }
    redis_.command({"EVAL", body_of(redis::settle_script()), "3", "state", "out", "dead", who[0], who[1],
                    who[2], std::to_string(to), bound, counts[0], firsts[0], lasts[0], counts[1], firsts[1],
                    lasts[1]});
    const auto all = redis_.command({"EXEC"});
    others_.clear();
    for (std::size_t i = 0; i + 1 < all.elements.size(); ++i) others_.push_back(all.elements[i].text);
    return all.is_array() ? all.elements.back().text : all.text;
  }

  Words positions(const std::string& stream) {
    Words found;
    for (const auto& entry : redis_.command({"XRANGE", stream, "-", "+"}).elements)
      found.push_back(entry.elements[1].elements.back().text);
    return found;
  }

  RedisServer server_{{.config = {}, .tcp = false, .password = {}}};
  TestClient redis_ = server_.client();
  std::vector<TestClient::Command> appends_;
  Words others_;
};

TEST_F(SettleScript, AllIsAppendedAndThePositionMoves) {
  append("out", 11);
  append("dead", 12);
  append("out", 13);
  EXPECT_EQ(settle(), "ok 14");
  EXPECT_THAT(positions("out"), ElementsAre("1.ab:11", "1.ab:13"));
  EXPECT_THAT(positions("dead"), ElementsAre("1.ab:12"));
  EXPECT_EQ(lane(), "m1 14 -");
}

TEST_F(SettleScript, ALaneIsClosedAtItsEndAndKeptBefore) {
  lane("m1 10 15");
  append("out", 11);
  EXPECT_EQ(settle(), "ok 14");
  EXPECT_EQ(lane(), "m1 14 15");
  EXPECT_EQ(settle({"m1", "1.ab:0", "14"}, 15), "ok 15");
  EXPECT_EQ(redis_.integer({"HEXISTS", "state", "lane:1.ab:0"}), 0);
}

TEST_F(SettleScript, WhoeverMayNotAppendLeavesNothingBehind) {
  redis_.command({"XADD", "out", "*", "position", "1.ab:12"});  // another's good entry, of the same position
  for (const auto& [record, answer] :
       std::vector<std::pair<std::string, std::string>>{{"m2 10 -", "fenced m2 3"},
                                                        {"- 10 -", "fenced - 3"},
                                                        {"m1 9 -", "gap 9 3"},
                                                        {"m1 12 -", "gap 12 3"},
                                                        {"", "gone - 3"}}) {
    redis_.command({"HDEL", "state", "lane:1.ab:0"});
    if (!record.empty()) lane(record);
    appends_.clear();
    append("out", 12);
    append("dead", 13);
    append("out", 14);
    EXPECT_EQ(settle(), answer) << record;
    EXPECT_THAT(positions("out"), ElementsAre("1.ab:12"));
    EXPECT_THAT(positions("dead"), IsEmpty());
    EXPECT_EQ(lane(), record);
  }
}

TEST_F(SettleScript, ThousandsAreTakenBack) {
  lane("m2 10 -");
  redis_.command({"XADD", "out", "*", "position", "1.ab:9"});
  for (int i = 11; i < 2511; ++i) append("out", i);
  EXPECT_EQ(settle({"m1", "1.ab:0", "10"}, 2510), "fenced m2 2500");
  EXPECT_THAT(positions("out"), ElementsAre("1.ab:9"));
}

TEST_F(SettleScript, NobodyIsToldOfEntriesThatWereTakenBack) {
  redis_.command({"XADD", "out", "*", "position", "1.ab:9"});
  redis_.command({"XGROUP", "CREATE", "out", "readers", "0"});
  redis_.command({"XREADGROUP", "GROUP", "readers", "r", "STREAMS", "out", ">"});
  lane("m2 10 -");
  for (int i = 11; i <= 14; ++i) append("out", i);
  EXPECT_EQ(settle(), "fenced m2 4");
  const auto value = [&](const redis::Reply& info, const std::string& name) {
    for (std::size_t i = 0; i + 1 < info.elements.size(); i += 2) {
      if (info.elements[i].text == name) return info.elements[i + 1];
    }
    return redis::Reply{};
  };
  EXPECT_EQ(value(redis_.command({"XINFO", "STREAM", "out"}), "entries-added").integer, 1);
  redis_.command({"XADD", "out", "*", "position", "1.ab:10"});
  EXPECT_EQ(value(redis_.command({"XINFO", "GROUPS", "out"}).elements.at(0), "lag").integer, 1);
}

// A right that settle needs goes while the transaction is queued: it judges nothing that it cannot see, and says so if
// it cannot undo what it must.
TEST_F(SettleScript, AnErrorIsNotTakenForAnEmptyAnswer) {
  const auto without = [&](const std::string& right, const std::string& record) {
    redis_.command({"DEL", "out", "state"});
    lane(record);
    redis_.command({"ACL", "SETUSER", "relay", "reset", "on", "nopass", "~*", "+@all", right});
    auto relay = server_.client();
    relay.command({"AUTH", "relay", "x"});
    relay.command({"MULTI"});
    for (int i = 11; i <= 12; ++i)
      relay.command({"XADD", "out", "*", "position", "1.ab:" + std::to_string(i)});
    relay.command({"EVAL", body_of(redis::settle_script()), "3", "state", "out", "dead", "m1", "1.ab:0", "10",
                   "12", "0", "2", "1.ab:11", "1.ab:12", "0", "", ""});
    return relay.command({"EXEC"}).elements.back().text;
  };
  EXPECT_THAT(without("-hget", "m1 10 -"), StartsWith("failed 0 2 "));
  EXPECT_THAT(without("-hset", "m1 10 -"), StartsWith("failed 10 2 "));
  EXPECT_THAT(without("-hdel", "m1 10 12"), StartsWith("failed 10 2 "));
  for (const auto* right : {"-hget", "-hset"}) {
    without(right, "m1 10 -");
    EXPECT_THAT(positions("out"), IsEmpty()) << right;
    EXPECT_EQ(lane(), "m1 10 -");
  }
  for (const auto* right : {"-xrevrange", "-xdel", "-xinfo"}) {
    EXPECT_THAT(without(right, "m2 10 -"), StartsWith("stuck ")) << right;
    EXPECT_EQ(lane(), "m2 10 -");
  }
  EXPECT_THAT(without("-xrevrange", "m1 10 -"), StartsWith("stuck "));
  EXPECT_THAT(positions("out"), ElementsAre("1.ab:11", "1.ab:12"));
  EXPECT_EQ(lane(), "m1 10 -");
  EXPECT_EQ(without("-xdel", "m1 10 -"), "ok 12") << "not needed";
}

TEST_F(SettleScript, OneStreamOfTheWrongTypeKeepsTheOtherOneClean) {
  for (const std::string wrong : {"out", "dead"}) {
    redis_.command({"DEL", "out", "dead"});
    redis_.command({"SET", wrong, "text"});
    appends_.clear();
    append("out", 11);
    append("dead", 12);
    append("out", 13);
    EXPECT_THAT(settle(), StartsWith(wrong == "out" ? "failed 10 1 XREVRANGE: WRONGTYPE"
                                                    : "failed 10 2 XREVRANGE: WRONGTYPE"));
    EXPECT_THAT(others_, testing::Contains(StartsWith("WRONGTYPE")));
    EXPECT_EQ(redis_.integer({"XLEN", wrong == "out" ? "dead" : "out"}), 0);
    EXPECT_EQ(lane(), "m1 10 -");
  }
}

TEST_F(SettleScript, AUserWhoLostTheRightToAppendTakesBackNobodysEntries) {
  append("out", 11);
  append("out", 12);
  EXPECT_EQ(settle({"m1", "1.ab:0", "10"}, 12), "ok 12");
  // The same commit again, as after a lost answer; the right goes between the queueing and EXEC.
  redis_.command({"ACL", "SETUSER", "relay", "on", "nopass", "~*", "+@all"});
  auto relay = server_.client();
  relay.command({"AUTH", "relay", "x"});
  relay.command({"MULTI"});
  for (const auto& append : appends_) relay.command(append);
  relay.command({"EVAL", body_of(redis::settle_script()), "3", "state", "out", "dead", "m1", "1.ab:0", "10",
                 "12", "0", "2", "1.ab:11", "1.ab:12", "0", "", ""});
  redis_.command({"ACL", "SETUSER", "relay", "-xadd"});
  const auto all = relay.command({"EXEC"});
  ASSERT_EQ(all.elements.size(), 3U);
  EXPECT_THAT(all.elements[0].text, StartsWith("NOPERM"));
  EXPECT_EQ(all.elements[2].text, "gap 12 0");
  EXPECT_THAT(positions("out"), ElementsAre("1.ab:11", "1.ab:12"));
}

TEST_F(SettleScript, AStreamWithoutIdsLeftLosesNothingThatWasAppendedBefore) {
  append("out", 11);
  EXPECT_EQ(settle({"m1", "1.ab:0", "10"}, 11), "ok 11");
  redis_.command({"XSETID", "out", "18446744073709551615-18446744073709551615"});
  EXPECT_EQ(settle({"m1", "1.ab:0", "10"}, 11), "gap 11 0");
  EXPECT_THAT(positions("out"), ElementsAre("1.ab:11"));
}

TEST_F(SettleScript, AStateOfAnotherTypeIsNamedAndNothingStays) {
  redis_.command({"SET", "state", "text"});
  append("out", 11);
  append("dead", 12);
  EXPECT_THAT(settle(), StartsWith("failed 0 2 HGET: WRONGTYPE"));
  EXPECT_THAT(positions("out"), IsEmpty());
  EXPECT_THAT(positions("dead"), IsEmpty());
}

TEST_F(SettleScript, ABoundTrimsTheStream) {
  redis_.command({"CONFIG", "SET", "stream-node-max-entries", "1"});
  for (int i = 11; i <= 14; ++i) append("out", i);
  EXPECT_EQ(settle({"m1", "1.ab:0", "10"}, 14, "2"), "ok 14");
  EXPECT_THAT(positions("out"), ElementsAre("1.ab:13", "1.ab:14"));
}

TEST_F(SettleScript, OutOfMemoryRefusesTheWholeTransaction) {
  append("out", 11);
  redis_.command({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_THAT(settle(), StartsWith("EXECABORT"));
  redis_.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(redis_.integer({"XLEN", "out"}), 0);
  EXPECT_EQ(settle(), "ok 14");
}

TEST_F(SettleScript, MaySettleIsReadyOnlyForWhoMayDoEverything) {
  const std::string may_settle(redis::may_settle_script().body);
  const auto ask = [&](const std::string& right) {
    redis_.command({"ACL", "SETUSER", "relay", "reset", "on", "nopass", "~*", "+@all"});
    if (!right.empty()) redis_.command({"ACL", "SETUSER", "relay", right});
    auto relay = server_.client();
    relay.command({"AUTH", "relay", "x"});
    relay.command({"MULTI"});
    relay.command({"EVAL", may_settle, "3", "state", "out", "dead"});
    const auto all = relay.command({"EXEC"});
    return all.is_array() ? all.elements.at(0).text : all.text;
  };
  EXPECT_EQ(ask(""), "ready");
  for (const auto* right :
       {"-xadd", "-xdel", "-xrevrange", "-hget", "-hset", "-hdel", "-xtrim", "-xinfo", "-xsetid"})
    EXPECT_EQ(ask(right), "refused") << right;
  for (const auto* right : {"-multi", "-exec", "-eval"}) EXPECT_NE(ask(right), "ready") << right;
}

}  // namespace
}  // namespace tributary::test
