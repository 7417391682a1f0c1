// Services that let nobody read INFO in a script: nodes go by what their connection read, and nothing is lost or doubled.
#include "redis/scripts.hpp"
#include "support/gate.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

class NoInfoInScripts : public Scenario {
 protected:
  NoInfoInScripts() : Scenario({.config = {"enable-debug-command yes", "appendonly yes"}}) {
    std::vector<std::pair<std::string, std::string>> texts{{"'INFO'", "'NONE'"}};
    for (const auto& script : redis::all_scripts()) {
      std::string body(script.body);
      for (auto at = body.find("'INFO'"); at != std::string::npos; at = body.find("'INFO'"))
        body.replace(at, 6, "'NONE'");
      texts.emplace_back(script.sha, client_.text({"SCRIPT", "LOAD", body}));
    }
    gate_.rewrite(std::move(texts));
  }

  TributaryNode& start() {
    return start_node({"--redis-url", "redis://127.0.0.1:" + std::to_string(gate_.port())});
  }
  std::string identity_of_view() {
    const std::string state = "tributary:{messages:processed}:state";
    const auto record = client_.text({"HGET", state, "view:" + client_.text({"HGET", state, "view"})});
    return record.substr(0, record.find(' '));
  }
  std::string identity() {
    const auto info = client_.text({"INFO", "everything"});
    const auto value = [&](const std::string& name) {
      return info.substr(info.find("\n" + name + ":") + name.size() + 2, 40);
    };
    return value("run_id") + "/" + value("master_replid");
  }

  // An epoch that ends leaves lines in the ledger of what cannot be excluded.
  void stop_and_verify() {
    stop_nodes();
    const auto audit = verify({"--ledger", ledger_});
    for (const auto* name : {"missing", "duplicated", "duplicated_positions", "unexpected"})
      EXPECT_EQ(audit.count(name), 0) << name << " in " << audit.text;
    for (const auto& line : read_entries(client_, "tributary:{messages:processed}:losses"))
      EXPECT_EQ(line.at(1), "possible") << line.at(3);
    expect_nothing_left_open();
  }

  Gate gate_{redis_.socket_path()};
};

TEST_F(NoInfoInScripts, IsSaidOnceAndTheGroupWorks) {
  auto& first = start();
  auto& second = start();
  publish(2000);
  for (auto* node : {&first, &second}) {
    const auto said = node->err();
    const auto at = said.find("does not let scripts read INFO");
    ASSERT_NE(at, std::string::npos) << said;
    EXPECT_EQ(said.find("does not let scripts read INFO", at + 1), std::string::npos) << said;
  }
  EXPECT_EQ(identity_of_view(), identity());
  finish_and_audit();
}

// Only the identity changes, and no connection breaks: nodes that know the old one agree, until one comes that knows the new.
TEST_F(NoInfoInScripts, AnIdentityThatChangesIsReadAnewOnceTheGroupHasIt) {
  start();
  start();
  start_publishing(3000, 1000);
  wait_for_entries(500);
  client_.command({"DEBUG", "CHANGE-REPL-ID"});
  wait_for_entries(1000);
  EXPECT_NE(identity_of_view(), identity());
  start();
  EXPECT_TRUE(
      wait_until([&] { return group().members.size() == 3 && identity_of_view() == identity(); }, kPatience));
  const auto view = group().view;
  EXPECT_LT(std::stoi(view), 15) << "they ended each other's epochs";
  finish_publishing();
  EXPECT_EQ(group().view, view);
  stop_and_verify();
}

TEST_F(NoInfoInScripts, ADemotedServerIsLeftAtOnceAndItsNewIdentityRead) {
  auto& node = start();
  publish(500);
  wait_for_entries(500);  // what is on its way to a connection that the node gives up is gone
  client_.command({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_TRUE(node.wait_for_output("the server has become a replica", kPatience)) << node.err();
  client_.command({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(wait_until([&] { return identity_of_view() == identity(); }, kPatience)) << node.err();
  stop_and_verify();
}

TEST_F(NoInfoInScripts, ARestartedServerIsAnotherOne) {
  auto& node = start();
  publish(500);
  wait_for_entries(500);
  redis_.restart();
  client_.command({"PING"});  // notices that its connection is gone; the next command connects again
  EXPECT_TRUE(wait_until([&] { return identity_of_view() == identity(); }, kPatience)) << node.err();
  stop_and_verify();
}

}  // namespace
}  // namespace tributary::test
