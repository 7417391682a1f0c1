#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/base/text.hpp"
#include "core/group/node.hpp"

// One call per interval carries all that a member needs to know; this is what it says and what its answer
// means.
namespace tributary::group {
namespace {

constexpr std::size_t kMostGapsReported = 64;
constexpr TimeMs kHandOverAfterLeases = 4;

// The order in which beat.lua answers with the desired state.
constexpr std::array kDesiredFields = {"state",   "how",        "consumers",       "minimum",
                                       "maximum", "batch_size", "idle_timeout_ms", "changed_by"};

std::string format_active(const std::vector<std::uint32_t>& active) {
  std::string text;
  for (const auto number : active) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text.empty() ? "-" : text;
}

}  // namespace

void Node::send_beat(TimeMs now, bool extra) {
  if (!extra) beat_at_ = now + settings_.beat_ms;
  const HeldView* current = growing();
  // Who stopped reading on purpose, because the journal is full, is not to be taken for dead: that would lose
  // what waits on its connection.
  const auto last_tick = behind_on_purpose_ ? std::max(answered_tick_, last_tick_) : last_tick_;
  const auto ticks_in_lease = std::max<TimeMs>(2, settings_.lease_ms / settings_.beat_ms);
  std::vector<std::string> arguments = {
      settings_.group,
      member_.text,
      nonce_.text,
      std::to_string(last_tick),
      counted_.empty() ? "-" : counted_,
      std::to_string(floor()),
      gaps(),
      lengths(),
      current ? current->view.id.text() + ":" + std::to_string(current->journal.count()) : "-",
      std::to_string(settings_.lease_ms),
      std::to_string(2 * settings_.lease_ms),
      std::to_string(ticks_in_lease),
      nonce(),
      extra ? "0" : "1",
      format_active(active_),
      "received",
      std::to_string(statistics_.received),
      "committed",
      std::to_string(statistics_.committed),
      "backlog",
      std::to_string(backlog()),
      "journal",
      std::to_string(journal_bytes())};
  for (const auto& [field, value] :
       {std::pair<std::string, std::string>("busy", std::to_string(busy_)),
        std::pair<std::string, std::string>("why", why_),
        std::pair<std::string, std::string>("state", paused() ? "paused" : "running")}) {
    arguments.push_back(field);
    arguments.push_back(value);
  }
  if (settings_.capacity > 0) {
    arguments.push_back("capacity");
    arguments.push_back(std::to_string(settings_.capacity));
  }
  for (const auto& [field, value] : settings_.presence) {
    arguments.push_back(field);
    arguments.push_back(value);
  }
  PendingCall beat{};
  if (current && current->nonce == nonce_ && current->view.identity == identity_)
    beat.view = current->view.id;
  call(Script::beat, std::move(arguments), now, std::move(beat));
  if (!declarations_.empty() && !pending(Script::declare)) {
    std::vector<std::string> lines = {settings_.group, member_.text, nonce_.text};
    lines.insert(lines.end(), declarations_.begin(), declarations_.end());
    PendingCall details{};
    details.end = declarations_.size();  // kept until the server has them: a line twice is better than none
    call(Script::declare, std::move(lines), now, std::move(details));
  }
}

// The lowest view for which this node may still be of use. Silence is not "closed": a view that no answer
// spoke of holds it down.
std::uint64_t Node::floor() const {
  if (!marker_read_) return 0;
  std::uint64_t lowest = last_marker_;
  for (const auto& view : held_) {
    bool useful = !view.said;
    for (std::uint32_t lane = 0; !useful && lane < view.lanes.size(); ++lane) {
      useful = view.lanes[lane].open && view.holds_next(lane, view.lanes[lane].position);
    }
    if (useful) lowest = std::min(lowest, view.view.id.number);
  }
  return lowest;
}

// Lanes of which this node holds later messages, but not the next: what lies between is lost if nobody has
// it.
std::string Node::gaps() const {
  std::string text;
  std::size_t reported = 0;
  for (const auto& view : held_) {
    for (std::uint32_t lane = 0; view.said && view.open && lane < view.lanes.size(); ++lane) {
      const auto& log = view.journal.lane(lane);
      if (!view.lanes[lane].open || view.journal.given_up(lane) || log.end() == log.first() ||
          log.first() <= view.rank_at(lane, view.lanes[lane].position) || ++reported > kMostGapsReported) {
        continue;
      }
      text += (text.empty() ? "" : ",") + LaneId{view.view.id, lane}.text() + ":" +
              std::to_string(view.journal.slots().position_of(lane, log.first()));
    }
  }
  return text.empty() ? "-" : text;
}

std::string Node::lengths() const {
  std::string text;
  for (const auto& view : held_) {
    if (!view.length || view.nonce != nonce_) continue;
    const bool unknown = !view.said || std::any_of(view.lanes.begin(), view.lanes.end(),
                                                   [](const auto& lane) { return lane.open && !lane.end; });
    if (!unknown) continue;
    text += (text.empty() ? "" : ",") + view.view.id.text() + ":" + std::to_string(*view.length) + ":";
    for (std::uint32_t lane = 0; lane < view.lanes.size(); ++lane) {
      text += (lane == 0 ? "" : "/") + std::to_string(view.journal.slots().last_position(lane, *view.length));
    }
  }
  return text.empty() ? "-" : text;
}

void Node::read_figures(std::string_view text, Beat& beat) {
  for (const auto entry : split(text, ',')) {
    const auto parts = split(entry, '/');
    Beat::Figures figures;
    if (parts.size() == 5) {
      if (const auto capacity = to_number(parts[0])) figures.capacity = static_cast<std::uint32_t>(*capacity);
      figures.received = to_number(parts[1]).value_or(0);
      figures.committed = to_number(parts[2]).value_or(0);
      figures.backlog = to_number(parts[3]).value_or(0);
      figures.busy = std::strtod(std::string(parts[4]).c_str(), nullptr);
    }
    beat.figures.push_back(figures);
  }
}

std::optional<Node::Beat> Node::read_beat(const Answer& answer) {
  if (answer.status() != "ok" || answer.values.size() < 6) return std::nullopt;
  Beat beat;
  const auto view = ViewId::parse(answer.values[1]);
  const auto tick = to_number(answer.values[3]);
  auto members = parse_members(answer.values[4]);
  if (!view || !tick || !members) return std::nullopt;
  beat.view = *view;
  beat.leader = MemberId(answer.values[2]);
  beat.tick = *tick;
  beat.members = std::move(*members);
  for (const auto word : split(answer.values[5], ' ')) {
    const auto parts = split(word, ':');
    if (parts.size() != 5) return std::nullopt;
    const auto of = ViewId::parse(parts[0]);
    const auto index = to_number(parts[1]);
    const auto position = to_number(parts[3]);
    if (!of || !index || !position) return std::nullopt;
    Beat::Lane lane{{*of, static_cast<std::uint32_t>(*index)}, {}, *position, to_number(parts[4])};
    if (parts[2] != "-") lane.owner = MemberId(std::string(parts[2]));
    beat.lanes.push_back(std::move(lane));
  }
  if (answer.values.size() > 6) read_figures(answer.values[6], beat);
  beat.figures.resize(beat.members.size());
  if (answer.values.size() == 7 + kDesiredFields.size()) {
    beat.desired.emplace();
    for (std::size_t i = 0; i < kDesiredFields.size(); ++i) {
      if (!answer.values[7 + i].empty()) beat.desired->emplace_back(kDesiredFields[i], answer.values[7 + i]);
    }
  } else if (answer.values.size() < 7) {
    beat.desired.emplace();
  }
  return beat;
}

void Node::on_beat_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  if (asked.member != member_ || !joined_) return;
  if (answer.status() != "ok") return on_refusal(asked, answer, now);
  const auto beat = read_beat(answer);
  if (!beat) {
    return finish(Error{ExitCode::software,
                        "the server's answer to a beat cannot be understood; is another program "
                        "writing to tributary's keys?"});
  }
  if (last_success_at_ < 0 ||
      now - last_success_at_ > std::max(2 * settings_.beat_ms, settings_.lease_ms / 2)) {
    unbroken_since_ = now;
  }
  last_success_at_ = now;
  clock_.succeeded(now);
  highest_seen_ = std::max(highest_seen_, beat->view.number);
  answered_tick_ = beat->tick;
  // A marker is published in the step that installs its view, so whoever read it before asking gets at least
  // its number.
  if (asked.view.number > beat->view.number) return on_forged_views(beat->view.number, now);
  learn(*beat, now);
  forget(now);
  obey(*beat, now);
  if (finished_) return;
  lead(*beat, now);
  advance_leaving(now);
  if (beat_again_ && !finished_ && joined_) {
    beat_again_ = false;
    send_beat(now, true);
  }
}

// What the answer says of the views up to the one it names. Of later ones it says nothing.
void Node::learn(const Beat& beat, TimeMs now) {
  for (auto& view : held_) {
    if (view.view.id.number > beat.view.number) continue;
    if (view.nonce != nonce_ && view.revival == HeldView::Revival::not_needed) continue;
    bool any_open = false;
    std::vector<bool> open(view.lanes.size(), false);
    for (const auto& lane : beat.lanes) {
      if (lane.id.view != view.view.id || lane.id.index >= view.lanes.size()) continue;
      any_open = open[lane.id.index] = true;
      auto& known = view.lanes[lane.id.index];
      known.open = true;
      known.owner = lane.owner;
      known.position = lane.position;
      known.end = lane.end;
      note_committed(view, lane.id.index, view.rank_at(lane.id.index, lane.position));
    }
    if (any_open && view.revival != HeldView::Revival::not_needed) {
      view.revival = HeldView::Revival::settled;
      view.nonce = nonce_;  // somebody revived it: it is a view of the present group now
    }
    for (std::uint32_t lane = 0; lane < view.lanes.size(); ++lane) {
      if (open[lane]) continue;
      drop_work({view.view.id, lane});
      view.lanes[lane].open = false;
      view.lanes[lane].owner = {};
    }
    if (view.revival == HeldView::Revival::needed && !view.growing) {
      view.revival = HeldView::Revival::asked;
      PendingCall details{};
      details.view = view.view.id;
      call(Script::revive,
           {settings_.group, member_.text, nonce_.text, view.view.id.text(), view.view.identity.text(),
            format_members(view.view.members), view.nonce.text},
           now, std::move(details));
    }
    if (view.revival == HeldView::Revival::needed || view.revival == HeldView::Revival::asked) continue;
    if (!any_open && (!view.said || view.open)) view.closed_at = clock_.elapsed();
    view.said = true;
    view.open = any_open;
    for (std::uint32_t lane = 0; lane < view.lanes.size(); ++lane) {
      if (!open[lane]) note_committed(view, lane, view.journal.lane(lane).end());
    }
  }
  for (const auto& lane : beat.lanes) {
    HeldView* view = find_held(lane.id.view);
    if (view && view->said && lane.id.index < view->lanes.size() && lane.id.view.number <= beat.view.number) {
      tend_lane(*view, lane.id.index, beat, now);
    }
  }
  look_if_drained(beat, now);
}

// A leaver may go when no open lane of an earlier view can use what it holds. That may take long, with slow
// messages; so after a while it leaves the rest to members that were listed with it in those views, and so
// hold the same messages.
void Node::look_if_drained(const Beat& beat, TimeMs now) {
  drained_ = false;
  if (leaving_ != Leaving::standby || beat.view.number < leave_view_ || last_marker_ < leave_view_) return;
  if (!declarations_.empty()) return;
  const bool hands_over = now - standby_since_ >= kHandOverAfterLeases * settings_.lease_ms;
  const auto others_have_it = [&](const HeldView& view) {
    return std::any_of(beat.members.begin(), beat.members.end(), [&](const auto& member) {
      return member.id != member_ && member.present && !member.leaving && view.view.find(member.id);
    });
  };
  std::uint64_t handed_over = 0;
  for (const auto& lane : beat.lanes) {
    if (lane.id.view.number >= beat.view.number) continue;
    const HeldView* view = find_held(lane.id.view);
    const bool holds =
        view && lane.id.index < view->lanes.size() && view->holds_next(lane.id.index, lane.position);
    if (!holds && lane.owner != member_) continue;
    if (!hands_over || !view || !others_have_it(*view)) return;
    handed_over += view->journal.lane(lane.id.index).end() - view->rank_at(lane.id.index, lane.position);
  }
  if (commits_in_flight_ > 0 && !hands_over) return;
  if (std::any_of(held_.begin(), held_.end(), [](const auto& view) { return !view.said; })) return;
  handed_over_ = handed_over;
  drained_ = true;
}

}  // namespace tributary::group
