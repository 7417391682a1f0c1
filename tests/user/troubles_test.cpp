// What keeps a node from working: said once, with what to do, again when it changes, and when it is over.
#include <algorithm>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

class Troubles : public Scenario {
 protected:
  /// A user who may do everything, and a node that is it.
  TributaryNode& start_as_user(const Flags& flags = {}) {
    EXPECT_EQ(client_.text({"ACL", "SETUSER", "u", "reset", "on", ">old", "~*", "&*", "+@all"}), "OK");
    write_file(password_, "old\n");
    Flags all = {"--redis-username", "u", "--redis-password-file", password_};
    all.insert(all.end(), flags.begin(), flags.end());
    return start_node(all);
  }
  // All but the control channel: a marker that may not be published ends a node at once, if one is just on its way.
  std::string take_channels_away() {
    return client_.text({"ACL", "SETUSER", "u", "resetchannels", "&tributary:{messages:processed}:control"});
  }
  std::int64_t errors(const std::string& code) {
    const auto stats = client_.text({"INFO", "errorstats"});
    const auto at = stats.find("errorstat_" + code + ":count=");
    return at == std::string::npos ? 0 : std::stoll(stats.substr(stats.find('=', at) + 1));
  }
  static std::ptrdiff_t count(const std::string& text, const std::string& part) {
    std::ptrdiff_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  }
  const std::string password_ = files_.file("password");
};

TEST_F(Troubles, AFullServerIsSaidOnceAndWhenItHasRoom) {
  auto& node = start_node();
  EXPECT_EQ(client_.text({"CONFIG", "SET", "maxmemory", "1mb"}), "OK");
  EXPECT_TRUE(wait_until([&] { return errors("OOM") >= 30; }, kPatience));
  EXPECT_EQ(count(node.err(), "is out of memory; raise its maxmemory or trim the stream"), 1) << node.err();
  EXPECT_EQ(client_.text({"CONFIG", "SET", "maxmemory", "0"}), "OK");
  EXPECT_TRUE(node.wait_for_output("commands are accepted again after ", kPatience)) << node.err();
  publish(1000);
  finish_and_audit();
}

TEST_F(Troubles, ASubscriptionThatIsCutOffForItsBufferIsToldWithTheReason) {
  auto& node = start_node();
  const std::string payload = R"({"message_id":"x","data":")" + std::string(1'000'000, 'x') + "\"}";
  std::vector<TestClient::Command> commands = {{"MULTI"}};
  for (int i = 0; i < 50; ++i) commands.push_back({"PUBLISH", "messages:published", payload});
  commands.push_back({"EXEC"});
  client_.pipeline(commands);  // 50 MB at once, where 32 MB are allowed
  EXPECT_TRUE(node.wait_for_output("INFO  subscribed after ", kPatience)) << node.err();
  const auto said = node.err();
  const auto line =
      said.find("WARN  not subscribed: lost the connection to Redis at " + redis_.socket_path());
  ASSERT_NE(line, std::string::npos) << said;
  EXPECT_NE(said.find("client-output-buffer-limit pubsub allows: raise it", line), std::string::npos) << said;
  publish(1000);
  finish_publishing();
  EXPECT_EQ(node.terminate(kPatience), 0) << node.err();
}

// The other connection ends as well: one line is enough.
TEST_F(Troubles, ARestartIsNotTakenForACutOffSubscription) {
  auto& node = start_node();
  redis_.restart();
  EXPECT_TRUE(node.wait_for_output("connected to ", kPatience)) << node.err();
  EXPECT_TRUE(wait_until([&] { return group().lists(node.pid()); }, kPatience));
  EXPECT_EQ(count(node.err(), "lost the connection"), 1) << node.err();
  EXPECT_EQ(node.err().find("client-output-buffer-limit"), std::string::npos) << node.err();
}

TEST_F(Troubles, AChangedPasswordIsToldAndReadAgain) {
  auto& node = start_as_user();
  client_.pipeline({{"ACL", "SETUSER", "u", "resetpass", ">new"}, {"CLIENT", "KILL", "USER", "u"}});
  EXPECT_TRUE(node.wait_for_output(
      "WARN  Redis at " + redis_.socket_path() + " refused the password of user u", kPatience))
      << node.err();
  EXPECT_TRUE(wait_until([&] { return errors("WRONGPASS") >= 4; }, kPatience));
  EXPECT_EQ(count(node.err(), "refused the password"), 1) << node.err();
  write_file(password_, "new\n");
  EXPECT_TRUE(node.wait_for_output("connected to ", kPatience)) << node.err();
  EXPECT_EQ(node.err().find("new"), std::string::npos) << "the password was shown";
  EXPECT_TRUE(wait_until([&] { return group().lists(node.pid()); }, kPatience));
  EXPECT_EQ(node.terminate(kPatience), 0) << node.err();
}

TEST_F(Troubles, ANodeWhosePasswordIsRefusedDoesNotWaitInVainWhenItIsToLeave) {
  auto& node = start_as_user({"--processor", "delay:2s"});
  publish(10, 0);  // without anything in hand it has nothing to wait for
  client_.pipeline({{"ACL", "SETUSER", "u", "resetpass", ">new"}, {"CLIENT", "KILL", "USER", "u"}});
  EXPECT_TRUE(node.wait_for_output("refused the password", kPatience));
  EXPECT_EQ(node.terminate(10s), 77) << node.err();
  EXPECT_NE(node.err().find("tributary: cannot leave in good order: Redis at"), std::string::npos)
      << node.err();
}

TEST_F(Troubles, ChannelsThatAreTakenAwayAreToldWithTheRule) {
  auto& node = start_as_user();
  EXPECT_EQ(take_channels_away(), "OK");
  const std::string rule = "ACL SETUSER u &messages:published &tributary:{messages:processed}:control";
  EXPECT_TRUE(node.wait_for_output(rule, kPatience)) << node.err();
  EXPECT_TRUE(wait_until([&] { return errors("NOPERM") >= 10; }, kPatience));
  EXPECT_EQ(count(node.err(), rule), 1) << node.err();
  EXPECT_EQ(node.err().find("client-output-buffer-limit"), std::string::npos) << "a wrong guess:\n"
                                                                              << node.err();
  EXPECT_EQ(client_.text({"ACL", "SETUSER", "u", "&*"}), "OK");
  EXPECT_TRUE(node.wait_for_output("INFO  subscribed after ", kPatience)) << node.err();
  publish(1000);
  finish_publishing();
  EXPECT_EQ(node.terminate(kPatience), 0) << node.err();
}

TEST_F(Troubles, ANodeThatMayNotSubscribeAppendsWhatItHasAndEnds) {
  auto& node = start_as_user({"--processor", "delay:20ms"});
  publish(100, 0);
  EXPECT_EQ(take_channels_away(), "OK");
  EXPECT_TRUE(node.wait_for_output("ACL SETUSER u", kPatience)) << node.err();
  EXPECT_EQ(node.terminate(10s), 77) << node.err();
  EXPECT_EQ(appended(), 100);
}

TEST_F(Troubles, ARightThatIsMissingIsFoundBeforeAnythingIsReceived) {
  client_.command({"ACL", "SETUSER", "u", "reset", "on", ">pw", "~*", "&*", "+@all", "-xadd", "-hset"});
  auto& node = launch_node({"--redis-username", "u"}, {"REDIS_PASSWORD=pw"});
  EXPECT_EQ(node.wait(kPatience), 77);
  EXPECT_NE(node.err().find("missing: commands hset xadd; fix it there with: ACL SETUSER u +hset +xadd"),
            std::string::npos)
      << node.err();
  EXPECT_EQ(client_.integer({"DBSIZE"}), 0) << "it left traces";
}

TEST_F(Troubles, ARightThatIsTakenAwayIsNamed) {
  auto& node = start_as_user();
  EXPECT_EQ(client_.text({"ACL", "SETUSER", "u", "-xadd"}), "OK");
  client_.command({"PUBLISH", "messages:published", R"({"message_id":"a"})"});
  EXPECT_EQ(node.wait(kPatience), 77) << node.err();
  EXPECT_NE(node.err().find("ACL SETUSER u +xadd"), std::string::npos) << node.err();
}

}  // namespace
}  // namespace tributary::test
