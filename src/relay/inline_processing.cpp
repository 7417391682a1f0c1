#include <algorithm>
#include <numeric>

#include "process/entries.hpp"
#include "relay/position_text.hpp"
#include "relay/processing.hpp"

namespace tributary::relay {
namespace {

constexpr std::uint64_t kTurn = 32;  // messages that a consumer takes in a row
constexpr std::size_t kMostBytesInTransaction =
    1u << 20;  // stays in the caches of the server: twice as fast as 4 MiB
constexpr std::size_t kMostBytesInCommit = 4u << 20;  // a commit keeps the server busy; other clients wait

class InlineProcessing final : public Processing {
 public:
  explicit InlineProcessing(const ProcessingSettings& settings)
      : consumers_(settings.consumers),
        meter_(settings.meter),
        pipeline_(settings.factory(), metered(settings), "", settings.format),
        runs_(settings.id_window_ms > 0),
        output_stream_(settings.output_stream),
        commands_(settings.output_stream, settings.dead_letter_stream) {}

  void use_dead_letter_stream(const std::string& name) override {
    commands_ = process::EntryCommands(output_stream_, name);
  }

  void advance(group::Node&, TimeMs) override {}
  void set_consumers(std::uint32_t consumers) override { consumers_ = std::max(consumers, 1u); }
  std::uint32_t busy() const override { return 0; }
  std::vector<std::uint32_t> active(TimeMs) const override {
    std::vector<std::uint32_t> all(consumers_);
    std::iota(all.begin(), all.end(), 1);
    return all;
  }

  void entries(const group::CommitPlan& plan, const group::HeldView& view, bool may_settle,
               CommitEntries& entries) override {
    entries.after = plan.after;
    entries.commands = nullptr;
    if (plan.poisoned) return give_up(plan, view, entries);
    if (may_settle && pays_for_a_transaction(plan, view)) {
      commands_.clear();
      entries.end = process(plan, view, commands_, kMostBytesInTransaction);
      entries.last = view.journal.position_of(plan.lane.index, entries.end - 1);
      if (commands_.commands() > 0) {
        entries.commands = &commands_;
        entries.dead_lettered = commands_.dead_lettered().count;
        entries.dropped = entries.end - plan.first - commands_.commands();
        return;
      }
      PositionText position(plan.lane.view);
      runs_.clear();
      runs_.drop(position(entries.last));  // a processor dropped them all: only the position moves
    } else {
      runs_.clear();
      entries.end = process(plan, view, runs_, kMostBytesInCommit);
    }
    hand_over(entries);
  }

 private:
  static process::RetrySettings metered(const ProcessingSettings& settings) {
    auto retries = settings.retries;
    if (settings.meter) {
      retries.on_retry = [meter = settings.meter](unsigned failed_attempts, const std::string&) {
        if (failed_attempts > 0) meter->failed_attempt();
      };
    }
    return retries;
  }

  void hand_over(CommitEntries& entries) {
    runs_.finish();
    entries.arguments = runs_.bytes();
    entries.argument_count = runs_.arguments();
    entries.dead_lettered = runs_.dead_lettered();
    entries.dropped = runs_.dropped();
  }

  void give_up(const group::CommitPlan& plan, const group::HeldView& view, CommitEntries& entries) {
    PositionText position(plan.lane.view);
    const auto rank = plan.first;
    const auto record = view.journal.lane(plan.lane.index).payload(rank);
    runs_.clear();
    process::give_up(pipeline_.format(), process::split_record(pipeline_.format(), record),
                     process::poison_reason(group::kMostDeaths), group::kMostDeaths, plan.owner.text + ".1",
                     position(view.journal.position_of(plan.lane.index, rank)), runs_);
    entries.end = rank + 1;
    hand_over(entries);
  }

  // What a transaction costs the server more than the script, and what the script costs it more for each
  // entry and byte: measured (docs/performance.md).
  static bool pays_for_a_transaction(const group::CommitPlan& plan, const group::HeldView& view) {
    constexpr std::uint64_t kFixed = 12 << 10, kForEachEntry = 64;
    std::uint64_t worth = 0;
    view.journal.lane(plan.lane.index)
        .each(plan.first, plan.end, [&](std::uint64_t, std::string_view payload) {
          worth += kForEachEntry + payload.size();
          return worth < kFixed;
        });
    return worth >= kFixed;
  }

  template <class Sink>
  std::uint64_t process(const group::CommitPlan& plan, const group::HeldView& view, Sink& sink,
                        std::size_t most_bytes) {
    const auto& journal = view.journal;
    PositionText position(plan.lane.view);
    const auto began = meter_ ? now_us() : 0;
    const auto end =
        view.journal.lane(plan.lane.index)
            .each(plan.first, plan.end, [&](std::uint64_t rank, std::string_view bytes) {
              if (sink.size() >= most_bytes) return false;
              if (rank == plan.first || rank % kTurn == 0) {
                pipeline_.set_consumer(plan.owner.text + "." + std::to_string(rank / kTurn % consumers_ + 1));
              }
              pipeline_.process(process::split_record(pipeline_.format(), bytes),
                                position(journal.position_of(plan.lane.index, rank)), sink);
              return true;
            });
    if (meter_ && end > plan.first) meter_->took(now_us() - began, end - plan.first);
    return end;
  }

  std::uint32_t consumers_;
  std::shared_ptr<ProcessingMeter> meter_;
  process::MessagePipeline pipeline_;
  process::EntryRuns runs_;
  std::string output_stream_;
  process::EntryCommands commands_;
};

}  // namespace

std::unique_ptr<Processing> make_inline_processing(const ProcessingSettings& settings) {
  return std::make_unique<InlineProcessing>(settings);
}

}  // namespace tributary::relay
