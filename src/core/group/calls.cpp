#include "core/group/calls.hpp"

#include <array>

#include "core/group/words.hpp"

namespace tributary::group {
namespace {

template <class Io>
void pass(Io& io, Of<Io, Caller>& caller) {
  io(caller.group);
  io(caller.member);
  io(caller.nonce);
}

template <class Io>
void pass(Io& io, Of<Io, JoinCall>& call) {
  pass(io, call.caller);
  io(call.weight);
  io.template list<','>(call.former);
  io(call.highest_view);
  io(call.fingerprint);
  io(call.protocol);
  io(call.view_nonce);
  io(call.group_nonce);
  io(call.list_life_ms);
  io(call.lease_ms);
  io.template list<','>(call.seen);
  io.template list<','>(call.holds);
  io.pairs(call.presence);
}

template <class Io>
void pass(Io& io, Of<Io, BeatCall>& call) {
  pass(io, call.caller);
  io(call.last_tick);
  io(call.counted);
  io(call.floor);
  io.template list<','>(call.gaps);
  io.template list<','>(call.lengths);
  io(call.highest);
  io(call.lease_ms);
  io(call.list_life_ms);
  io(call.allowed_lag);
  io(call.view_nonce);
  io(call.wants_tick);
  io.ranges(call.active);
  io.pairs(call.presence);
}

template <class Io>
void pass(Io& io, Of<Io, InstallCall>& call) {
  pass(io, call.caller);
  io(call.over);
  io(call.view_nonce);
  io.template list<','>(call.members);
  io(call.list_life_ms);
}

template <class Io>
void pass(Io& io, Of<Io, ClaimCall>& call) {
  pass(io, call.caller);
  io(call.lane);
  io(call.owner_seen);
}

void pass(ValueWriter& io, const SweepCall& call) {
  pass(io, call.caller);
  io(call.view);
  for (const auto& [lane, position] : call.lanes) io(lane), io(position);
}
void pass(ValueReader& io, SweepCall& call) {
  pass(io, call.caller);
  io(call.view);
  while (io.more()) {
    auto& [lane, position] = call.lanes.emplace_back();
    io(lane), io(position);
  }
}

template <class Io>
void pass(Io& io, Of<Io, LeaveCall>& call) {
  pass(io, call.caller);
  io(call.step);
  io(call.view_nonce);
  io(call.list_life_ms);
  io(call.lease_ms);
  io(call.floor);
  io.template list<','>(call.lengths);
  io(call.highest);
  io(call.view);
  io(call.identity);
}

template <class Io>
void pass(Io& io, Of<Io, ReviveCall>& call) {
  pass(io, call.caller);
  io(call.view);
  io(call.identity);
  io(call.members);
  io(call.nonce);
}

template <class Io>
void pass(Io& io, Of<Io, LossLine>& line) {
  io(line.kind);
  io(line.reason);
  for (auto* value : {&line.view, &line.lane, &line.after, &line.to}) io(*value);
  io(line.messages);
}
void pass(ValueWriter& io, const DeclareCall& call) {
  pass(io, call.caller);
  for (const auto& line : call.lines) pass(io, line);
}
void pass(ValueReader& io, DeclareCall& call) {
  pass(io, call.caller);
  while (io.more()) pass(io, call.lines.emplace_back());
}

// One argument: whether it releases the lane, or under which identity only anything is done.
void pass_condition(ValueWriter& io, const CommitCall& call) {
  if (call.only_under.empty()) {
    io(call.release);
  } else {
    io(call.only_under);
  }
}
void pass_condition(ValueReader& io, CommitCall& call) {
  std::string text;
  io(text);
  call.release = text == "1";
  if (const auto identity = Identity::parse(text)) call.only_under = *identity;
}

void pass_bounds(ValueWriter& io, const CommitCall& call) { io(bounds_text(call.stream_maxlen, call.ids)); }
void pass_bounds(ValueReader& io, CommitCall& call) {
  std::string text;
  io(text);
  const auto words = split(text, ' ');
  const auto number = [&](std::size_t i) { return i < words.size() ? to_number(words[i]).value_or(0) : 0; };
  call.stream_maxlen = number(0);
  call.ids = {static_cast<TimeMs>(number(1)), number(2)};
}

template <class Io>
void pass_general(Io& io, Of<Io, CommitCall>& call) {
  io(call.member);
  io(call.lane);
  io(call.after);
  pass_condition(io, call);
  pass_bounds(io, call);
  io.rest(call.entries);
}
// Without the run's kind and count, which are known.
void pass(ValueWriter& io, const CommitCall& call) {
  if (!call.plain) return pass_general(io, call);
  const auto& last = call.entries.back();
  io(record_field(call.lane));
  io(open_record(call.member, std::to_string(call.after)));
  io(open_record(call.member, last.substr(last.rfind(':') + 1)));
  io.rest({call.entries.begin() + 2, call.entries.end()});
  if (call.stream_maxlen > 0) io(call.stream_maxlen);
}
void pass(ValueReader& io, CommitCall& call) { pass_general(io, call); }

template <class Io>
void pass(Io& io, Of<Io, StatusCall>& call) {
  std::string none[2] = {std::string(kNothing), std::string(kNothing)};
  io(call.group);
  for (auto& word : none) io(word);
}

template <class Io>
void pass(Io& io, Of<Io, DesireCall>& call) {
  auto none = std::string(kNothing);
  io(call.group);
  io(call.who);
  io(none);
  io(call.revision);
  io.pairs(call.fields);
}

template <class Call>
std::optional<AnyCall> read_as(const Arguments& arguments) {
  Call call;
  ValueReader reader(arguments, 0);
  pass(reader, call);
  if (!reader.done()) return std::nullopt;
  return call;
}

}  // namespace

std::string record_field(const LaneId& lane) { return "lane:" + lane.text(); }

std::string open_record(const MemberId& owner, const std::string& position) {
  return owner.text + " " + position + " -";
}

std::string bounds_text(std::uint64_t stream_maxlen, const IdWindow& ids) {
  auto text = std::to_string(stream_maxlen);
  if (ids.on()) text += " " + std::to_string(ids.span_ms) + " " + std::to_string(ids.most);
  return text;
}

Script script_of(const AnyCall& call) {
  static constexpr std::array kScripts = {Script::join,   Script::beat,   Script::install, Script::claim,
                                          Script::sweep,  Script::leave,  Script::revive,  Script::declare,
                                          Script::commit, Script::status, Script::desire};
  static_assert(kScripts.size() == std::variant_size_v<AnyCall>);
  return kScripts[call.index()];
}

Arguments arguments_of(const AnyCall& call) {
  Arguments arguments;
  ValueWriter writer(arguments);
  std::visit([&](const auto& c) { pass(writer, c); }, call);
  return arguments;
}

std::optional<AnyCall> read_call(Script script, const Arguments& arguments) {
  switch (script) {
    case Script::join:
      return read_as<JoinCall>(arguments);
    case Script::beat:
      return read_as<BeatCall>(arguments);
    case Script::install:
      return read_as<InstallCall>(arguments);
    case Script::claim:
      return read_as<ClaimCall>(arguments);
    case Script::sweep:
      return read_as<SweepCall>(arguments);
    case Script::leave:
      return read_as<LeaveCall>(arguments);
    case Script::revive:
      return read_as<ReviveCall>(arguments);
    case Script::declare:
      return read_as<DeclareCall>(arguments);
    case Script::commit:
      return read_as<CommitCall>(arguments);
    case Script::status:
      return read_as<StatusCall>(arguments);
    case Script::desire:
      return read_as<DesireCall>(arguments);
  }
  return std::nullopt;
}

}  // namespace tributary::group
