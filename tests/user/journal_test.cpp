// Nodes that keep their journals in files: whatever is killed, what was received is there after a restart, and is in the
// stream once.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class JournalFiles : public Scenario {
 protected:
  std::string directory(int i) const { return files_.file("journal-" + std::to_string(i)); }

  /// Each in a directory of its own, with receipts of its own.
  TributaryNode& start_with_journal(int i, Flags flags = {}) {
    receipts_.push_back(files_.file("receipts-" + std::to_string(receipts_.size())));
    flags.insert(flags.begin(), {"--receipts", receipts_.back(), "--journal-dir", directory(i)});
    return launch_node(flags);
  }
  void start_group(int count, const Flags& flags = {}) {
    std::vector<pid_t> started;
    for (int i = 0; i < count; ++i) started.push_back(start_with_journal(i, flags).pid());
    const auto all_listed = [&] {
      const auto now = group();
      return std::ranges::all_of(started, [&](pid_t pid) { return now.lists(pid); });
    };
    EXPECT_TRUE(wait_until(all_listed, kPatience)) << nodes_.back()->err();
  }
  void kill_all() {
    for (const auto& node : nodes_) {
      if (node->running()) kill(node->pid(), SIGKILL);
    }
    for (const auto& node : nodes_) node->wait(kPatience);
  }
  static bool says(TributaryNode& node, const std::string& text) {
    return node.err().find(text) != std::string::npos;
  }
  std::int64_t missing() { return verify_receipts({"--allow-unexpected"}).count("missing"); }
  /// Everything that any node received, before or after it was killed, is in the stream, once.
  void audit_everything() {
    EXPECT_TRUE(wait_until([&] { return missing() == 0; }, kPatience)) << verify_receipts().text;
    const auto audit = verify_receipts();
    EXPECT_EQ(audit.count("missing"), 0) << audit.text;
    EXPECT_EQ(audit.count("duplicated"), 0) << audit.text;
  }
  std::vector<std::string> files_of(int i, const std::string& suffix) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(directory(i))) {
      if (entry.path().string().ends_with(suffix)) names.push_back(entry.path().string());
    }
    std::ranges::sort(names);
    return names;
  }
};

const Flags kSlow = {"--processor", "delay:1ms", "--consumers", "2"};

TEST_F(JournalFiles, AllNodesKilledAtOnceUnderLoadLoseNothing) {
  start_group(3, kSlow);
  start_publishing(600'000, 8000, {"--keep-going"});
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 3; ++round) {
    const auto least = appended() + 200 + static_cast<std::int64_t>(random() % 1500);
    wait_for_entries(least);
    kill_all();
    EXPECT_GT(missing(), 0) << "killed too late to mean anything";
    start_group(3, kSlow);
    EXPECT_TRUE(says(*nodes_.back(), " in the journal directory: what of them")) << nodes_.back()->err();
  }
  EXPECT_TRUE(publisher_->running()) << "too late to mean anything: raise the count";
  publisher_->signal(SIGTERM);
  publisher_->wait(60s);
  audit_everything();
  stop_nodes();
  audit_everything();
}

TEST_F(JournalFiles, TheOnlyNodeKilledLosesNothing) {
  start_group(1, {"--processor", "delay:20ms"});
  publish(2000, 20'000);
  kill_all();
  EXPECT_GT(missing(), 1000);
  start_group(1);
  audit_everything();
  stop_nodes();
  audit_everything();
}

TEST_F(JournalFiles, AfterACleanEndNothingIsLeftInTheDirectory) {
  start_group(2);
  publish(3000);
  finish_publishing();
  stop_nodes();
  start_group(2);
  EXPECT_FALSE(says(*nodes_.back(), "found")) << nodes_.back()->err();
  const auto files = [&] {
    return run_tributary("status", redis_).out.find("journals  in files on 2 of 2 nodes");
  };
  EXPECT_TRUE(wait_until([&] { return files() != std::string::npos; }, kPatience));
  stop_nodes();
  for (const auto& field : client_.command({"HKEYS", "tributary:{messages:processed}:state"}).elements)
    EXPECT_FALSE(field.text.starts_with("journal:")) << field.text;
}

TEST_F(JournalFiles, OneDirectoryIsForOneNode) {
  start_group(1);
  auto& second = start_with_journal(0);
  EXPECT_EQ(second.wait(kPatience), 75) << second.err();
  EXPECT_TRUE(says(second, "is in use by another process; each node needs a --journal-dir of its own"))
      << second.err();
  EXPECT_TRUE(nodes_.front()->running());
}

TEST_F(JournalFiles, TheDirectoryOfAnotherGroupIsRefused) {
  start_group(1);
  stop_nodes();
  fs::rename(directory(0) + "/messages%3aprocessed", directory(0) + "/other");
  auto& other =
      launch_node({"--journal-dir", directory(0), "--output-stream", "other", "--consumers-list", "others"});
  EXPECT_EQ(other.wait(kPatience), 78) << other.err();
  EXPECT_TRUE(says(other, "holds the journal of group \"messages:processed\", not of \"other\""))
      << other.err();
}

TEST_F(JournalFiles, AnOldCopyPutBackDoesNoHarm) {
  start_group(2, kSlow);
  start_publishing(15'000, 10'000, {"--keep-going"});
  wait_for_entries(300);
  const auto copy = files_.file("copy");
  fs::copy(directory(0), copy, fs::copy_options::recursive);
  wait_for_entries(1500);
  kill_all();
  fs::remove_all(directory(0));
  fs::rename(copy, directory(0));
  start_group(2, kSlow);
  EXPECT_TRUE(says(*nodes_[2], "is a copy of another")) << nodes_[2]->err();
  EXPECT_EQ(publisher_->wait(60s), 0) << publisher_->err();
  receipts_.erase(receipts_.begin());  // what only the newer one had may be gone: the other's is all there
  audit_everything();
}

TEST_F(JournalFiles, DamagedFilesGiveWhatCanBeRead) {
  start_group(2, kSlow);
  start_publishing(15'000, 10'000, {"--keep-going"});
  wait_for_entries(1500);
  kill_all();
  std::mt19937 random(std::random_device{}());
  for (const auto& file : files_of(0, ".blocks")) {
    std::fstream damaged(file, std::ios::in | std::ios::out | std::ios::binary);
    for (int i = 0; i < 20; ++i) {
      damaged.seekp(static_cast<std::streamoff>(random() % fs::file_size(file)));
      damaged.write("damaged!", 8);
    }
  }
  std::ofstream(directory(0) + "/messages%3aprocessed/000999.blocks") << std::string(1 << 20, 'r');
  start_group(2, kSlow);
  EXPECT_TRUE(says(*nodes_[2], "000999.blocks is no file of blocks")) << nodes_[2]->err();
  EXPECT_EQ(files_of(0, "000999.blocks.unreadable").size(), 1U);
  EXPECT_EQ(publisher_->wait(60s), 0) << publisher_->err();
  receipts_.erase(receipts_.begin());
  audit_everything();
}

TEST_F(JournalFiles, TheGroupWaitsForAJournalWhoseNodeIsAway) {
  start_group(1, {"--processor", "delay:20ms"});
  publish(500, 20'000);
  kill_all();
  const auto lacks = missing();
  EXPECT_GT(lacks, 100);
  start_with_journal(1);
  EXPECT_TRUE(wait_until([&] { return group().lists(nodes_[1]->pid()); }, kPatience));
  std::this_thread::sleep_for(4s);  // a lease, a replay window, and again as much
  EXPECT_EQ(client_.integer({"XLEN", "tributary:{messages:processed}:losses"}), 0) << nodes_[1]->err();
  EXPECT_EQ(missing(), lacks);
  const auto status = run_tributary("status", redis_);
  EXPECT_NE(status.out.find("waiting   for the journal of "), std::string::npos) << status.out;
  start_with_journal(0);
  audit_everything();
}

TEST_F(JournalFiles, ForgottenTheJournalOfADeadNodeIsDeclared) {
  start_group(1, {"--processor", "delay:20ms"});
  publish(500, 20'000);
  kill_all();
  EXPECT_GT(missing(), 100);
  start_with_journal(1);
  EXPECT_TRUE(wait_until([&] { return group().lists(nodes_[1]->pid()); }, kPatience));
  const auto is_away = [&] {
    return run_tributary("status", redis_).out.find("waiting   for the journal of ") != std::string::npos;
  };
  EXPECT_TRUE(wait_until(is_away, kPatience));  // a lease after it was killed
  const auto nowhere = run_tributary("forget", redis_, {"nowhere"});
  EXPECT_EQ(nowhere.status, 1);
  EXPECT_NE(nowhere.err.find("waits for no journal of \"nowhere\"; it waits for those of "),
            std::string::npos)
      << nowhere.err;
  char host[256] = {};
  ASSERT_EQ(::gethostname(host, sizeof host - 1), 0);
  const auto forgotten = run_tributary("forget", redis_, {host});
  EXPECT_EQ(forgotten.status, 0) << forgotten.err;
  EXPECT_TRUE(wait_until(
      [&] {
        return client_.integer({"XLEN", "tributary:{messages:processed}:losses"}) > 0;
      },
      kPatience));
  start_with_journal(0);  // too late
  EXPECT_TRUE(wait_until([&] { return group().lists(nodes_[2]->pid()); }, kPatience));
  stop_nodes();
  EXPECT_GT(missing(), 100);
  EXPECT_EQ(verify_receipts().count("duplicated"), 0);
}

}  // namespace
}  // namespace tributary::test
