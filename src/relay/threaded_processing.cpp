#include <algorithm>
#include <map>

#include "core/base/check.hpp"
#include "process/entries.hpp"
#include "relay/consumer_pool.hpp"
#include "relay/position_text.hpp"

namespace tributary::relay {
namespace {

constexpr std::uint64_t kLongestRun = 32;
constexpr std::uint64_t kWindowPerConsumer = 128;  // results that may wait for an earlier one
constexpr std::size_t kMostBytesInCommit = 4u << 20;
constexpr std::size_t kMostBytesInRun = 1u << 20;

class ThreadedProcessing final : public Processing {
 public:
  ThreadedProcessing(const ProcessingSettings& settings, std::function<void()> wake)
      : settings_(settings), pool_(settings, std::move(wake)) {}

  void advance(group::Node& node, TimeMs now) override {
    forget_dropped(node);
    for (auto& work : node.works()) {
      const group::HeldView* view = node.held(work.lane.view);
      if (!view) continue;
      Lane& lane = lane_of(work);
      while (!lane.runs.empty() && lane.runs.front()->end() <= work.acknowledged) {
        lane.base = lane.runs.front()->end();
        lane.runs.pop_front();
      }
      time_out(lane, work.owner.text, now);
      work.ready = completed(lane, work.acknowledged);
      if (!node.paused()) hand_out(lane, work, *view);
    }
  }

  // Always for the script: with processors that take their time, the server is not what limits the rate.
  void entries(const group::CommitPlan& plan, const group::HeldView& view, bool,
               CommitEntries& entries) override {
    const Lane& lane = lanes_.at(plan.serial);
    const auto first = std::find_if(lane.runs.begin(), lane.runs.end(),
                                    [&](const auto& run) { return run->end() > plan.first; });
    TRIBUTARY_CHECK(first != lane.runs.end());
    const auto start = (*first)->first;  // may lie before the plan: the script skips what is in already
    entries.after = start == 0 ? 0 : view.journal.slots().position_of(plan.lane.index, start - 1);
    entries.end = plan.first;
    arguments_.clear();
    entries.argument_count = 0;
    for (auto run = first; run != lane.runs.end(); ++run) {
      const std::lock_guard lock((*run)->mutex);
      if ((*run)->done < (*run)->positions.size()) break;
      if (run != first && ((*run)->end() > plan.end || arguments_.size() > kMostBytesInCommit)) break;
      arguments_ += (*run)->arguments;
      entries.argument_count += (*run)->argument_count;
      entries.end = (*run)->end();
    }
    TRIBUTARY_CHECK(entries.end > plan.first);
    entries.arguments = arguments_;
  }

  bool stuck() const override { return pool_.stuck(); }
  std::uint32_t busy() const override { return pool_.busy(); }
  void set_consumers(std::uint32_t consumers) override {
    settings_.consumers = std::max(consumers, 1u);
    pool_.resize(settings_.consumers);
  }
  std::vector<std::uint32_t> active(TimeMs now) const override {
    return pool_.active(now, settings_.timeout_ms > 0 ? settings_.timeout_ms : settings_.hanging_ms);
  }

 private:
  struct Lane {
    std::deque<std::shared_ptr<Run>> runs;  // in order, without holes
    std::uint64_t base = 0;                 // rank of the first run
    std::uint64_t next = 0;                 // rank to hand out next
  };

  Lane& lane_of(const group::LaneWork& work) {
    auto [found, is_new] = lanes_.try_emplace(work.serial);
    Lane& lane = found->second;
    if (is_new || work.acknowledged < lane.base || work.acknowledged > lane.next) {
      lane.runs.clear();                          // who still works on them does so in vain
      lane.base = lane.next = work.acknowledged;  // Redis went back in time: processed again from there
    }
    return lane;
  }

  void forget_dropped(group::Node& node) {
    std::erase_if(lanes_, [&](const auto& entry) {
      return std::none_of(node.works().begin(), node.works().end(),
                          [&](const auto& work) { return work.serial == entry.first; });
    });
  }

  std::uint64_t completed(const Lane& lane, std::uint64_t from) {
    auto ready = from;
    for (const auto& run : lane.runs) {
      const std::lock_guard lock(run->mutex);
      if (run->done < run->positions.size()) break;
      ready = run->end();
    }
    return ready;
  }

  void hand_out(Lane& lane, const group::LaneWork& work, const group::HeldView& view) {
    const auto& log = view.journal.lane(work.lane.index);
    const auto window = lane.base + kWindowPerConsumer * settings_.consumers;
    while (lane.next >= log.first() && lane.next < std::min(log.end(), window) &&
           pool_.waiting() < settings_.consumers) {
      const auto left = std::min(log.end(), window) - lane.next;
      const auto share = left / (2 * settings_.consumers);  // short runs while there is little to share
      auto run = make_run(view, work.lane.index, lane.next, std::clamp<std::uint64_t>(share, 1, kLongestRun));
      lane.next = run->end();
      lane.runs.push_back(run);
      pool_.hand_in(std::move(run), work.owner.text, false);
    }
  }

  static std::shared_ptr<Run> make_run(const group::HeldView& view, std::uint32_t index, std::uint64_t first,
                                       std::uint64_t count) {
    auto run = std::make_shared<Run>();
    run->lane = {view.view.id, index};
    run->first = first;
    for (auto rank = first; rank < first + count && run->payloads.size() < kMostBytesInRun; ++rank) {
      run->payloads += view.journal.lane(index).payload(rank);
      run->ends.push_back(run->payloads.size());
      run->positions.push_back(view.journal.slots().position_of(index, rank));
    }
    run->payloads.append(kPayloadPadding, '\0');
    return run;
  }

  // A message that is processed for too long becomes a dead letter; what came before it in its run counts,
  // what comes behind it is handed to somebody else. The thread cannot be stopped: it is replaced, and ends
  // if it ever returns.
  void time_out(Lane& lane, const std::string& member, TimeMs now) {
    if (settings_.timeout_ms == 0) return;
    for (std::size_t i = 0; i < lane.runs.size(); ++i) {
      const auto run = lane.runs[i];
      std::shared_ptr<Run> before, rest;
      {
        const std::lock_guard lock(run->mutex);
        if (run->message_started < 0 || now - run->message_started < settings_.timeout_ms) continue;
        if (!pool_.replace(run->number)) return;
        run->abandoned = true;
        before = std::make_shared<Run>();
        rest = std::make_shared<Run>();
        split(*run, *before, *rest);
      }
      lane.runs[i] = before;
      if (rest->positions.empty()) continue;
      lane.runs.insert(lane.runs.begin() + static_cast<std::ptrdiff_t>(i) + 1, rest);
      pool_.hand_in(rest, member, true);
    }
  }

  void split(const Run& run, Run& before, Run& rest) const {
    const auto hanging = run.done;
    before.lane = rest.lane = run.lane;
    before.first = run.first;
    before.positions.assign(run.positions.begin(),
                            run.positions.begin() + static_cast<std::ptrdiff_t>(hanging) + 1);
    before.arguments = run.arguments;
    before.argument_count = run.argument_count;
    before.done = hanging + 1;
    PositionText position(run.lane.view);
    process::EntryRuns letter;
    const auto reason = "processing took longer than " + std::to_string(settings_.timeout_ms) + " ms";
    process::PayloadParser parser;
    const bool good = parser.parse(run.payload(hanging));
    const auto id = good ? std::optional(parser.parsed().message_id) : std::nullopt;
    letter.dead({id, run.payload(hanging), reason, 1, run.consumer, position(run.positions[hanging])});
    letter.finish();
    before.arguments += letter.bytes();
    before.argument_count += letter.arguments();

    rest.first = run.first + hanging + 1;
    for (auto i = hanging + 1; i < run.positions.size(); ++i) {
      rest.positions.push_back(run.positions[i]);
      rest.payloads += run.payload(i);
      rest.ends.push_back(rest.payloads.size());
    }
    rest.payloads.append(kPayloadPadding, '\0');
  }

  ProcessingSettings settings_;
  ConsumerPool pool_;
  std::map<std::uint64_t, Lane> lanes_;
  std::string arguments_;  // of the commit being made
};

}  // namespace

std::unique_ptr<Processing> make_threaded_processing(const ProcessingSettings& settings,
                                                     std::function<void()> wake) {
  return std::make_unique<ThreadedProcessing>(settings, std::move(wake));
}

}  // namespace tributary::relay
