#include <algorithm>
#include <numeric>

#include "relay/position_text.hpp"
#include "relay/processing.hpp"

namespace tributary::relay {
namespace {

constexpr std::uint64_t kTurn = 32;                   // messages that a consumer takes in a row
constexpr std::size_t kMostBytesInCommit = 4u << 20;  // a commit keeps the server busy; other clients wait

class InlineProcessing final : public Processing {
 public:
  explicit InlineProcessing(const ProcessingSettings& settings)
      : consumers_(settings.consumers), pipeline_(settings.factory(), settings.retries, "") {}

  void advance(group::Node&, TimeMs) override {}
  void set_consumers(std::uint32_t consumers) override { consumers_ = std::max(consumers, 1u); }
  std::uint32_t busy() const override { return 0; }
  std::vector<std::uint32_t> active(TimeMs) const override {
    std::vector<std::uint32_t> all(consumers_);
    std::iota(all.begin(), all.end(), 1);
    return all;
  }

  void entries(const group::CommitPlan& plan, const group::HeldView& view, CommitEntries& entries) override {
    const auto& log = view.journal.lane(plan.lane.index);
    const auto& slots = view.journal.slots();
    PositionText position(plan.lane.view);
    runs_.clear();
    entries.after = plan.after;
    entries.end = log.each(plan.first, plan.end, [&](std::uint64_t rank, std::string_view payload) {
      if (runs_.size() >= kMostBytesInCommit) return false;
      if (rank == plan.first || rank % kTurn == 0) {
        pipeline_.set_consumer(plan.owner.text + "." + std::to_string(rank / kTurn % consumers_ + 1));
      }
      pipeline_.process(payload, position(slots.position_of(plan.lane.index, rank)), runs_);
      return true;
    });
    runs_.finish();
    entries.arguments = runs_.bytes();
    entries.argument_count = runs_.arguments();
  }

 private:
  std::uint32_t consumers_;
  process::MessagePipeline pipeline_;
  process::EntryRuns runs_;
};

}  // namespace

std::unique_ptr<Processing> make_inline_processing(const ProcessingSettings& settings) {
  return std::make_unique<InlineProcessing>(settings);
}

}  // namespace tributary::relay
