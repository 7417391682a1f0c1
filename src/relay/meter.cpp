#include "relay/meter.hpp"

#include <algorithm>

namespace tributary::relay {
namespace {

CommitResult result_of(const group::Answer& answer) {
  using Kind = group::Answer::Kind;
  using Status = group::CommitAnswer::Status;
  switch (answer.kind) {
    case Kind::refused:
      return CommitResult::refused;
    case Kind::unknown:
      return CommitResult::unknown;
    case Kind::unsettled:
      return CommitResult::unsettled;
    case Kind::in_part:
      return CommitResult::in_part;
    case Kind::values:
      break;
  }
  switch (group::read_commit_answer(answer).status) {
    case Status::ok:
      return CommitResult::ok;
    case Status::gap:
    case Status::changed:
      return CommitResult::gap;
    case Status::fenced:
      return CommitResult::fenced;
    case Status::gone:
      return CommitResult::gone;
    case Status::failed:
      return CommitResult::failed;
    case Status::other_identity:
      return CommitResult::other_server;
    case Status::none:
      break;
  }
  return CommitResult::unknown;
}

}  // namespace

const char* name_of(CommitResult result) {
  switch (result) {
    case CommitResult::ok:
      return "ok";
    case CommitResult::gap:
      return "gap";
    case CommitResult::fenced:
      return "fenced";
    case CommitResult::gone:
      return "gone";
    case CommitResult::other_server:
      return "other_server";
    case CommitResult::failed:
      return "failed";
    case CommitResult::refused:
      return "refused";
    case CommitResult::unsettled:
      return "unsettled";
    case CommitResult::in_part:
      return "in_part";
    case CommitResult::unknown:
      break;
  }
  return "unknown";
}

Meter::Results Meter::never_yet() {
  Results results;
  for (const auto way : {group::CommitWay::script, group::CommitWay::transaction}) {
    for (auto result = CommitResult::ok; result <= CommitResult::unknown;
         result = static_cast<CommitResult>(static_cast<int>(result) + 1))
      results[{way, result}] = 0;
  }
  return results;
}

void Meter::note_received(const group::Node& node) {
  const auto* view = node.growing();
  if (view != nullptr) arrivals_.note(view->view.id, view->journal.count(), now_us());
}

void Meter::answered(group::CallId id, const group::Answer& answer, const group::Node& node) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  const auto commit = found->second;
  open_.erase(found);
  const auto result = result_of(answer);
  ++results_[{commit.way, result}];
  const auto now = now_us();
  round_trip_s_.add(static_cast<double>(now - commit.sent_us) / 1e6);
  if (result != CommitResult::ok) return;
  commit_messages_.add(static_cast<double>(commit.end - commit.first));
  dead_lettered_ += commit.dead_lettered;
  dropped_ += commit.dropped;
  count_ages(commit, node, now);
}

// Exactly: of each time at which some of them came, how many did.
void Meter::count_ages(const Commit& commit, const group::Node& node, std::int64_t now) {
  const auto* view = node.held(commit.lane.view);
  if (view == nullptr || commit.end == commit.first) return;
  const auto& journal = view->journal;
  const auto lane = commit.lane.index;
  auto done = commit.first;
  arrivals_.each(commit.lane.view, journal.position_of(lane, commit.first),
                 journal.position_of(lane, commit.end - 1), [&](std::int64_t at, std::uint64_t last) {
                   const auto rank = std::min(journal.rank_at(lane, last), commit.end);
                   if (rank > done) commit_age_s_.add(static_cast<double>(now - at) / 1e6, rank - done);
                   done = std::max(done, rank);
                 });
}

void Meter::connection_lost() {
  for (const auto& [id, commit] : open_) ++results_[{commit.way, CommitResult::unknown}];
  open_.clear();
}

// The journal may be asked again for all that it holds: by who takes over a lane, or if the server goes back in time.
void Meter::tidy(const group::Node& node) {
  arrivals_.keep_only([&](const group::ViewId& view) { return node.held(view) != nullptr; });
  for (const auto& held : node.held_views()) {
    auto lowest = held.journal.count();
    for (std::uint32_t lane = 0; lane < held.journal.lane_count(); ++lane) {
      const auto& log = held.journal.lane(lane);
      if (held.journal.given_up(lane) || log.first() == log.end()) continue;
      lowest = std::min(lowest, held.journal.position_of(lane, log.first()));
    }
    arrivals_.forget_below(held.view.id, lowest);
  }
}

std::optional<double> Meter::oldest_uncommitted_s(const group::Node& node) const {
  std::optional<std::int64_t> oldest;
  for (const auto& work : node.works()) {
    const auto* view = node.held(work.lane.view);
    if (view == nullptr || work.acknowledged >= view->journal.lane(work.lane.index).end()) continue;
    const auto at =
        arrivals_.at(work.lane.view, view->journal.position_of(work.lane.index, work.acknowledged));
    if (at && (!oldest || *at < *oldest)) oldest = at;
  }
  if (!oldest) return std::nullopt;
  return static_cast<double>(now_us() - *oldest) / 1e6;
}

}  // namespace tributary::relay
