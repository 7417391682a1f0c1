#include <cstdlib>
#include <string>
#include <utility>

#include "sim/check/checker.hpp"

// With an order key: told from the order in which messages were published.
namespace tributary::sim {

// Entries of one key stand in the order in which they were published. Those of a view that the server lost may come late:
// behind those of views that were made before whoever revives it was there.
void Checker::check_order(std::uint32_t message, const ViewTruth& view, std::uint64_t n) {
  const auto key = keyed_ ? key_of(message) : "";
  if (key.empty()) return;
  auto& last = last_of_key_[key];
  const std::pair published(view.life, view.base + n);
  const auto revived = revived_.find(view.id);
  const bool may_be_late = revived != revived_.end() && revived->second > made_at_[last.view];
  if (published <= last.published && !may_be_late) {
    fail("key " + key + ": " + view.id + ":" + std::to_string(n) + ", number " +
         std::to_string(published.second) + " of life " + std::to_string(view.life) +
         ", is appended behind number " + std::to_string(last.published.second) + " of life " +
         std::to_string(last.published.first) + ", of view " + last.view);
  }
  if (revived == revived_.end()) last = {published, view.id};
}

// Who is present without a break, and since when: a record of presence begins with its deadline.
void Checker::on_presence(const Effect& effect) {
  if (effect[0] == "DEL") return presence_.clear();
  for (std::size_t i = 2; effect[0] == "HDEL" && i < effect.size(); ++i) presence_.erase(effect[i]);
  for (std::size_t i = 2; effect[0] == "HSET" && i + 1 < effect.size(); i += 2) {
    auto& presence = presence_[effect[i]];
    if (presence.deadline <= static_cast<std::uint64_t>(redis_->now_ms())) presence.since = scripts_;
    presence.deadline = std::strtoull(effect[i + 1].c_str(), nullptr, 10);
  }
}

}  // namespace tributary::sim
