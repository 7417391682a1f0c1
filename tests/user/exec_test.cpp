// Processors in other languages: programs that do what they should, and programs that do not.
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kDead = "messages:processed:dead";

class ExecProcessors : public Scenario {
 protected:
  // A program that does this with each request, which is in $l.
  std::string program(const std::string& each) {
    return raw_program("while read -r l; do " + each + "; done");
  }
  std::string raw_program(const std::string& text) {
    write_file(files_.file("program"), text + "\n");
    return "exec:sh " + files_.file("program");
  }
  // The same, which does `bad` at message m20 and answers {} to all others.
  std::string bad_at_m20(const std::string& bad) {
    return program("case \"$l\" in *'\"message_id\":\"m20\"'*) " + bad + " ;; *) echo '{}' ;; esac");
  }
  void publish_numbered(int count) {
    for (int i = 1; i <= count; ++i) {
      const auto payload = R"({"message_id":"m)" + std::to_string(i) + "\"}";
      EXPECT_EQ(client_.integer({"PUBLISH", "messages:published", payload}), 1);
    }
    const auto all = [&] { return appended() + entries_added(client_, kDead) >= count; };
    EXPECT_TRUE(wait_until(all, kPatience)) << appended() << " and " << entries_added(client_, kDead);
  }
  // By id, "" for those that were appended, else the reason. Each message is there once.
  std::map<std::string, std::string> fates() {
    std::map<std::string, std::string> found;
    for (const auto* stream : {"messages:processed", kDead}) {
      for (const auto& entry : read_entries(client_, stream)) {
        const auto id = value_of(entry, "message_id");
        EXPECT_TRUE(found.emplace(id, value_of(entry, "reason")).second) << id << " is there twice";
      }
    }
    return found;
  }
  static std::vector<pid_t> children(pid_t pid) {
    std::vector<pid_t> pids;
    std::error_code gone;
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
      std::istringstream text(read_file(task.path().string() + "/children"));
      for (pid_t child = 0; text >> child;) pids.push_back(child);
    }
    return pids;
  }
  static char state(pid_t pid) {
    std::error_code gone;
    const auto path = "/proc/" + std::to_string(pid) + "/stat";
    if (!std::filesystem::exists(path, gone)) return '-';
    const auto text = read_file(path);
    const auto name_end = text.rfind(')');
    return name_end == std::string::npos ? '-' : text[name_end + 2];
  }
  static auto descriptors(pid_t pid) {
    return std::distance(std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd"), {});
  }
  void expect_no_zombies() {
    for (const auto child : children(nodes_[0]->pid())) EXPECT_NE(state(child), 'Z');
  }
  // One message of 40 meets something bad: nothing is lost, the node goes on, and says what it was.
  void expect_only_m20_dead(const std::string& processor, const std::string& reason, Flags flags = {}) {
    flags.insert(flags.end(), {"--processor", processor, "--consumers", "1", "--processing-retries", "1"});
    start_node(flags);
    publish_numbered(40);
    expect_no_zombies();
    const auto all = fates();
    EXPECT_EQ(all.size(), 40U);
    for (const auto& [id, why] : all) {
      if (id != "m20") {
        EXPECT_EQ(why, "") << id;
      }
    }
    EXPECT_NE(all.at("m20").find(reason), std::string::npos) << all.at("m20");
    end_cleanly();
  }
  void end_cleanly() {
    const auto before = children(nodes_[0]->pid());
    stop_nodes();
    for (const auto child : before) EXPECT_TRUE(wait_until([&] { return state(child) == '-'; }, kPatience));
    expect_nothing_left_open();
  }
};

TEST_F(ExecProcessors, TwoNodesShareTheWorkAndOneIsKilled) {
  const auto processor = program("echo '{\"fields\":{\"by\":\"program\"}}'");
  start_nodes(2, {"--processor", processor});
  start_publishing(20000, 5000);
  wait_for_entries(5000);
  auto& victim = follower();
  const auto orphans = children(victim.pid());
  EXPECT_EQ(orphans.size(), 2U);
  kill(victim.pid(), SIGKILL);
  for (const auto orphan : orphans) {
    EXPECT_TRUE(wait_until([&] { return state(orphan) == '-' || state(orphan) == 'Z'; }, kPatience))
        << orphan;
  }
  finish_and_audit();
  EXPECT_EQ(value_of(read_entries(client_, "messages:processed").back(), "by"), "program");
}

TEST_F(ExecProcessors, OneThatCannotBeStartedEndsTheNodeWithItsReason) {
  const auto result = run_tributary("consume", redis_, {"--processor", "exec:nope"});
  EXPECT_EQ(result.status, 78);
  EXPECT_NE(result.err.find("processor \"exec:nope\": cannot start nope: No such file or directory"),
            std::string::npos)
      << result.err;
}

TEST_F(ExecProcessors, OneThatExitsAtOnce) {
  start_node({"--processor", raw_program("echo no licence >&2; exit 1"), "--processing-retries", "1"});
  publish_numbered(4);
  for (const auto& [id, why] : fates()) {
    EXPECT_NE(why.find("ended with exit code 1; it said last: \"no licence\""), std::string::npos) << why;
  }
  EXPECT_NE(nodes_[0]->err().find("no licence"), std::string::npos);
  expect_no_zombies();
  end_cleanly();
}

TEST_F(ExecProcessors, OneThatExitsInTheMiddle) {
  expect_only_m20_dead(bad_at_m20("exit 3"), "failed after 2 attempts: exec sh ");
}

TEST_F(ExecProcessors, OneThatHangs) {
  expect_only_m20_dead(bad_at_m20("trap '' TERM; sleep 1000"), "processing took longer than 500 ms",
                       {"--processing-timeout", "500ms"});
}

TEST_F(ExecProcessors, OneThatFloodsItsOutputWithoutALineEnd) {
  expect_only_m20_dead(bad_at_m20("tr '\\0' x </dev/zero"), "its answer is larger than 64 MiB: \"xxx");
}

TEST_F(ExecProcessors, OneThatFloodsItsOutputWithLinesNobodyAskedFor) {
  start_node({"--processor", bad_at_m20("yes '{}'"), "--consumers", "1"});
  publish_numbered(40);
  client_.command({"PUBLISH", "messages:published", R"({"message_id":"m41"})"});
  EXPECT_TRUE(wait_until([&] { return fates().size() == 41; }, kPatience));
  EXPECT_TRUE(nodes_[0]->wait_for_output("said something without being asked: \"{}", kPatience));
  expect_no_zombies();
  end_cleanly();
}

TEST_F(ExecProcessors, OneThatFloodsItsStandardError) {
  start_node({"--processor", bad_at_m20("yes alas | head -c 100000000 >&2; echo '{}'"), "--consumers", "1"});
  publish_numbered(40);
  EXPECT_EQ(appended(), 40);
  EXPECT_TRUE(nodes_[0]->wait_for_output("lines were left out", kPatience));
  EXPECT_LT(nodes_[0]->err().size(), 100'000U);
  end_cleanly();
}

TEST_F(ExecProcessors, OneThatAnswersNonsense) {
  expect_only_m20_dead(bad_at_m20("echo ok"), "its answer is not JSON: \"ok\"");
}

TEST_F(ExecProcessors, OneThatAnswersHalfALine) {
  expect_only_m20_dead(bad_at_m20("printf '{\"fi'; exit 0"),
                       "ended with exit code 0 in the middle of an answer: \"{\"fi\"");
}

TEST_F(ExecProcessors, OneThatAnswersWhatIsNotUtf8) {
  expect_only_m20_dead(bad_at_m20("printf '{\"fields\":{\"a\":\"\\377\"}}\\n'"), "its answer is not JSON");
}

TEST_F(ExecProcessors, OneThatAnswersMegabytes) {
  start_node(
      {"--processor",
       bad_at_m20("printf '{\"fields\":{\"x\":\"'; head -c 3000000 /dev/zero | tr '\\0' x; echo '\"}}'"),
       "--consumers", "1"});
  publish_numbered(40);
  EXPECT_EQ(appended(), 40);
  for (const auto& entry : read_entries(client_, "messages:processed")) {
    if (value_of(entry, "message_id") == "m20") {
      EXPECT_EQ(value_of(entry, "x").size(), 3'000'000U);
    }
  }
  end_cleanly();
}

TEST_F(ExecProcessors, ManyRestartsLeaveNothingBehind) {
  auto& node = start_node({"--processor", raw_program("read -r l; echo '{}'"), "--consumers", "1"});
  publish_numbered(1);
  const auto before = descriptors(node.pid());
  publish_numbered(200);  // each program answers one
  EXPECT_EQ(entries_added(client_, kDead), 0);
  // At any one moment the next program may be on its way.
  const auto few = [&] { return descriptors(node.pid()) <= before + 4 && children(node.pid()).size() <= 1; };
  EXPECT_TRUE(wait_until(few, kPatience))
      << descriptors(node.pid()) << " descriptors, " << before << " before";
  end_cleanly();
}

class ExecExamples : public ExecProcessors {
 protected:
  void expect_field(const std::string& interpreter, const std::string& command, const std::string& name,
                    const std::string& value) {
    if (std::system(("command -v " + interpreter + " >/dev/null 2>&1").c_str()) != 0) {
      GTEST_SKIP() << "there is no " << interpreter << " here";
    }
    start_node({"--processor", "exec:" + command + TRIBUTARY_SOURCE "/examples/processors/" + name});
    client_.command({"PUBLISH", "messages:published",
                     R"({"message_id":1,"text":"hello","price":2,"quantity":3,"address":{"city":"Bonn"}})"});
    EXPECT_TRUE(wait_until([&] { return appended() == 1; }, kPatience)) << nodes_[0]->err();
    const auto entry = read_entries(client_, "messages:processed").at(0);
    EXPECT_NE(std::search(entry.begin(), entry.end(), &value, &value + 1), entry.end());
    end_cleanly();
  }
};

TEST_F(ExecExamples, Python) { expect_field("python3", "python3 ", "uppercase.py", "HELLO"); }
TEST_F(ExecExamples, Node) { expect_field("node", "node ", "total.mjs", "6"); }
TEST_F(ExecExamples, ShellWithJq) { expect_field("jq", "sh ", "city.sh", "Bonn"); }

// What jq cannot do gets an answer of its own: without one, the next message's answer would be taken for it.
TEST_F(ExecExamples, ShellWithJqAnswersWhatItCannotDo) {
  if (std::system("command -v jq >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no jq here";
  start_node({"--processor", "exec:sh " TRIBUTARY_SOURCE "/examples/processors/city.sh", "--consumers", "1"});
  for (const auto* payload :
       {R"({"message_id":1,"address":"Ulm"})", R"({"message_id":2,"address":{"city":"Bonn"}})"})
    client_.command({"PUBLISH", "messages:published", payload});
  EXPECT_TRUE(wait_until([&] { return appended() == 1 && entries_added(client_, kDead) == 1; }, kPatience));
  EXPECT_EQ(value_of(read_entries(client_, "messages:processed").at(0), "message_id"), "2");
  EXPECT_EQ(value_of(read_entries(client_, kDead).at(0), "message_id"), "1");
  end_cleanly();
}

}  // namespace
}  // namespace tributary::test
