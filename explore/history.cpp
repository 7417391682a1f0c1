#include "explore/history.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "sim/check/key_lanes.hpp"

namespace tributary::explore {
namespace {

std::vector<sim::Share> shares_of(std::string_view members) {
  std::vector<sim::Share> shares;
  if (members == "-") return shares;
  for (const auto member : split(members, ',')) {
    const auto parts = split(member, '/');
    shares.push_back({std::string(parts[0]), static_cast<std::uint32_t>(to_number(parts[1]).value_or(0))});
  }
  return shares;
}

}  // namespace

void History::on_message() {
  if (current < 0) {
    messages.push_back({});
  } else {
    messages.push_back({views[static_cast<std::size_t>(current)].id, ++count});
  }
}

int History::View::lane_of(std::uint64_t position) const {
  std::vector<int> slots;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    TRIBUTARY_CHECK(weights[i] <= 1);
    if (weights[i] == 1) slots.push_back(static_cast<int>(i));
  }
  if (slots.empty()) return -1;
  return lane_of_key ? static_cast<int>(*lane_of_key) : slots[(position - 1) % slots.size()];
}

std::string History::on_control(const std::string& text, const std::string& previous) {
  const auto words = split(text, ' ');
  if (words.size() < 8 || words[1] != "marker") return "";
  View now{std::string(words[3]), std::string(words[2]), std::string(words[5]), {}};
  const auto members = shares_of(words[7]);
  for (const auto& share : members) {
    now.weights.push_back(share.weight);
    now.members.push_back(share.member);
  }
  if (words.size() > 8)
    now.lane_of_key = sim::lane_of_key_slot(sim::key_slot_of(kKey), members, shares_of(words[8]));
  if (view(now.id)) return "the id of view " + now.id + " was used before";
  if (!previous.empty() && words[4] != "-" && words[4] != previous) {
    return "view " + now.id + " names " + std::string(words[4]) + " as its predecessor, which is " + previous;
  }
  if (current >= 0) views[static_cast<std::size_t>(current)].length = count;
  current = static_cast<int>(views.size());
  views.push_back(std::move(now));
  count = 0;
  return "";
}

void History::on_new_process() {
  current = -1;
  count = 0;
}

bool History::is_unsettled(const std::string& message) const {
  const auto number = std::strtoull(message.c_str() + 1, nullptr, 10);
  return std::find(unsettled.begin(), unsettled.end(), number) != unsettled.end();
}

bool History::was_deleted(std::uint64_t message) const {
  return std::find(deleted.begin(), deleted.end(), message) != deleted.end();
}

// Who joined before a view was made, and stayed, is waited for before messages of that view go their way.
bool History::may_be_late(const std::string& late, const std::string& behind) const {
  const auto known = std::find_if(revived.begin(), revived.end(),
                                  [&](const auto& candidate) { return candidate.view == late; });
  const auto* later = view(behind);
  return known != revived.end() && later &&
         std::find(later->members.begin(), later->members.end(), known->by) == later->members.end();
}

const History::View* History::view(const std::string& id) const {
  const auto found =
      std::find_if(views.begin(), views.end(), [&](const auto& known) { return known.id == id; });
  return found == views.end() ? nullptr : &*found;
}

void History::digest(Digest& out) const {
  out.add(current).add(count).add(views.size());
  for (const auto& known : views) {
    out.add(known.id)
        .add(known.nonce)
        .add(known.identity)
        .add(known.length.has_value())
        .add(known.length.value_or(0));
    for (const auto weight : known.weights) out.add(weight);
    out.add(known.lane_of_key.has_value()).add(known.lane_of_key.value_or(0));
    for (const auto& member : known.members) out.add(member);
  }
  out.add(deleted.size()).add(unsettled.size());
  for (const auto message : deleted) out.add(message);
  for (const auto message : unsettled) out.add(message);
  out.add(revived.size());
  for (const auto& known : revived) out.add(known.view).add(known.by);
  for (const auto& message : messages) out.add(message.view).add(message.position);
}

}  // namespace tributary::explore
