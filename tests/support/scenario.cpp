#include "support/scenario.hpp"

#include <signal.h>

#include <algorithm>
#include <stdexcept>

#include "cli/audit/ledger.hpp"

namespace tributary::test {

using namespace std::chrono_literals;

Flags quick_times() { return {"--lease", "500ms", "--beat", "100ms", "--replay-window", "1200ms"}; }

std::int64_t AuditResult::count(std::string_view name) const {
  const auto* const value = counts.if_contains(name);
  return value ? value->to_number<std::int64_t>() : -1;
}

TributaryNode& Scenario::launch_node(const Flags& flags, const std::vector<std::string>& environment) {
  Flags all = quick_times();  // of a flag given twice the last one counts
  all.insert(all.end(), input_flags_.begin(), input_flags_.end());
  all.insert(all.end(), flags.begin(), flags.end());
  return *nodes_.emplace_back(std::make_unique<TributaryNode>(redis_, all, environment));
}

TributaryNode& Scenario::start_node(const Flags& flags, const std::vector<std::string>& environment) {
  auto& node = launch_node(flags, environment);
  EXPECT_TRUE(wait_until([&] { return group().lists(node.pid()) || !node.running(); }, kPatience));
  EXPECT_TRUE(node.running()) << node.err();
  return node;
}

TributaryNode& Scenario::start_agent(const Flags& flags) {
  receipts_.push_back(files_.file("receipts-" + std::to_string(receipts_.size())));
  Flags all = quick_times();
  all.insert(all.end(), {"--receipts", receipts_.back()});
  all.insert(all.end(), flags.begin(), flags.end());
  auto& node = *nodes_.emplace_back(std::make_unique<TributaryNode>(redis_, all, Flags{}, "agent"));
  EXPECT_TRUE(wait_until([&] { return group().lists(node.pid()) || !node.running(); }, kPatience));
  EXPECT_TRUE(node.running()) << node.err();
  return node;
}

void Scenario::start_nodes(int count, const Flags& flags) {
  for (int i = 0; i < count; ++i) {
    receipts_.push_back(files_.file("receipts-" + std::to_string(receipts_.size())));
    Flags all = {"--receipts", receipts_.back()};
    all.insert(all.end(), flags.begin(), flags.end());
    start_node(all);
  }
  leader();
}

TributaryNode& Scenario::leader() {
  TributaryNode* found = nullptr;
  const auto leads = [&] {
    const auto pid = pid_of(group().leader);
    for (const auto& node : nodes_) {
      if (node->pid() == pid && node->running()) found = node.get();
    }
    return found != nullptr;
  };
  if (!wait_until(leads, kPatience)) throw std::runtime_error("no node leads");
  return *found;
}

TributaryNode& Scenario::follower() {
  const auto leading = leader().pid();
  for (const auto& node : nodes_) {
    if (node->pid() != leading && node->running()) return *node;
  }
  throw std::runtime_error("no node follows");
}

void Scenario::start_publishing(int count, int rate, const Flags& flags) {
  Flags all = redis_.client_launcher();
  all.insert(all.end(), {tributary_binary(), "publish", "--redis-url", redis_.url(), "--ledger", ledger_,
                         "--count", std::to_string(count), "--rate", std::to_string(rate)});
  all.insert(all.end(), input_flags_.begin(), input_flags_.end());
  all.insert(all.end(), flags.begin(), flags.end());
  publisher_ = std::make_unique<ChildProcess>(all, clean_environment());
}

void Scenario::publish(int count, int rate, const Flags& flags) {
  start_publishing(count, rate, flags);
  EXPECT_EQ(publisher_->wait(60s), 0) << publisher_->err();
}

void Scenario::finish_publishing() {
  EXPECT_EQ(publisher_->wait(60s), 0) << publisher_->err();
  std::int64_t wanted = 0;
  EXPECT_TRUE(cli::read_ledger(ledger_, [&](const cli::Publication& publication) {
    if (publication.receivers.value_or(0) > 0) ++wanted;
  }));
  const auto done = [&] { return appended() + entries_added(client_, dead_letters_); };
  EXPECT_TRUE(wait_until([&] { return done() >= wanted; }, kPatience)) << done() << " of " << wanted;
}

void Scenario::wait_for_entries(std::int64_t least) {
  EXPECT_TRUE(wait_until([&] { return appended() >= least; }, kPatience)) << appended();
}

void Scenario::stop_nodes() {
  for (const auto& node : nodes_) node->signal(SIGTERM);
  for (const auto& node : nodes_) {
    const bool killed_before = node->wait(0ms) == 128 + SIGKILL;
    if (killed_before) continue;
    EXPECT_EQ(node->wait(kPatience), 0) << node->err();
  }
}

AuditResult Scenario::verify(const Flags& flags) {
  Flags all = {"--json"};
  all.insert(all.end(), flags.begin(), flags.end());
  const auto run = run_tributary("verify", redis_, all);
  AuditResult result{run.status, run.out + run.err, {}};
  boost::json::error_code error;
  const auto json = boost::json::parse(run.out, error);
  if (!error && json.is_object()) result.counts = json.as_object();
  return result;
}

AuditResult Scenario::verify_ledger(Flags flags) {
  flags.insert(flags.end(), {"--ledger", ledger_});
  return verify(flags);
}

AuditResult Scenario::verify_receipts(Flags flags) {
  for (const auto& file : receipts_) flags.insert(flags.end(), {"--receipts", file});
  return verify(flags);
}

void Scenario::expect_messages_get_through() {
  const auto before = appended();
  int published = 0;
  const auto through = [&] {
    Flags flags = {"--count", "100", "--rate", "10000", "--keep-going"};
    flags.insert(flags.end(), input_flags_.begin(), input_flags_.end());
    const auto run = run_tributary("publish", redis_, flags);
    return run.status == 0 && (published += 100) > 0 && appended() >= before + 100;
  };
  EXPECT_TRUE(wait_until(through, kPatience)) << appended() << " after " << before << " and " << published;
}

void Scenario::finish_and_audit() {
  finish_publishing();
  stop_nodes();
  const auto audit = verify_ledger();
  expect_clean(audit);
  EXPECT_EQ(audit.count("published"), audit.count("appended") + audit.count("dead_lettered")) << audit.text;
  EXPECT_EQ(audit.count("losses_declared"), 0) << audit.text;
  expect_nothing_left_open();
}

AuditResult Scenario::audit_survivors(const Flags& more) {
  Flags ledgers = {"--ledger", ledger_};
  ledgers.insert(ledgers.end(), more.begin(), more.end());
  const auto audit = [&] { return verify_receipts(ledgers); };
  EXPECT_EQ(publisher_->wait(60s), 0) << publisher_->err();
  EXPECT_TRUE(wait_until([&] { return audit().count("missing") == 0; }, kPatience)) << audit().text;
  stop_nodes();
  const auto end = audit();
  expect_clean(end);
  expect_nothing_left_open();
  return end;
}

void Scenario::expect_nothing_left_open() {
  const auto left = group();
  EXPECT_NE(left.view, "");
  EXPECT_EQ(left.open_lanes, std::vector<std::string>{});
  EXPECT_EQ(left.members.size(), 0U);
  EXPECT_EQ(client_.integer({"EXISTS", consumers_list_, consumers_list_ + ":group"}), 0);
}

void expect_refused(const Flags& flags, int status, const std::string& text) {
  for (const char* const command : {"status", "consume"}) {
    Flags words = {command};
    words.insert(words.end(), flags.begin(), flags.end());
    if (std::string(command) == "consume") words.insert(words.end(), {"--connect-timeout", "300ms"});
    const auto run = run_tributary(words, {}, kPatience);
    EXPECT_EQ(run.status, status) << command << ": " << run.err;
    EXPECT_NE(run.err.find(text), std::string::npos) << command << ": " << run.err;
  }
}

void expect_clean(const AuditResult& audit) {
  EXPECT_EQ(audit.status, 0) << audit.text;
  for (const char* const name : {"missing", "duplicated", "unexpected", "mismatched"}) {
    EXPECT_EQ(audit.count(name), 0) << name << " in " << audit.text;
  }
}

}  // namespace tributary::test
