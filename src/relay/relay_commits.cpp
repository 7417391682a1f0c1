#include <string>
#include <string_view>
#include <utility>

#include "process/entries.hpp"
#include "redis/command.hpp"
#include "redis/scripts.hpp"
#include "relay/position_text.hpp"
#include "relay/relay.hpp"

// A commit on its way to the server: by the script, in its short form, or as a transaction.
namespace tributary::relay {

void Relay::send_commit(const group::CommitPlan& plan, TimeMs now) {
  if (!plan.only_move_at.empty()) return send_move(plan, now);
  // Only the script's long form looks at ids.
  const bool any_way = !duplicates_;
  processing_->entries(plan, *node_.held(plan.lane.view), plan.may_be_transaction && any_way, entries_);
  using Way = group::CommitWay;
  // Results of threads may begin in front of what is to be sent.
  const auto plain =
      plan.may_be_plain && any_way && !entries_.commands && entries_.after == plan.after
          ? process::plain_run(entries_.arguments, entries_.argument_count, entries_.end - plan.first)
          : std::string_view();
  const auto way = entries_.commands ? Way::transaction : plain.empty() ? Way::script : Way::plain;
  const auto id = node_.commit_sent(plan, entries_.end, way, now);
  commits_.insert(id);
  if (meter_) note_sent(plan, id, entries_.end, way);
  switch (way) {
    case Way::transaction:
      return send_transaction(plan, id);
    case Way::plain:
      return send_plain_commit(plan, plain, id);
    case Way::script:
      return send_script_commit(plan, id);
  }
}

void Relay::note_sent(const group::CommitPlan& plan, group::CallId id, std::uint64_t end,
                      group::CommitWay way) {
  // The short form is one of the script.
  const auto kind = way == group::CommitWay::transaction ? way : group::CommitWay::script;
  meter_->sent(id, {kind, now_us(), plan.lane, plan.first, end, entries_.dead_lettered, entries_.dropped});
}

// A commit of one message that was dropped moves the position, whatever came before it.
void Relay::send_move(const group::CommitPlan& plan, TimeMs now) {
  const auto& journal = node_.held(plan.lane.view)->journal;
  PositionText position(plan.lane.view);
  group::CommitCall commit;
  commit.member = plan.owner;
  commit.lane = plan.lane;
  commit.after = plan.after;
  commit.only_under = plan.only_move_at;
  commit.entries = {"n", "1", std::string(position(journal.position_of(plan.lane.index, plan.end - 1)))};
  const auto id = node_.commit_sent(plan, plan.end, group::CommitWay::script, now);
  commits_.insert(id);
  carry_out({id, std::move(commit)});
}

void Relay::send_script_commit(const group::CommitPlan& plan, group::CallId id) {
  auto& out = commands_.command(id);
  redis::append_command_header(out, 3 + commit_keys_.size() + 5 + entries_.argument_count);
  redis::append_argument(out, "EVALSHA");
  redis::append_argument(out, redis::script(group::Script::commit).sha);
  redis::append_argument(out, std::to_string(commit_keys_.size()));
  for (const auto& key : commit_keys_) redis::append_argument(out, key);
  redis::append_argument(out, plan.owner.text);
  redis::append_argument(out, plan.lane.text());
  redis::append_argument(out, std::to_string(entries_.after));
  redis::append_argument(out,
                         plan.only_under.empty() ? "0" : redis::only_under(plan.only_under, told_identity_));
  redis::append_argument(out, group::bounds_text(settings_.stream_maxlen, settings_.ids));
  out += entries_.arguments;
}

// The script's short form.
void Relay::send_plain_commit(const group::CommitPlan& plan, std::string_view run, group::CallId id) {
  const auto last = node_.held(plan.lane.view)->journal.position_of(plan.lane.index, entries_.end - 1);
  const bool trims = settings_.stream_maxlen > 0;
  auto& out = commands_.command(id);
  redis::append_command_header(out, 3 + 2 + 3 + entries_.argument_count - 2 + (trims ? 1 : 0));
  for (const std::string_view argument :
       {std::string_view("EVALSHA"), std::string_view(redis::script(group::Script::commit).sha),
        std::string_view("2"), std::string_view(state_key_), std::string_view(settings_.output_stream)}) {
    redis::append_argument(out, argument);
  }
  redis::append_argument(out, group::record_field(plan.lane));
  redis::append_argument(out, group::open_record(plan.owner, std::to_string(entries_.after)));
  redis::append_argument(out, group::open_record(plan.owner, std::to_string(last)));
  out += run;
  if (trims) redis::append_argument(out, std::to_string(settings_.stream_maxlen));
}

// The same as the script does, cheaper for the server if there is much: see settle.lua.
void Relay::send_transaction(const group::CommitPlan& plan, group::CallId id) {
  const auto& commands = *entries_.commands;
  auto& out = commands_.transaction(id, commands.commands() + 1);
  redis::append_command(out, {"MULTI"});
  out += commands.bytes();
  redis::append_command(
      out, {"EVAL", redis::settle_script().body, "3", state_key_, settings_.output_stream,
            settings_.dead_letter_stream, plan.owner.text, plan.lane.text(), std::to_string(entries_.after),
            std::to_string(entries_.last), std::to_string(settings_.stream_maxlen),
            std::to_string(commands.appended().count), commands.appended().first_position,
            commands.appended().last_position, std::to_string(commands.dead_lettered().count),
            commands.dead_lettered().first_position, commands.dead_lettered().last_position});
  redis::append_command(out, {"EXEC"});
}

}  // namespace tributary::relay
