#include "explore/history.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/base/text.hpp"

namespace tributary::explore {

void History::on_message() {
  if (current < 0) {
    messages.push_back({});
  } else {
    messages.push_back({views[static_cast<std::size_t>(current)].id, ++count});
  }
}

std::string History::on_control(const std::string& text, const std::string& previous) {
  const auto words = split(text, ' ');
  if (words.size() != 8 || words[1] != "marker") return "";
  View now{std::string(words[3]), std::string(words[2]), std::string(words[5]), {}, {}};
  if (words[7] != "-") {
    for (const auto member : split(words[7], ',')) {
      now.weights.push_back(static_cast<std::uint32_t>(to_number(split(member, '/')[1]).value_or(0)));
    }
  }
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
  }
  out.add(deleted.size()).add(unsettled.size());
  for (const auto message : deleted) out.add(message);
  for (const auto message : unsettled) out.add(message);
  for (const auto& message : messages) out.add(message.view).add(message.position);
}

}  // namespace tributary::explore
