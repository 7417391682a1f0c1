#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "core/base/check.hpp"
#include "relay/consumer_pool.hpp"
#include "relay/lane_runs.hpp"
#include "relay/position_text.hpp"

namespace tributary::relay {
namespace {

using Level = group::Report::Level;

constexpr std::uint64_t kLongestRun = 32;
constexpr std::uint64_t kWindowPerConsumer = 512;  // results that may wait for an earlier one
constexpr std::size_t kMostBytesInCommit = 4u << 20;

class ThreadedProcessing final : public Processing {
 public:
  ThreadedProcessing(const ProcessingSettings& settings, std::function<void()> wake)
      : settings_(settings), pool_(settings, std::move(wake)) {}

  void advance(group::Node& node, TimeMs now) override {
    abandon_dropped(node);
    look_after_consumers(now);
    if (const auto line = pool_.kept().news(now)) {
      reports_.push_back({line->present ? Level::warning : Level::info,
                          line->present ? "processor_fails"_event : "processor_works"_event, line->text});
    }
    const auto alone = careful_lane(node);
    resize_pool();
    for (auto& work : node.works()) {
      const group::HeldView* view = node.held(work.lane.view);
      if (!view) continue;
      auto& lane = lanes_[work.lane];
      auto& runs = lane.runs;
      runs.follow(work.acknowledged, window());
      work.ready = runs.completed();
      const bool by_key = view->journal.keys().has_value();
      const bool others_alone = alone && (by_key ? *alone != work.lane : *alone < work.lane);
      if (node.paused() || work.waits || others_alone) continue;
      if (by_key && lane.consumers == 0) lane.consumers = settings_.consumers;
      hand_out(lane, work, *view, now);
    }
  }

  // Always for the script: with processors that take their time, the server is not what limits the rate.
  void entries(const group::CommitPlan& plan, const group::HeldView&, bool, CommitEntries& entries) override {
    const auto& runs = lanes_.at(plan.lane).runs;
    auto run = runs.covering(plan.first);
    TRIBUTARY_CHECK(run != nullptr);
    entries.after = run->after;  // may lie before the plan: the script skips what is in already
    entries.end = plan.first;
    arguments_.clear();
    entries.argument_count = entries.dead_lettered = entries.dropped = 0;
    for (; run && run->complete(); run = runs.covering(entries.end)) {
      const bool first = entries.end == plan.first;
      if (!first && (run->end() > plan.end || arguments_.size() > kMostBytesInCommit)) break;
      arguments_ += run->arguments;  // of a complete run nothing changes any more
      entries.argument_count += run->argument_count;
      entries.dead_lettered += run->dead_lettered;
      entries.dropped += run->dropped;
      entries.end = run->end();
    }
    TRIBUTARY_CHECK(entries.end > plan.first);
    entries.arguments = arguments_;
  }

  bool hanging() const override { return hanging_; }
  std::string kept(TimeMs now) const override { return pool_.kept().text(now); }
  bool end() override { return pool_.end(); }
  std::vector<group::Report> take_reports() override { return std::exchange(reports_, {}); }
  std::uint32_t busy() const override { return pool_.busy(); }
  void set_consumers(std::uint32_t consumers) override {
    settings_.consumers = std::max(consumers, 1u);
    resize_pool();
  }
  std::vector<std::uint32_t> active(TimeMs now) const override { return pool_.active(now, longest_ms()); }

 private:
  struct Lane {
    LaneRuns runs;
    std::uint64_t seen = 0;       // the round in which the node last worked on it
    std::uint32_t consumers = 0;  // by keys: that its keys are dealt out to; 0: none yet
  };

  std::uint64_t window() const { return kWindowPerConsumer * settings_.consumers; }
  // So long at one message counts as hanging.
  TimeMs longest_ms() const { return settings_.timeout_ms > 0 ? settings_.timeout_ms : settings_.hanging_ms; }

  // Results depend on nothing but the lane's messages, so they are kept as long as the node works on the
  // lane, whatever happened to its connections and member id meanwhile.
  void abandon_dropped(group::Node& node) {
    ++round_;
    for (const auto& work : node.works()) lanes_[work.lane].seen = round_;
    std::erase_if(lanes_, [&](const auto& entry) {
      if (entry.second.seen == round_) return false;
      entry.second.runs.abandon();
      return true;
    });
  }

  // The lane whose messages are come upon one at a time, if there is one: nothing behind it is at work meanwhile. Lanes of one
  // view that has keys go on side by side, so there it is alone.
  static std::optional<group::LaneId> careful_lane(const group::Node& node) {
    for (const auto& work : node.works()) {
      const group::HeldView* view = node.held(work.lane.view);
      if (!view || work.waits) continue;
      const auto left = view->journal.lane(work.lane.index).end();
      if (work.acknowledged < std::min(work.careful_below, left)) return work.lane;
    }
    return std::nullopt;
  }

  // By keys, each key has its consumer: a lane keeps the number of them that it began with, and so long there are as many. The
  // number changes with the view, and no two lanes with the same key are at work together.
  void resize_pool() {
    auto most = settings_.consumers;
    for (const auto& [id, lane] : lanes_) most = std::max(most, lane.consumers);
    pool_.resize(most);
  }

  // How many of the messages from `first` on have the same consumer, and which it is.
  static std::pair<std::uint32_t, std::uint64_t> with_one_consumer(const journal::Journal& journal,
                                                                   std::uint32_t lane,
                                                                   std::uint32_t consumers,
                                                                   std::uint64_t first, std::uint64_t end) {
    const auto consumer_of = [&](std::uint64_t rank) {
      const auto key = journal.key_of(lane, rank);
      return key == journal::kNoKey ? 0u : key % consumers + 1;
    };
    const auto consumer = consumer_of(first);
    auto rank = first + 1;
    while (rank < end && consumer_of(rank) == consumer) ++rank;
    return {consumer, rank};
  }

  void hand_out(Lane& lane, const group::LaneWork& work, const group::HeldView& view, TimeMs now) {
    auto& runs = lane.runs;
    const auto& log = view.journal.lane(work.lane.index);
    const bool careful = work.acknowledged < work.careful_below;
    const auto limit = std::min(log.end(), work.acknowledged + (careful ? 1 : window()));
    if (careful && work.deaths >= group::kMostDeaths) return give_up_poison(runs, work, view);
    // If this node dies, it shall be of that message; one that hangs is not waited for.
    if (careful && pool_.busy() + pool_.waiting() > pool_.at_message(now, longest_ms()).size()) return;
    // By keys, a consumer that is slow holds up only its own: all that may be handed out is.
    const bool by_key = view.journal.keys().has_value();
    while (by_key || pool_.waiting() < settings_.consumers) {
      const auto hole = runs.next_hole(limit);
      if (hole.empty() || hole.first < log.first()) return;
      const auto share =
          (limit - hole.first) / (2 * settings_.consumers);  // short runs while there is little to share
      auto end = std::min(
          hole.end, hole.first + (by_key ? kLongestRun : std::clamp<std::uint64_t>(share, 1, kLongestRun)));
      std::uint32_t consumer = 0;
      if (by_key)
        std::tie(consumer, end) =
            with_one_consumer(view.journal, work.lane.index, lane.consumers, hole.first, end);
      auto run = make_run(view, work.lane, work.owner.text, hole.first, end);
      run->only_by = consumer;
      runs.add(run);
      pool_.hand_in(std::move(run), false);
    }
  }

  // In place of handing it to a consumer.
  void give_up_poison(LaneRuns& runs, const group::LaneWork& work, const group::HeldView& view) {
    const auto hole = runs.next_hole(work.acknowledged + 1);
    if (hole.empty() || !view.journal.lane(work.lane.index).holds(hole.first)) return;
    const auto run = make_run(view, work.lane, work.owner.text, hole.first, hole.first + 1);
    runs.add(
        give_up_message(*run, settings_.format, 1, process::poison_reason(work.deaths), work.deaths).before);
  }

  void look_after_consumers(TimeMs now) {
    for (const auto& [consumer, run] : pool_.at_message(now, longest_ms())) {
      const std::lock_guard lock(run->mutex);
      if (run->message_started < 0 || now - run->message_started < longest_ms()) continue;  // it came back
      if (run->abandoned()) {
        pool_.replace(consumer);
      } else if (settings_.timeout_ms == 0) {
        warn(consumer, *run);
      } else if (pool_.may_replace()) {
        time_out(*run, consumer);
        pool_.replace(consumer);  // now that what the new thread is to begin with waits in front
      }
    }
    const bool hanging = !pool_.may_replace() && pool_.active(now, longest_ms()).empty();
    if (std::exchange(hanging_, hanging) != hanging) report_hanging();
  }

  // A message that is processed for too long becomes a dead letter; what came before it in its run counts,
  // what comes behind it is handed to somebody else.
  void time_out(const Run& run, std::uint32_t consumer) {
    const auto parts =
        give_up_message(run, settings_.format, consumer,
                        "processing took longer than " + std::to_string(settings_.timeout_ms) + " ms", 1);
    lanes_.at(run.lane).runs.replace(run, parts);
    if (parts.rest) pool_.hand_in(parts.rest, true);
  }

  // Once for each message.
  void warn(std::uint32_t consumer, const Run& run) {
    PositionText position(run.lane.view);
    std::string at(position(run.positions[run.message]));
    auto& warned = warned_[consumer];
    if (warned == at) return;
    reports_.push_back({Level::warning,
                        "consumer_hangs"_event,
                        "consumer " + std::to_string(consumer) + " has been at one message for " +
                            std::to_string(settings_.hanging_ms / 1000) + " s (position " + at +
                            "); set --processing-timeout to give up on such messages",
                        {{"consumer", consumer}, {"position", at}}});
    warned = std::move(at);
  }

  void report_hanging() {
    if (!hanging_) {
      return reports_.push_back(
          {Level::info, "consumers_back"_event, "the processor returned; consumers are working again"});
    }
    const auto consumers = settings_.consumers;
    const auto stuck = std::to_string(pool_.stuck());
    const auto who =
        consumers == 1 ? "the only consumer hangs" : "all " + std::to_string(consumers) + " consumers hang";
    const auto more = ", and so do " + stuck + " threads that were replaced";
    reports_.push_back({Level::warning, "consumers_hang"_event,
                        who + " in the processor" + more +
                            ": no more are started, and nothing is processed here until one returns; check "
                            "what the processor is waiting for"});
  }

  ProcessingSettings settings_;
  std::map<group::LaneId, Lane> lanes_;
  std::uint64_t round_ = 0;
  std::string arguments_;  // of the commit being made
  bool hanging_ = false;
  std::map<std::uint32_t, std::string> warned_;  // by consumer: the position it was last warned of
  std::vector<group::Report> reports_;
  ConsumerPool pool_;  // last: its threads end first
};

}  // namespace

std::unique_ptr<Processing> make_threaded_processing(const ProcessingSettings& settings,
                                                     std::function<void()> wake) {
  return std::make_unique<ThreadedProcessing>(settings, std::move(wake));
}

}  // namespace tributary::relay
