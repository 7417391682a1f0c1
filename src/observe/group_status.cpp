#include "observe/group_status.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string_view>

#include "core/base/text.hpp"

namespace tributary::observe {
namespace {

using group::MemberId;
using std::string_view;

constexpr string_view kMember = "member:";
constexpr string_view kLane = "lane:";
constexpr string_view kEpoch = "epoch:";
constexpr string_view kJournal = "journal:";

template <class Number>
void set_number(Number& field, string_view text) {
  if (const auto number = to_number(text)) field = static_cast<Number>(*number);
}

std::optional<double> to_decimal(string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(number) || number < 0) return std::nullopt;
  return number;
}

void set_presence(MemberStatus& member, string_view field, string_view value) {
  if (field == "host") member.host = value;
  if (field == "pid") member.pid = value;
  if (field == "version") member.version = value;
  if (field == "gaps") member.gaps = value;
  if (field == "consumers") set_number(member.consumers, value);
  if (field == "received") set_number(member.received, value);
  if (field == "committed") set_number(member.committed, value);
  if (field == "backlog") set_number(member.backlog, value);
  if (field == "journal") set_number(member.journal_bytes, value);
  if (field == "floor") set_number(member.floor, value);
  if (field == "coverage_ms") member.coverage_ms = to_number(value);
  if (field == "rate") member.rate = to_decimal(value);
  if (field == "busy") member.busy = to_decimal(value);
  if (field == "why") member.why = value;
  if (field == "lag_ms") member.lag_ms = to_number(value);
  if (field == "kept") member.kept = value;
  if (field == "order_key") member.order_key = value;
  if (field == "journal_dir") member.journal_dir = value;
  if (field == "state") member.state = value;
  if (field == "journal_limit") set_number(member.journal_limit, value);
  if (field == "journal_growth") member.journal_growth = to_decimal(value).value_or(0);
  if (field == "capacity") {
    if (const auto capacity = to_number(value)) member.capacity = static_cast<std::uint32_t>(*capacity);
  }
}

/// "<view>:<index>" and "<owner or -> <position> <end or ->".
std::optional<LaneStatus> parse_lane(string_view name, string_view record) {
  const auto colon = name.rfind(':');
  const auto words = split(record, ' ');
  if (colon == string_view::npos || words.size() < 3) return std::nullopt;
  const auto view = group::ViewId::parse(name.substr(0, colon));
  const auto index = to_number(name.substr(colon + 1));
  const auto position = to_number(words[1]);
  if (!view || !index || !position) return std::nullopt;
  LaneStatus lane;
  lane.id = {*view, static_cast<std::uint32_t>(*index)};
  if (words[0] != "-") lane.owner = MemberId(std::string(words[0]));
  lane.position = *position;
  lane.end = to_number(words[2]);
  if (words.size() > 3) lane.deaths = to_number(words[3]).value_or(0);
  return lane;
}

/// "<order> <last surviving number> <revived views or ->".
std::optional<EpochStatus> parse_epoch(string_view identity, string_view record) {
  const auto words = split(record, ' ');
  if (words.size() != 3) return std::nullopt;
  const auto order = to_number(words[0]);
  const auto last = to_number(words[1]);
  if (!order || !last) return std::nullopt;
  return EpochStatus{std::string(identity), *order, *last, std::string(words[2])};
}

/// "<deadline> <floor> <gaps> <member> <host>"; `waits_s` is the deadline, for now.
std::optional<JournalStatus> parse_journal(string_view directory, string_view record) {
  const auto words = split(record, ' ');
  if (words.size() != 5) return std::nullopt;
  const auto deadline = to_number(words[0]);
  const auto floor = to_number(words[1]);
  if (!deadline || !floor) return std::nullopt;
  return JournalStatus{std::string(directory), words[4] == "-" ? "" : std::string(words[4]),
                       MemberId(std::string(words[3])), *floor, *deadline};
}

/// Sorts the fields of the answer into their places.
class Reader {
 public:
  void take(string_view field, string_view value);
  GroupStatus finish();

 private:
  void list_members();
  void take_signs_of_life(MemberStatus& member) const;
  void read_desired();
  void look_who_is_away();

  GroupStatus status_;
  std::uint64_t now_ms_ = 0;
  std::map<std::string, std::string, std::less<>> views_;
  std::map<std::string, MemberStatus, std::less<>> present_;
  std::map<std::string, std::string, std::less<>> signs_of_life_;
  std::vector<std::pair<std::string, std::string>> desired_;
};

void Reader::take(string_view field, string_view value) {
  if (field.starts_with(kMember)) {
    const auto name = field.substr(kMember.size());
    const auto colon = name.rfind(':');
    if (colon == string_view::npos) return;
    set_presence(present_[std::string(name.substr(0, colon))], name.substr(colon + 1), value);
  } else if (field.starts_with("view:")) {
    views_.emplace(field.substr(5), value);
  } else if (field.starts_with(kLane)) {
    if (auto lane = parse_lane(field.substr(kLane.size()), value)) status_.lanes.push_back(std::move(*lane));
  } else if (field.starts_with(kEpoch)) {
    if (auto epoch = parse_epoch(field.substr(kEpoch.size()), value))
      status_.epochs.push_back(std::move(*epoch));
  } else if (field.starts_with(kJournal)) {
    if (auto journal = parse_journal(field.substr(kJournal.size()), value))
      status_.journals.push_back(std::move(*journal));
  } else if (field.starts_with("consumers:")) {
    signs_of_life_.emplace(field.substr(10), value);
  } else if (field.starts_with("desired:")) {
    desired_.emplace_back(field.substr(8), value);
  } else if (field == "desired-type") {
    status_.desired.complaints = {"the key of the desired state is not a hash but a " + std::string(value)};
  } else if (field == "view") {
    status_.view = group::ViewId::parse(value).value_or(group::ViewId());
  } else if (field == "leader") {
    if (value != "-") status_.leader = MemberId(std::string(value));
  }
  if (field == "nonce") status_.nonce = value;
  if (field == "protocol") status_.protocol = value;
  if (field == "expelled") status_.expelled = value;
  if (field == "duplicates") set_number(status_.duplicates, value);
  if (field == "ids-kept") set_number(status_.ids_kept, value);
  if (field == "ids-window") status_.dedup_window_ms = to_number(value);
  if (field == "ids-reach") set_number(status_.dedup_reach_ms, value);
  if (field == "lost") set_number(status_.lost, value);
  if (field == "server-identity" && value != "-") status_.server_identity = value;
  if (field == "tick") set_number(status_.tick, value);
  if (field == "time") set_number(now_ms_, value);
  if (field == "consumers") set_number(status_.consumers, value);
  if (field == "entries-added") set_number(status_.entries_added, value);
  if (field == "stream-length") set_number(status_.stream_length, value);
  if (field == "dead-length") set_number(status_.dead_letters, value);
  if (field == "losses-length") set_number(status_.losses, value);
}

void Reader::list_members() {
  const auto record = views_.find(status_.view.text());
  if (record == views_.end()) return;
  const auto words = split(record->second, ' ');
  if (words.size() != 2) return;
  status_.identity = words[0];
  for (const auto& listed : group::parse_members(words[1]).value_or(std::vector<group::ViewMember>())) {
    MemberStatus member;
    if (const auto presence = present_.find(listed.id.text); presence != present_.end()) {
      member = presence->second;
      member.present = true;
      present_.erase(presence);
    }
    member.id = listed.id;
    member.listed = true;
    member.weight = listed.weight;
    member.order = listed.order;
    member.leaving = listed.leaving;
    take_signs_of_life(member);
    status_.members.push_back(std::move(member));
  }
}

// "<with a sign of life> <numbers without one, by comma, or ->"
void Reader::take_signs_of_life(MemberStatus& member) const {
  const auto found = signs_of_life_.find(member.id.text);
  if (found == signs_of_life_.end()) return;
  const auto words = split(found->second, ' ');
  if (words.size() != 2) return;
  if (const auto active = to_number(words[0])) member.active = static_cast<std::uint32_t>(*active);
  for (const auto number : split(words[1], ',')) {
    if (const auto k = to_number(number)) member.silent.push_back(static_cast<std::uint32_t>(*k));
  }
}

void Reader::read_desired() {
  auto read = plan::read_desired(desired_, {});
  status_.desired.desired = std::move(read.desired);
  for (auto& complaint : read.complaints) status_.desired.complaints.push_back(std::move(complaint));
  for (const auto& [field, value] : desired_) {
    if (field == "revision") set_number(status_.desired.revision, value);
  }
}

void Reader::look_who_is_away() {
  std::erase_if(status_.journals, [&](const auto& journal) {
    const auto* member = status_.find(journal.member);
    return journal.waits_s <= now_ms_ || (member != nullptr && member->present);
  });
  for (auto& journal : status_.journals) journal.waits_s = (journal.waits_s - now_ms_ + 999) / 1000;
  std::ranges::sort(status_.journals, {}, &JournalStatus::host);
}

GroupStatus Reader::finish() {
  list_members();
  read_desired();
  for (auto& [id, member] : present_) {
    member.id = MemberId(id);
    member.present = true;
    status_.members.push_back(std::move(member));
  }
  look_who_is_away();
  std::ranges::sort(status_.lanes, {}, &LaneStatus::id);
  std::ranges::sort(status_.epochs, {}, &EpochStatus::order);
  return std::move(status_);
}

}  // namespace

std::string MemberStatus::name() const { return host.empty() || pid.empty() ? id.text : host + ":" + pid; }

const MemberStatus* GroupStatus::find(const MemberId& id) const {
  const auto found = std::ranges::find(members, id, &MemberStatus::id);
  return found == members.end() ? nullptr : &*found;
}

std::uint64_t GroupStatus::nodes() const {
  return static_cast<std::uint64_t>(std::ranges::count(members, true, &MemberStatus::present));
}

bool GroupStatus::backlog_known() const {
  return std::all_of(members.begin(), members.end(), [](const auto& m) { return !m.listed || m.present; });
}

std::uint64_t GroupStatus::backlog() const {
  std::uint64_t sum = 0;
  for (const auto& member : members) sum += member.present ? member.backlog : 0;
  return sum;
}

std::vector<LaneStatus> GroupStatus::old_lanes() const {
  std::vector<LaneStatus> old;
  for (const auto& lane : lanes) {
    if (lane.id.view != view) old.push_back(lane);
  }
  return old;
}

std::string GroupStatus::why() const {
  const auto* member = find(leader);
  return member == nullptr ? "" : member->why;
}

std::uint64_t GroupStatus::weight(bool of_agents) const {
  std::uint64_t sum = 0;
  for (const auto& member : members) {
    if (member.listed && !member.leaving && member.capacity.has_value() == of_agents) sum += member.weight;
  }
  return sum;
}

bool GroupStatus::has_agents() const {
  return std::ranges::any_of(members, [](const auto& m) { return m.capacity && m.present && !m.leaving; });
}

std::uint64_t GroupStatus::active() const {
  std::uint64_t sum = 0;
  for (const auto& member : members) sum += member.active.value_or(0);
  return sum;
}

std::uint64_t GroupStatus::stuck() const {
  std::uint64_t sum = 0;
  for (const auto& member : members) sum += member.present ? member.silent.size() : 0;
  return sum;
}

std::optional<double> GroupStatus::journal_lasts_s() const {
  std::optional<double> least;
  for (const auto& member : members) {
    if (!member.present || member.journal_limit == 0 || member.journal_growth <= 0) continue;
    const auto used = std::min(member.journal_bytes, member.journal_limit);
    const auto lasts = static_cast<double>(member.journal_limit - used) / member.journal_growth;
    least = std::min(least.value_or(lasts), lasts);
  }
  return least;
}

std::string GroupStatus::order_key() const {
  const auto told =
      std::ranges::find_if(members, [](const auto& m) { return m.present && !m.order_key.empty(); });
  return told == members.end() ? "" : told->order_key;
}

std::uint64_t GroupStatus::nodes_with_files() const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(members, [](const auto& m) { return m.present && !m.journal_dir.empty(); }));
}

std::optional<std::uint64_t> GroupStatus::coverage_ms() const {
  std::optional<std::uint64_t> least;
  for (const auto& member : members) {
    if (member.present && member.coverage_ms)
      least = std::min(least.value_or(*member.coverage_ms), *member.coverage_ms);
  }
  return least;
}

GroupStatus parse_group_status(const std::vector<std::string>& answer) {
  Reader reader;
  for (std::size_t i = 0; i + 1 < answer.size(); i += 2) reader.take(answer[i], answer[i + 1]);
  return reader.finish();
}

void confirm_silence(GroupStatus& status, const GroupStatus& before) {
  for (auto& member : status.members) {
    const auto* was = before.find(member.id);
    std::erase_if(member.silent, [&](std::uint32_t number) {
      return was == nullptr || std::ranges::find(was->silent, number) == was->silent.end();
    });
  }
}

std::optional<double> RateMeter::read(std::uint64_t total, TimeMs now) {
  if (last_ && total >= last_->total) {
    if (now <= last_->time) return rate_;
    rate_ = static_cast<double>(total - last_->total) * 1000 / static_cast<double>(now - last_->time);
  } else {
    rate_.reset();
  }
  last_ = {total, now};
  return rate_;
}

}  // namespace tributary::observe
