#include "explore/server.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "sim/redis/keys.hpp"

namespace tributary::explore {
namespace {

using group::Script;

std::uint64_t number(std::string_view text) { return to_number(text).value_or(0); }

Facts::Entry entry_of(const std::vector<std::string>& fields) {
  const auto position = sim::field_value(fields, "position");
  const auto colon = position.rfind(':');
  if (colon == std::string::npos) return {"", sim::field_value(fields, "message_id"), 0};
  return {position.substr(0, colon), sim::field_value(fields, "message_id"),
          number(std::string_view(position).substr(colon + 1))};
}

Lane lane_from(const std::string& name, const std::string& value) {
  Lane lane;
  const auto colon = name.rfind(':');
  lane.view = name.substr(5, colon - 5);
  lane.index = static_cast<std::uint32_t>(number(std::string_view(name).substr(colon + 1)));
  const auto words = split(value, ' ');
  if (words.size() >= 3) {
    lane.owner = words[0];
    lane.position = number(words[1]);
    lane.end = words[2];
  }
  return lane;
}

const Lane* find(const std::vector<Lane>& lanes, const Lane& wanted) {
  const auto found = std::find_if(lanes.begin(), lanes.end(), [&](const auto& lane) {
    return lane.view == wanted.view && lane.index == wanted.index;
  });
  return found == lanes.end() ? nullptr : &*found;
}

std::string text(const Lane& lane) { return lane.view + ":" + std::to_string(lane.index); }

// What one step may do to a lane.
std::string wrong_change(const Facts& before, const Lane& was, const Lane& is, const group::AnyCall& call) {
  const auto script = group::script_of(call);
  const auto* commit = std::get_if<group::CommitCall>(&call);
  if (is.position < was.position) return "lane " + text(is) + " goes back to " + std::to_string(is.position);
  if (is.position != was.position && !commit && script != Script::sweep) {
    return std::string(sim::name_of(script)) + " moves lane " + text(is);
  }
  if (commit && is.position != was.position && was.owner != commit->member.text) {
    return "a commit of " + commit->member.text + " moves lane " + text(is) + " of " + was.owner;
  }
  if (is.owner == was.owner) return "";
  if (commit) {
    if (is.owner == "-" && was.owner == commit->member.text && commit->release) return "";
    return "a commit changes the owner of lane " + text(is);
  }
  if (const auto* join = std::get_if<group::JoinCall>(&call)) {
    const auto& former = join->former;
    const bool was_its = std::find(former.begin(), former.end(), group::MemberId(was.owner)) != former.end();
    return was_its && is.owner == join->caller.member.text
               ? ""
               : "a join takes lane " + text(is) + " of " + was.owner;
  }
  if (const auto* leave = std::get_if<group::LeaveCall>(&call)) {
    const bool releases = is.owner == "-" && was.owner == leave->caller.member.text;
    return releases ? "" : "a leave takes lane " + text(is) + " of " + was.owner;
  }
  if (script != Script::claim) return std::string(sim::name_of(script)) + " changes an owner";
  if (was.owner != "-" && before.lists(was.owner))
    return "lane " + text(is) + " is claimed from a listed member";
  if (is.owner == "-") return "";  // another lane of the same owner, who is gone
  if (!before.lists(is.owner)) return "lane " + text(is) + " is claimed by a member that is not listed";
  return "";
}

std::string wrong_new_lane(const Facts& after, const Lane& lane, const group::AnyCall& call) {
  if (lane.position != 0) return "lane " + text(lane) + " begins at " + std::to_string(lane.position);
  if (std::holds_alternative<group::ReviveCall>(call))
    return lane.owner == "-" ? "" : "lane " + text(lane) + " is revived with an owner";
  return lane.view == after.view && after.lists(lane.owner) ? ""
                                                            : "lane " + text(lane) + " comes from nowhere";
}

// A record of presence begins with its deadline; it is past at 0.
void set_deadline(ServerData& server, const std::string& member, const std::string& record, TimeMs deadline) {
  std::vector<sim::Effect> ignored;
  const auto changed = std::to_string(deadline) + record.substr(record.find(' '));
  const std::string_view words[] = {"HSET", group_keys()[1], member, changed};
  server.data.execute(words, ignored);
}

}  // namespace

const std::vector<std::string>& group_keys() {
  static const auto keys = sim::group_keys(kGroup);
  return keys;
}

void ServerData::digest(Digest& out) const {
  out.add(run_id).add(replication_id);
  for (const auto& [key, left] : leases) out.add(key).add(left);
  for (const auto& name : data.names()) {
    out.add(name);
    if (const auto* text = data.get<std::string>(name)) out.add(1).add(*text);
    if (const auto* hash = data.get<sim::Hash>(name)) {
      auto fields = *hash;
      std::sort(fields.begin(), fields.end());
      out.add(2).add(fields.size());
      for (const auto& [key, value] : fields) out.add(key).add(value);
    }
    if (const auto* list = data.get<sim::List>(name)) {
      out.add(3).add(list->size());
      for (const auto& value : *list) out.add(value);
    }
    if (const auto* set = data.get<sim::Set>(name)) {
      auto members = set->members;
      std::sort(members.begin(), members.end());
      out.add(4).add(members.size());
      for (const auto& value : members) out.add(value);
    }
    if (const auto* stream = data.get<sim::Stream>(name)) {
      out.add(5).add(stream->added).add(stream->entries.size());
      for (const auto& entry : stream->entries) {
        for (const auto& value : entry.fields) out.add(value);
      }
    }
  }
}

Facts::Facts(const ServerData& server) {
  const auto& keys = group_keys();
  if (const auto* text = server.data.get<std::string>(keys[2])) leader = *text;
  if (const auto* state = server.data.get<sim::Hash>(keys[0])) {
    for (const auto& [name, value] : *state) {
      if (name == "nonce") nonce = value;
      if (name == "view") view = value;
      if (name.starts_with("lane:")) lanes.push_back(lane_from(name, value));
    }
    for (const auto& [name, value] : *state) {
      if (!name.starts_with("view:")) continue;
      if (name != "view:" + view) continue;
      const auto words = split(value, ' ');
      if (words.size() != 2 || words[1] == "-") continue;
      for (const auto member : split(words[1], ',')) {
        members.emplace_back(split(member, '/')[0]);
      }
    }
    std::sort(lanes.begin(), lanes.end(), [](const auto& a, const auto& b) { return text(a) < text(b); });
  }
  if (const auto* stream = server.data.get<sim::Stream>(kGroup)) {
    for (const auto& entry : stream->entries) entries.push_back(entry_of(entry.fields));
  }
  if (const auto* stream = server.data.get<sim::Stream>(keys[3])) {
    for (const auto& entry : stream->entries) losses.emplace_back(entry.fields);
  }
}

bool Facts::lists(const std::string& member) const {
  return std::find(members.begin(), members.end(), member) != members.end();
}

const Facts::Entry* Facts::find(const std::string& of, std::uint64_t position) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
    return entry.position == position && entry.view == of;
  });
  return found == entries.end() ? nullptr : &*found;
}

bool Facts::declared(const std::string& of, std::uint32_t lane, std::uint64_t position) const {
  return std::any_of(losses.begin(), losses.end(),
                     [&](const auto& line) { return line.covers(of, lane, position); });
}

std::string wrong_in(const Facts& facts, const History& truth) {
  std::set<std::pair<std::string, std::uint64_t>> positions;
  std::set<std::string> messages;
  for (const auto& entry : facts.entries) {
    if (!positions.emplace(entry.view, entry.position).second) {
      return "position " + entry.view + ":" + std::to_string(entry.position) + " is twice in the stream";
    }
    if (!messages.insert(entry.message).second) return "message " + entry.message + " is twice in the stream";
  }
  for (const auto& lane : facts.lanes) {
    const auto* view = truth.view(lane.view);
    if (!view) return "lane " + text(lane) + " is open, but its view was never announced";
    for (std::uint64_t n = 1; n <= lane.position + 8; ++n) {
      if (view->lane_of(n) != static_cast<int>(lane.index)) continue;
      const auto* entry = facts.find(lane.view, n);
      const bool in = entry != nullptr;
      if (n > lane.position && in && !truth.is_unsettled(entry->message))
        return "lane " + text(lane) + " is at " + std::to_string(lane.position) + ", but " +
               std::to_string(n) + " is in the stream";
      if (n <= lane.position && !in && !facts.declared(lane.view, lane.index, n)) {
        return "lane " + text(lane) + " is at " + std::to_string(lane.position) + ", but " +
               std::to_string(n) + " is not in the stream";
      }
    }
  }
  return "";
}

Effects ScriptRunner::run(ServerData& server, const Request& request, group::Answer& answer) {
  server_ = &server;
  effects_.clear();
  published_.clear();
  const Facts before(server);
  const auto script = group::script_of(request.call);
  const bool commit = script == Script::commit;
  static const auto commit_keys = sim::commit_keys(kGroup);
  if (request.transaction) {
    answer = run_transaction(*sim::as_transaction(commit_keys, std::get<group::CommitCall>(request.call)),
                             commit_keys, request.settle_fails);
  } else {
    answer = sim::answer_of(
        scripts_.engine().run(scripts_.number(script), sim::keys_of(request.call, kGroup),
                              sim::with_identity(script, group::arguments_of(request.call)), *this));
  }
  Effects done;
  if (answer.kind != group::Answer::Kind::values && answer.kind != group::Answer::Kind::unsettled) {
    done.violation = "the script " + std::string(sim::name_of(script)) + " fails: " + answer.error;
    return done;
  }
  for (const auto& effect : effects_) {
    if (effect[0] == "PEXPIREAT") server.leases[effect[1]] = number(effect[2]);
    if (effect[0] == "SET" && effect.size() == 5) server.leases[effect[1]] = number(effect[4]);
    if (effect[0] == "XADD" && effect[1] == kGroup) {
      done.appended.push_back(entry_of({effect.begin() + 3, effect.end()}));
    }
  }
  std::erase_if(server.leases, [&](const auto& lease) { return !server.data.exists(lease.first); });
  done.published = published_;
  done.swept = script == Script::sweep;
  done.unsettled = answer.kind == group::Answer::Kind::unsettled;

  const Facts after(server);
  const auto complain = [&](std::string what) {
    if (done.violation.empty()) done.violation = std::move(what);
  };
  const auto& status = answer.status();
  if (!effects_.empty() && !done.unsettled && status != "ok" && status != "left" && status != "leaving" &&
      status != "cut" && status != "lanes" && status != "revived" &&
      !(script == Script::beat && status == "nomember" && answer.values.size() == 2)) {
    complain("a refused " + std::string(sim::name_of(script)) + " (" + status + ") wrote");
  }
  for (const auto& lane : before.lanes) {
    const auto* now = find(after.lanes, lane);
    if (now) complain(wrong_change(before, lane, *now, request.call));
    if (!now) done.closed.push_back(lane);
  }
  if (before.nonce == after.nonce) {
    for (const auto& lane : after.lanes) {
      if (!find(before.lanes, lane)) complain(wrong_new_lane(after, lane, request.call));
    }
  }
  if (!done.appended.empty() && !commit) complain("something else than a commit appends");
  return done;
}

group::Answer ScriptRunner::run_transaction(const sim::CommitTransaction& commit,
                                            const std::vector<std::string>& keys, bool settle_fails) {
  group::TransactionOutcome outcome;
  outcome.executed = true;
  outcome.entries = commit.appends.size();
  for (const auto& append : commit.appends) {
    outcome.appended += !command(std::vector<std::string_view>(append.begin(), append.end())).is_error();
  }
  const auto settled = settle_fails ? sim::Reply::error("MISCONF disk")
                                    : scripts_.engine().run(scripts_.settle(), keys, commit.settle, *this);
  outcome.settled = settled.text;
  outcome.settle_refused = settled.is_error();
  sim::forget_what_was_taken_back(effects_);
  return group::answer_of(outcome);
}

sim::Reply ScriptRunner::command(sim::Arguments words) {
  const auto name = words[0];
  if ((name == "PUBLISH" || name == "SPUBLISH") && words.size() == 3) {
    published_.emplace_back(words[2]);
    return sim::Reply::integer(1);
  }
  if (name == "INFO" && words.size() == 2) {
    return sim::Reply::bulk(words[1] == "server"
                                ? "# Server\r\nrun_id:" + server_->run_id + "\r\n"
                                : "# Replication\r\nmaster_replid:" + server_->replication_id + "\r\n");
  }
  return server_->data.execute(words, effects_);
}

void pass_time(ServerData& server, TimeMs beat_ms) {
  std::vector<std::string> over;
  for (auto& [key, left] : server.leases) {
    left -= beat_ms;
    if (left <= 0) over.push_back(key);
  }
  for (const auto& key : over) remove(server, key);
  const auto* members = server.data.get<sim::Hash>(group_keys()[1]);
  if (!members) return;
  for (const auto& [member, record] : sim::Hash(*members))
    set_deadline(server, member, record,
                 std::max<TimeMs>(std::strtoll(record.c_str(), nullptr, 10) - beat_ms, 0));
}

void let_lapse(ServerData& server, const std::string& member) {
  const auto* members = server.data.get<sim::Hash>(group_keys()[1]);
  if (!members) return;
  for (const auto& [id, record] : sim::Hash(*members)) {
    if (id == member) set_deadline(server, member, record, 0);
  }
}

void remove(ServerData& server, const std::string& key) {
  std::vector<sim::Effect> ignored;
  const std::string_view words[] = {"DEL", key};
  server.data.execute(words, ignored);
  server.leases.erase(key);
}

}  // namespace tributary::explore
