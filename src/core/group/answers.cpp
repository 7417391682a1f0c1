#include "core/group/calls.hpp"

#include <array>

#include "core/group/words.hpp"

namespace tributary::group {
namespace {

template <class Io>
void pass(Io& io, Of<Io, JoinAnswer>& answer) {
  io(answer.view);
  io(answer.members);
  io(answer.identity);
  io(answer.nonce);
  io(answer.tick);
  io(answer.before);
}

// --- answers of a few words

template <class Status, std::size_t size>
Status status_of(const Answer& answer, const std::array<std::pair<std::string_view, Status>, size>& words) {
  for (const auto& [word, status] : words) {
    if (answer.kind == Answer::Kind::values && answer.status() == word) return status;
  }
  return Status::none;
}

std::string value_at(const Answer& answer, std::size_t index) {
  return answer.values.size() > index ? answer.values[index] : std::string();
}

// The order in which beat.lua answers with the desired state.
constexpr std::array kDesiredFields = {"state",   "how",        "consumers",       "minimum",
                                       "maximum", "batch_size", "idle_timeout_ms", "changed_by"};
constexpr std::size_t kBeatValues = 8;  // before those

}  // namespace

JoinResult read_join_answer(const Answer& answer) {
  if (answer.kind != Answer::Kind::values) return Unreadable{};
  const auto& status = answer.status();
  const auto size = answer.values.size();
  if (status == "wrongtype" && size == 4)
    return WrongType{answer.values[1], answer.values[2], answer.values[3]};
  if (status == "list" && size == 3) return ListInUse{answer.values[1], answer.values[2]};
  if (status == "protocol" && size == 2) return OtherProtocol{answer.values[1]};
  if (status == "fingerprint" && size == 2) return OtherFingerprint{answer.values[1]};
  if (status == "full" && size == 2) return GroupFull{to_number(answer.values[1]).value_or(0)};
  JoinAnswer joined;
  ValueReader reader(answer.values, 1);
  pass(reader, joined);
  if (status != "ok" || !reader.done() || joined.nonce.empty()) return Unreadable{};
  return joined;
}

Refusal read_refusal(const Answer& answer) {
  Refusal refusal;
  if (answer.kind != Answer::Kind::values) return refusal;
  const auto& status = answer.status();
  if (status == "nostate") refusal.why = Refusal::Why::no_state;
  if (status == "nonce") refusal.why = Refusal::Why::other_nonce;
  if (status == "stale") refusal.why = Refusal::Why::stale;
  if (status == "identity") {
    refusal.why = Refusal::Why::other_identity;
    refusal.identity = Identity::parse(value_at(answer, 1));
  }
  if (status == "nomember") {
    refusal.why = Refusal::Why::no_member;
    refusal.reason = value_at(answer, 1);
  }
  return refusal;
}

std::optional<BeatAnswer> read_beat_answer(const Answer& answer) {
  const auto& values = answer.values;
  if (answer.status() != "ok" || values.size() < kBeatValues) return std::nullopt;
  BeatAnswer beat;
  if (!read(values[1], beat.view) || !read(values[2], beat.leader) || !read(values[3], beat.tick) ||
      !read(values[4], beat.members) || !read_list<' '>(values[5], beat.lanes) ||
      !read_list<','>(values[6], beat.figures) || !read(values[7], beat.known_below)) {
    return std::nullopt;
  }
  beat.figures.resize(beat.members.size());
  if (values.size() == kBeatValues + kDesiredFields.size()) {
    beat.desired.emplace();
    for (std::size_t i = 0; i < kDesiredFields.size(); ++i) {
      const auto& value = values[kBeatValues + i];
      if (!value.empty()) beat.desired->emplace_back(kDesiredFields[i], value);
    }
  }
  return beat;
}

CommitAnswer read_commit_answer(const Answer& answer) {
  using Status = CommitAnswer::Status;
  static constexpr std::array<std::pair<std::string_view, Status>, 7> kWords = {
      {{"ok", Status::ok},
       {"changed", Status::changed},
       {"gap", Status::gap},
       {"fenced", Status::fenced},
       {"gone", Status::gone},
       {"failed", Status::failed},
       {"identity", Status::other_identity}}};
  CommitAnswer commit;
  commit.status = status_of(answer, kWords);
  if (commit.status == Status::fenced) {
    read(value_at(answer, 1), commit.owner);
  } else {
    commit.position = to_number(value_at(answer, 1));
  }
  if (commit.status == Status::failed || commit.status == Status::ok) commit.error = value_at(answer, 2);
  return commit;
}

ClaimAnswer read_claim_answer(const Answer& answer) {
  using Status = ClaimAnswer::Status;
  static constexpr std::array<std::pair<std::string_view, Status>, 3> kWords = {
      {{"ok", Status::ok}, {"owned", Status::owned}, {"gone", Status::gone}}};
  ClaimAnswer claim;
  claim.status = status_of(answer, kWords);
  if (claim.status == Status::ok && !read(value_at(answer, 1), claim.position)) claim.status = Status::none;
  read(value_at(answer, 3), claim.deaths);
  return claim;
}

LeaveAnswer read_leave_answer(const Answer& answer) {
  using Status = LeaveAnswer::Status;
  static constexpr std::array<std::pair<std::string_view, Status>, 4> kWords = {
      {{"leaving", Status::leaving}, {"left", Status::left}, {"cut", Status::cut}, {"lanes", Status::lanes}}};
  LeaveAnswer leave;
  leave.status = status_of(answer, kWords);
  if (const auto view = ViewId::parse(value_at(answer, 1))) leave.view = view->number;
  return leave;
}

ReviveAnswer read_revive_answer(const Answer& answer) {
  using Status = ReviveAnswer::Status;
  static constexpr std::array<std::pair<std::string_view, Status>, 3> kWords = {
      {{"revived", Status::revived}, {"survived", Status::survived}, {"refused", Status::refused}}};
  return {status_of(answer, kWords), value_at(answer, 1)};
}

std::uint64_t read_install_answer(const Answer& answer) {
  const auto view = ViewId::parse(value_at(answer, 1));
  return view ? view->number : 0;
}

std::vector<std::string> values_of(const JoinAnswer& answer) {
  std::vector<std::string> values = {"ok"};
  ValueWriter writer(values);
  pass(writer, answer);
  return values;
}

std::vector<std::string> values_of(const BeatAnswer& answer) {
  std::vector<std::string> values = {"ok"};
  ValueWriter writer(values);
  writer(answer.view);
  writer(answer.leader);
  writer(answer.tick);
  writer(answer.members);
  writer.list<' '>(answer.lanes);
  writer.list<','>(answer.figures);
  writer(answer.known_below);
  for (const auto* field : kDesiredFields) {
    if (!answer.desired) break;
    std::string text;
    for (const auto& [name, value] : *answer.desired) {
      if (name == field) text = value;
    }
    values.push_back(text);
  }
  return values;
}

}  // namespace tributary::group
