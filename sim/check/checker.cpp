#include "sim/check/checker.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <utility>

#include "sim/call_text.hpp"
#include "sim/redis/keys.hpp"

namespace tributary::sim {
namespace {

using group::Script;

// Of the entry that an XADD appends.
std::span<const std::string> fields_of(const Effect& append) { return std::span(append).subspan(3); }

std::uint64_t number(std::string_view text) { return std::strtoull(std::string(text).c_str(), nullptr, 10); }

}  // namespace

// --- what was published

void Checker::on_control(std::size_t life, std::string_view text) {
  if (const auto* view = truth_->on_control(life, text)) {
    if (environment_.traced()) {
      environment_.note("marker " + view->id + ": " + std::string(text.substr(text.rfind(' ') + 1)));
    }
    (is_alone(life) ? *alone_ : *this).markers_.push_back(view);
    if (!view_ids_.insert(view->id).second) fail("view id " + view->id + " is used twice");
  }
}

// --- what scripts wrote

void Checker::on_script(const Caller& caller, const group::AnyCall& call, const group::Answer& answer,
                        const Transaction* wrote) {
  using Kind = group::Answer::Kind;
  if (is_alone(caller.life)) return on_script_alone(caller, call, answer, wrote);
  const auto* data = &redis_->data();
  const auto script = group::script_of(call);
  if (environment_.traced()) environment_.note(text_of(call) + " -> " + text_of(answer));
  const auto trouble = [&](std::string_view error) {
    return error.starts_with("OOM") || error.starts_with("READONLY") ||
           error.find("simulated") != std::string::npos;
  };
  if (answer.kind == Kind::in_part || (answer.kind == Kind::refused && !trouble(answer.error)))
    fail(std::string("script ") + name_of(script) + " failed: " + answer.error);
  if (answer.status() == "failed" && !trouble(answer.values[2]))
    fail("commit failed half-way: " + answer.values[2]);
  if (script == Script::install && !markers_.empty()) {
    const auto* before = truth_->view(markers_.back()->previous);
    const auto expelled = [&](const auto& member) {
      return !member.leaving && !markers_.back()->lists(member.id);
    };
    expelled_ += before && std::any_of(before->members.begin(), before->members.end(), expelled);
  }
  note_told(call, answer);
  if (!wrote) {
    if (!markers_.empty()) fail("a marker is published by a script that wrote nothing");
    return;
  }
  ++scripts_;
  for (const auto* marker : markers_) made_at_[marker->id] = scripts_;
  const auto view_before = current_view_;
  const Context context{script, &call, true, answer.kind == Kind::unsettled, caller};
  look_at(*wrote, context);
  const auto state = data->get<Hash>(server_->keys()[0]);
  std::string view_now;
  if (state) {
    for (const auto& [field, value] : *state) {
      if (field == "view") view_now = value;
    }
  }
  current_view_ = view_now;
  for (const auto* marker : markers_) {
    if (marker != markers_.back()) fail("one script publishes two markers");
    if (marker->id != current_view_)
      fail("marker " + marker->id + " is not of the current view " + current_view_);
    if (marker->previous != "-" && marker->previous != view_before) {
      fail("view " + marker->id + " follows " + marker->previous + ", not " + view_before);
    }
  }
  if (current_view_ != view_before && markers_.empty()) fail("the view changed without a marker");
  markers_.clear();
  check_consumers();
  check_bounds();
}

// A line of the ledger was written, and a node was told so: that a fail-over loses the ledger's end is another matter.
void Checker::on_script_alone(const Caller& caller, const group::AnyCall& call, const group::Answer& answer,
                              const Transaction* wrote) {
  const auto lines = alone_->losses_.size();
  alone_->on_script(caller, call, answer, wrote);
  losses_.insert(losses_.end(), alone_->losses_.begin() + static_cast<std::ptrdiff_t>(lines),
                 alone_->losses_.end());
}

void Checker::on_left_alone(std::size_t life, const SimulatedRedis& redis) {
  alone_ = std::make_shared<Checker>(*this);
  alone_->redis_ = &redis;
  alone_life_ = life;
}

void Checker::look_at(const Transaction& wrote, const Context& context) {
  if (!context.known || context.script != Script::commit) {
    for (const auto& effect : wrote.effects) look_at(effect, context);
    return;
  }
  // Nobody sees a commit before its end: what it says of its lane last counts, and after its entries.
  const Effect* of_lane = nullptr;
  for (const auto& effect : wrote.effects) {
    if (effect[1] == server_->keys()[0]) {
      if (effect[2].starts_with("lane:")) of_lane = &effect;
    } else {
      look_at(effect, context);
    }
  }
  if (of_lane) look_at(*of_lane, context);
}

void Checker::look_at(const Effect& effect, const Context& context) {
  const auto& state_key = server_->keys()[0];
  const auto& verb = effect[0];
  if (verb == "FLUSHALL") {
    presence_.clear();
    flushes_.push_back(redis_->log().size() - 1);
    note_state_deleted();
    lanes_.clear();
    for (auto& range : unsettled_) range.until = flushes_.back();
    count_appended(redis_->log().size());
    return;
  }
  const auto& key = effect[1];
  if (keyed_ && std::find(effect.begin() + 1, effect.end(), server_->keys()[1]) != effect.end())
    on_presence(effect);
  if (verb == "XADD") {
    if (key == server_->keys()[3]) {
      on_loss(effect);
    } else {
      on_append(effect, context);
    }
  } else if (verb == "XTRIM") {
    stream_is_whole_ = false;
  } else if (verb == "DEL") {
    if (std::find(effect.begin() + 1, effect.end(), state_key) != effect.end()) {
      lanes_.clear();
      note_state_deleted();
    }
    if (std::find(effect.begin() + 1, effect.end(), server_->keys()[4]) != effect.end())
      stream_is_whole_ = false;
  } else if (key == state_key && verb == "HSET") {
    for (std::size_t i = 2; i + 1 < effect.size(); i += 2) {
      if (effect[i].starts_with("lane:")) on_lane(effect[i], effect[i + 1], context);
    }
  } else if (key == state_key && verb == "HDEL") {
    for (std::size_t i = 2; i < effect.size(); ++i) {
      if (effect[i].starts_with("lane:")) on_lane_closed(effect[i], context);
    }
  }
}

void Checker::note_unsettled(const std::string& field, std::uint64_t after, std::uint64_t n,
                             std::optional<std::size_t> node) {
  const auto transaction = redis_->log().size() - 1;
  auto& range = !unsettled_.empty() && unsettled_.back().since == transaction
                    ? unsettled_.back()
                    : unsettled_.emplace_back(Unsettled{field, node, after, n, transaction, {}});
  range.to = n;
}

// Whether an entry may come a second time, because whoever appends it cannot know of the first.
bool Checker::is_in_again(const std::string& field, std::uint64_t n, const Context& context) {
  for (const auto& range : unsettled_) {
    if (range.lane != field || range.until || n <= range.after || n > range.to) continue;
    if (range.known_to == context.caller.node) continue;
    auto& last = last_appended_[field];
    if (last >= n) last = range.after;
    return true;
  }
  return false;
}

void Checker::on_append(const Effect& effect, const Context& context) {
  const auto position_text = field_value(fields_of(effect), "position");
  const auto id = field_value(fields_of(effect), "message_id");
  const auto colon = position_text.rfind(':');
  if (!context.known || context.script != Script::commit) return fail("an entry that no commit appended");
  if (colon == std::string::npos || id.size() < 2) return fail("an entry without position or message id");
  const auto view_id = position_text.substr(0, colon);
  const auto n = number(position_text.substr(colon + 1));
  const auto* view = truth_->view(view_id);
  if (!view || view->slots.empty())
    return fail("entry " + position_text + " is of a view that nobody announced");
  const auto true_message = truth_->message(*view, n);
  if (!true_message || id_of(*true_message, ids_.on()) != id) {
    return fail("entry " + position_text + " holds " + id + ", but " +
                (true_message ? "m" + std::to_string(*true_message) : "nothing") + " was published there");
  }
  const auto message = *true_message;
  const bool dead = effect[1] != server_->keys()[4];
  const auto fate = fate_of(message, mixed_);
  if (dead != (fate == Fate::dead)) fail("entry " + position_text + " is in the wrong stream");
  if (appended_.size() <= message) appended_.resize(message + 1);
  const auto field = "lane:" + view_id + ":" + std::to_string(view->lane_of(n));
  const auto lane = lanes_.find(field);
  if (context.unsettled && is_stray(lane, *view, n, context)) {
    const bool is_owner = lane != lanes_.end() && lane->second.owner == context.commit().member.text;
    note_unsettled(field, n - 1, n, is_owner ? context.who_knows() : std::nullopt);
    appended_[message].push_back({redis_->log().size() - 1, view, n, true});
    ++appended_count_;
    return;
  }
  const auto* before = find_appended(message);
  const bool again = is_in_again(field, n, context) ||
                     (before && is_in_again("lane:" + before->view->id + ":" +
                                                std::to_string(before->view->lane_of(before->position)),
                                            before->position, context));
  if (before && !again) {
    return fail(id + " is appended twice: as " + before->view->id + ":" + std::to_string(before->position) +
                " and as " + position_text);
  }
  if (lane == lanes_.end())
    return fail("entry " + position_text + " is of lane " + field + ", which is not open");
  if (const auto& by = context.commit().member.text; lane->second.owner != by) {
    fail("entry " + position_text + " is appended by " + by + ", but " + field + " is owned by " +
         lane->second.owner);
  }
  auto& last = last_appended_[field];
  const auto from = std::max(last, lane->second.position);
  if (n <= from || !only_dropped_between(*view, view->lane_of(n), from, n)) {
    fail("entry " + position_text + " does not follow position " + std::to_string(from) + " of its lane");
  }
  if (view->length && n > *view->length) fail("entry " + position_text + " lies beyond the view's end");
  appended_[message].push_back({redis_->log().size() - 1, view, n, false, dead});
  if (!again) check_order(message, *view, n);
  if (ids_.on() && !dead) check_once(message);
  last = n;
  if (context.unsettled) note_unsettled(field, lane->second.position, n, context.who_knows());
  ++appended_count_;
}

// Settle would have taken it back, had it run: the disk failed within a commit that was late.
bool Checker::is_stray(std::map<std::string, Lane>::const_iterator lane, const ViewTruth& view,
                       std::uint64_t n, const Context& context) const {
  if (lane == lanes_.end() || lane->second.owner != context.commit().member.text) return true;
  return context.commit().after != lane->second.position || n <= lane->second.position ||
         (view.length && n > *view.length);
}

bool Checker::only_dropped_between(const ViewTruth& view, std::uint32_t lane, std::uint64_t after,
                                   std::uint64_t before) {
  for (auto n = after + 1; n < before; ++n) {
    if (view.lane_of(n) != lane) continue;
    const auto message = truth_->message(view, n);
    if (message && fate_of(*message, mixed_) == Fate::dropped) continue;
    if (message && ids_.on() && was_duplicate(*message)) continue;
    const auto field = "lane:" + view.id + ":" + std::to_string(lane);
    if (std::none_of(unsettled_.begin(), unsettled_.end(), [&](const auto& range) {
          return range.lane == field && n > range.after && n <= range.to;
        })) {
      return false;
    }
  }
  return true;
}

void Checker::on_loss(const Effect& effect) {
  const LossLine line(fields_of(effect));
  if (environment_.traced()) {
    environment_.note("declared: " + line.reason + ", " + line.view + line.identity + ":" + line.lane +
                      " after " + std::to_string(line.after) + " to " + field_value(fields_of(effect), "to"));
  }
  if (line.reason.find("digest") != std::string::npos)
    fail("members that passed the same tick disagree: " + line.reason);
  losses_.push_back(line);
  if (!line.view.empty() && line.identity.empty()) ranges_declared_.push_back(line);
}

const ViewTruth* Checker::split_lane(const std::string& field, std::string& view, std::uint32_t& lane) {
  const auto colon = field.rfind(':');
  view = field.substr(5, colon - 5);
  lane = static_cast<std::uint32_t>(number(field.substr(colon + 1)));
  return truth_->view(view);
}

void Checker::on_lane(const std::string& field, const std::string& value, const Context& context) {
  const auto words = words_of(value, ' ');
  if (words.size() < 3 || words.size() > 4) return fail("lane record '" + value + "'");
  const Lane now{words[0], number(words[1]), words[2]};
  std::string view_id;
  std::uint32_t index = 0;
  const auto* view = split_lane(field, view_id, index);
  const auto found = lanes_.find(field);
  if (found == lanes_.end()) {
    if (now.position != 0) fail("lane " + field + " is opened at " + words[1]);
    if (context.script == Script::commit) fail("a commit opens lane " + field);
    if (last_appended_.contains(field)) fail("lane " + field + " is opened again, but it has entries");
    if (context.script == Script::revive) {
      const auto& by = presence_[std::get<group::ReviveCall>(*context.call).caller.member.text];
      const bool present = by.deadline > static_cast<std::uint64_t>(redis_->now_ms());
      revived_[view_id] = present ? by.since : scripts_;
    }
    if (context.script == Script::revive && now.owner != "-")
      fail("lane " + field + " is revived with an owner");
    lanes_.emplace(field, now);
    return;
  }
  const Lane before = found->second;
  found->second = now;
  if (!view) return fail("lane " + field + " changes, but its view was never announced");
  if (now.position < before.position) fail("lane " + field + " goes back to " + words[1]);
  for (auto& range : unsettled_) {
    if (range.lane == field && !range.until && now.position >= range.to)
      range.until = redis_->log().size() - 1;
  }
  if (now.owner != before.owner) check_claim(before, now, field, context);
  if (now.position != before.position) check_position(field, view_id, index, before.position, now, context);
  if (now.end != before.end) check_end(*view, index, now.end);
}

void Checker::check_claim(const Lane& before, const Lane& now, const std::string& lane,
                          const Context& context) {
  if (context.script == Script::commit) {
    const auto& commit = context.commit();
    if (now.owner != "-" || commit.member.text != before.owner || !commit.release) {
      fail("a commit of " + commit.member.text + " moves lane " + lane + " from " + before.owner + " to " +
           now.owner);
    }
    return;
  }
  if (const auto* join = std::get_if<group::JoinCall>(context.call)) {
    const auto& former = join->former;
    if (now.owner != join->caller.member.text ||
        std::find(former.begin(), former.end(), group::MemberId(before.owner)) == former.end()) {
      fail("a join of " + join->caller.member.text + " moves lane " + lane + " from " + before.owner +
           " to " + now.owner);
    }
    return;
  }
  // Who leaves releases what it had.
  const auto* leave = std::get_if<group::LeaveCall>(context.call);
  if (leave && now.owner == "-" && before.owner == leave->caller.member.text) return;
  if (context.script != Script::claim)
    return fail(std::string(name_of(context.script)) + " changes the owner of " + lane);
  const auto* current = truth_->view(current_view_);
  // Those who left the view's list without a new view are looked up where they are: in the state.
  const auto* state = redis_->data().get<Hash>(server_->keys()[0]);
  for (const auto& [field, value] : *state) {
    if (!current || field != "view:" + current->id) continue;
    if (value.find(" " + before.owner + "/") != std::string::npos ||
        value.find("," + before.owner + "/") != std::string::npos) {
      fail("lane " + lane + " is claimed from " + before.owner + ", which is still in the view");
    }
  }
}

void Checker::check_position(const std::string& field, const std::string& view_id, std::uint32_t lane,
                             std::uint64_t from, const Lane& now, const Context& context) {
  if (context.script == Script::sweep) {
    check_given_up(view_id, lane, from);
    skipped_to_[field].insert(now.position);
    return;
  }
  if (context.script != Script::commit) return fail(std::string(name_of(context.script)) + " moves " + field);
  const auto last = last_appended_.find(field);
  const auto reached = std::max(last == last_appended_.end() ? 0 : last->second, from);
  const auto* view = truth_->view(view_id);
  const auto is_right = [&](std::uint64_t end) {
    return end <= now.position && only_dropped_between(*view, lane, end, now.position + 1);
  };
  // Who does not know of entries without a position goes on from the position: its own may end before them, or be none.
  const bool unknown = std::ranges::any_of(unsettled_, [&](const auto& range) {
    return range.lane == field && !range.until && range.known_to != context.caller.node &&
           range.to >= reached;
  });
  if (!is_right(reached) && !(unknown && is_right(from))) {
    fail("lane " + field + " is at " + std::to_string(now.position) + ", its last entry at " +
         std::to_string(reached));
  }
}

// Where one group came after another on the same server, some members end the last view of the first at the
// marker of the second.
bool Checker::is_end(const ViewTruth& view, std::uint32_t lane, std::uint64_t from, std::uint64_t end) {
  for (const auto& length : {view.length, view.rival_length}) {
    if (!length) continue;
    const auto true_end = view.last_in_lane(lane, *length);
    if (end == true_end || (from == end && only_dropped_between(view, lane, from, true_end + 1))) return true;
  }
  return false;
}

void Checker::check_given_up(const std::string& view, std::uint32_t lane, std::uint64_t position) {
  const auto holder = holder_(*this, view, lane, position);
  if (holder.empty()) return;
  fail("lane " + std::to_string(lane) + " of view " + view + " is given up after " +
       std::to_string(position) + ", but " + holder + ", a member, holds what follows");
}

bool Checker::is_member(const std::string& id) const {
  return is_present(redis_->data(), server_->keys()[4], id) || is_listed(id);
}

bool Checker::is_listed(const std::string& id) const {
  const auto* state = redis_->data().get<Hash>(server_->keys()[0]);
  if (!state) return false;
  for (const auto& [field, value] : *state) {
    if (field != "view:" + current_view_) continue;
    return value.find(" " + id + "/") != std::string::npos || value.find("," + id + "/") != std::string::npos;
  }
  return false;
}

bool Checker::awaits(const std::string& directory, const std::string& member) const {
  const auto told = told_.find(directory);
  return told != told_.end() && told->second.member == member && environment_.now() < told->second.until;
}

// What a member says of its journal counts from its answered join or beat on, until its grace is over.
void Checker::note_told(const group::AnyCall& call, const group::Answer& answer) {
  const auto* beat = std::get_if<group::BeatCall>(&call);
  const auto* join = std::get_if<group::JoinCall>(&call);
  if (answer.status() != "ok" || (!beat && !join)) return;
  std::string directory;
  TimeMs grace = 0;
  for (const auto& [field, value] : beat ? beat->presence : join->presence) {
    if (field == "directory") directory = value;
    if (field == "grace") grace = static_cast<TimeMs>(number(value));
  }
  if (!directory.empty())
    told_[directory] = {(beat ? beat->caller : join->caller).member.text, environment_.now() + grace};
}

void Checker::check_end(const ViewTruth& view, std::uint32_t lane, const std::string& end) {
  if (!is_end(view, lane, number(end) + 1, number(end))) {
    fail("lane " + std::to_string(lane) + " of view " + view.id + " is given the end " + end +
         ", which it has not");
  }
}

void Checker::on_lane_closed(const std::string& field, const Context& context) {
  const auto found = lanes_.find(field);
  if (found == lanes_.end()) return;
  const Lane lane = found->second;
  lanes_.erase(found);
  if (!context.known) return;
  std::string view_id;
  std::uint32_t index = 0;
  const auto* view = split_lane(field, view_id, index);
  if (!view) return;
  if (context.script == Script::sweep) {
    check_given_up(view_id, index, lane.position);
    const bool said = std::any_of(ranges_declared_.begin(), ranges_declared_.end(), [&](const auto& line) {
      return line.view == view_id && line.lane == std::to_string(index) && line.after == lane.position;
    });
    // The effects are in order: the line comes right behind the closing.
    const auto& effects = redis_->log().back().effects;
    const bool coming = std::any_of(effects.begin(), effects.end(), [&](const auto& effect) {
      return effect[0] == "XADD" && field_value(fields_of(effect), "view") == view_id &&
             field_value(fields_of(effect), "lane") == std::to_string(index);
    });
    if (!said && !coming) fail("lane " + field + " is swept without a line in the ledger");
    return;
  }
  if (context.script != Script::commit && context.script != Script::beat && context.script != Script::leave) {
    return fail(std::string(name_of(context.script)) + " closes lane " + field);
  }
  const auto last = last_appended_.find(field);
  const auto reached = std::max({last == last_appended_.end() ? 0 : last->second, lane.position,
                                 skipped_to_[field].empty() ? 0 : *skipped_to_[field].rbegin()});
  if (!is_end(*view, index, reached, reached)) {
    fail("lane " + field + " is closed at " + std::to_string(reached) + ", which is not its end");
  }
}

// --- the consumers list, bounds

void Checker::check_consumers() {
  const auto& data = redis_->data();
  const auto* list = data.get<List>(server_->consumers_list());
  const auto* state = data.get<Hash>(server_->keys()[0]);
  if (!list || !state) return;  // where somebody deleted the state, the list lives on until its time is up
  std::vector<std::string> wanted;
  for (const auto& [field, value] : *state) {
    if (field != "view:" + current_view_) continue;
    const auto words = words_of(value, ' ');
    if (words.size() != 2 || words[1] == "-") continue;
    for (const auto& member : words_of(words[1], ',')) {
      const auto parts = words_of(member, '/');
      for (int k = 1; k <= std::atoi(parts[1].c_str()); ++k)
        wanted.push_back(parts[0] + "." + std::to_string(k));
    }
  }
  if (*list != wanted) {
    fail("the consumers list holds " + std::to_string(list->size()) + " ids, which are not the " +
         std::to_string(wanted.size()) + " consumers of view " + current_view_);
  }
}

void Checker::check_bounds() {
  const auto* state = redis_->data().get<Hash>(server_->keys()[0]);
  if (!state) return;
  std::size_t fixed = 0, epochs = 0, views = 0;
  std::set<std::string> open;
  for (const auto& [field, lane] : lanes_) open.insert(field.substr(5, field.rfind(':') - 5));
  for (const auto& [field, value] : *state) {
    if (field.starts_with("epoch:")) {
      ++epochs;
    } else if (field.starts_with("view:") || field.starts_with("length:") || field.starts_with("highest:")) {
      ++views;
    } else if (!field.starts_with("lane:") && !field.starts_with("journal:")) {
      ++fixed;
    }
  }
  if (epochs > 8) fail("more than eight epochs are kept");
  if (fixed > 14) fail("the state has " + std::to_string(fixed) + " fields of no known kind");
  // Records of views closed by commits go with the leader's next beat: of a dozen nodes that join anew, each with a view
  // or two, and up to three records of each.
  if (views > 3 * (open.size() + 1) + 100) fail("the state keeps records of closed views");
}

// --- going back, meddling

void Checker::read_state() {
  lanes_.clear();
  presence_.clear();
  current_view_.clear();
  const auto* state = redis_->data().get<Hash>(server_->keys()[0]);
  if (!state) return;
  for (const auto& [field, value] : *state) {
    if (field == "view") current_view_ = value;
    if (!field.starts_with("lane:")) continue;
    const auto words = words_of(value, ' ');
    lanes_[field] = {words[0], number(words[1]), words[2]};
  }
}

// What is in the streams, if the log has so many transactions. A deletion of everything ends a
// life of the data.
void Checker::count_appended(std::size_t transactions) {
  last_appended_.clear();
  last_of_key_.clear();
  appended_count_ = 0;
  for (std::uint32_t message = 0; message < appended_.size(); ++message) {
    // The rest never happened.
    std::erase_if(appended_[message], [&](const auto& entry) { return entry.transaction >= transactions; });
    const auto* entry = find_appended(message);
    if (!entry) continue;
    appended_count_ += static_cast<std::uint64_t>(std::count_if(
        appended_[message].begin(), appended_[message].end(),
        [&](const auto& each) { return flushes_.empty() || each.transaction >= flushes_.back(); }));
    if (entry->stray) continue;
    auto& last = last_appended_["lane:" + entry->view->id + ":" +
                                std::to_string(entry->view->lane_of(entry->position))];
    last = std::max(last, entry->position);
    if (!keyed_ || revived_.contains(entry->view->id)) continue;
    auto& last_of_key = last_of_key_[key_of(message)];
    const std::pair published(entry->view->life, entry->view->base + entry->position);
    if (published > last_of_key.published) last_of_key = {published, entry->view->id};
  }
}

const Checker::Appended* Checker::find_appended(std::uint32_t message) const {
  if (message >= appended_.size() || appended_[message].empty()) return nullptr;
  const auto& last = appended_[message].back();
  return flushes_.empty() || last.transaction >= flushes_.back() ? &last : nullptr;
}

void Checker::on_unsettled_untold(std::size_t life, std::size_t node) {
  if (is_alone(life)) return alone_->on_unsettled_untold(life, node);
  for (auto& range : unsettled_) {
    if (range.known_to == node) range.known_to.reset();
  }
}

void Checker::on_went_back(std::size_t transactions) {
  told_.clear();
  std::erase_if(unsettled_, [&](const auto& range) { return range.since >= transactions; });
  for (auto& range : unsettled_) {
    range.known_to.reset();
    if (range.until && *range.until >= transactions) range.until.reset();
  }
  std::erase_if(flushes_, [&](auto flush) { return flush >= transactions; });
  std::erase_if(ids_since_, [&](auto deletion) { return deletion >= transactions; });
  std::erase_if(duplicates_, [&](const auto& one) { return one.second >= transactions; });
  count_appended(transactions);
  read_state();
  // The stream and the positions went back together.
  for (const auto& [field, lane] : lanes_) {
    const auto last = last_appended_.find(field);
    const auto reached = last == last_appended_.end() ? 0 : last->second;
    std::string view_id;
    std::uint32_t index = 0;
    const auto* view = split_lane(field, view_id, index);
    if (reached == lane.position || skipped_to_[field].contains(lane.position)) continue;
    const bool unsettled = std::any_of(
        unsettled_.begin(), unsettled_.end(),
        [&lane = field, reached](const auto& range) { return range.lane == lane && range.to >= reached; });
    if (unsettled) continue;
    if (reached > lane.position || !view || !only_dropped_between(*view, index, reached, lane.position + 1)) {
      fail("after going back lane " + field + " is at " + std::to_string(lane.position) +
           ", its last entry at " + std::to_string(reached));
    }
  }
}

void Checker::on_meddling(const Transaction& wrote) {
  told_.clear();
  look_at(wrote, {});
  read_state();
}

}  // namespace tributary::sim
