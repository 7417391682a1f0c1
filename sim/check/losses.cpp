#include <algorithm>
#include <cstdlib>

#include "sim/call_text.hpp"
#include "sim/check/checker.hpp"

// What was received, against what came of it.
namespace tributary::sim {

void Checker::on_received(std::size_t worker, const group::Node& node, std::size_t life,
                          const Life::Item& item) {
  const auto* growing = node.growing();
  if (!item.data || !growing || growing->journal.lanes_are_empty()) return;
  const auto id = growing->view.id.text();
  auto& receipts = receipts_[worker];
  const ViewTruth* view =
      !receipts.empty() && receipts.back().view->id == id ? receipts.back().view : truth_->view(id);
  const auto n = growing->journal.count();
  if (!view || view->life != life)
    return fail("node " + std::to_string(worker) + " counts in view " + id +
                ", which is not of this connection");
  const auto message = truth_->message(*view, n);
  if (!message || *message != item.message) {
    return fail("node " + std::to_string(worker) + " counts m" + std::to_string(item.message) + " as " + id +
                ":" + std::to_string(n) + ", which is " +
                (message ? "m" + std::to_string(*message) : "nothing"));
  }
  if (!view->slots.empty()) receipts.push_back({item.message, view, n});
}

void Checker::on_finished(std::size_t worker, const std::optional<group::Ending>& why) {
  if (why) fail("node " + std::to_string(worker) + " gave up: " + text_of(*why));
}

std::string Checker::unfinished() const {
  for (const auto& [field, lane] : lanes_) {
    const auto colon = field.rfind(':');
    const auto view_id = field.substr(5, colon - 5);
    const auto index = static_cast<std::uint32_t>(std::atoi(field.c_str() + colon + 1));
    const auto* view = truth_->view(view_id);
    if (view_id != current_view_)
      return field + " of an earlier view is open at " + std::to_string(lane.position);
    const auto end = view->last_in_lane(index, truth_->count_since(*view));
    if (lane.position < end) {
      return field + " is at " + std::to_string(lane.position) + " of " + std::to_string(end);
    }
  }
  return "";
}

bool Checker::declared(const Receipt& receipt) const {
  const auto& view = *receipt.view;
  const auto lane = view.lane_of(receipt.position);
  return std::any_of(losses_.begin(), losses_.end(), [&](const auto& line) {
    if (!line.identity.empty()) {  // an epoch ended: what came after its last surviving view
      return line.identity == view.identity &&
             (line.view.empty() || view.number > std::strtoull(line.view.c_str(), nullptr, 10));
    }
    return line.covers(view.id, lane, receipt.position);
  });
}

std::string Checker::declared_since(std::size_t worker) const {
  const auto found = receipts_.find(worker);
  if (found == receipts_.end()) return "";
  const auto first = found->second.front().view->number;
  for (const auto& line : ranges_declared_) {
    const auto* view = truth_->view(line.view);
    if (view && view->number >= first) {
      return line.reason + ", " + line.view + ":" + line.lane + " after " + std::to_string(line.after);
    }
  }
  return "";
}

std::string Checker::missing(std::size_t worker, bool declared_will_do) const {
  const auto found = receipts_.find(worker);
  if (found == receipts_.end()) return "";
  for (const auto& receipt : found->second) {
    if (fate_of(receipt.message, mixed_) == Fate::dropped) continue;
    if (duplicates_.contains(receipt.message)) continue;
    // Whatever somebody deleted since was appended once.
    if (receipt.message < appended_.size() && !appended_[receipt.message].empty()) continue;
    if (declared_will_do && declared(receipt)) continue;
    // Its lane is open: a journal is waited for that may hold it, whose node is not there.
    if (declared_will_do && lanes_.contains("lane:" + receipt.view->id + ":" +
                                            std::to_string(receipt.view->lane_of(receipt.position)))) {
      continue;
    }
    return "m" + std::to_string(receipt.message) + ", received by node " + std::to_string(worker) + " as " +
           receipt.view->id + ":" + std::to_string(receipt.position) + " (lane " +
           std::to_string(receipt.view->lane_of(receipt.position)) + "), is lost" +
           (declared(receipt) ? " (declared)" : "");
  }
  return "";
}

void Checker::check_stream() {
  if (!stream_is_whole_) return;
  std::uint64_t entries = 0;
  for (const auto& key : {server_->keys()[4], server_->keys()[4] + ":dead"}) {
    if (const auto* stream = redis_->data().get<Stream>(key)) entries += stream->entries.size();
  }
  if (entries != appended_count_) {
    fail("the streams hold " + std::to_string(entries) + " entries, not " + std::to_string(appended_count_));
  }
}

void Checker::check_empty() {
  const auto& data = redis_->data();
  const auto& keys = server_->keys();
  if (!lanes_.empty()) fail("all have left, but " + lanes_.begin()->first + " is open");
  if (data.exists(keys[1])) fail("all have left, but somebody has presence");
  if (data.exists(keys[5])) fail("all have left, but the consumers list is there");
  if (data.exists(keys[2])) fail("all have left, but there is a leader");
  if (const auto* state = data.get<Hash>(keys[0])) {
    for (const auto& [field, value] : *state) {
      const bool of_view =
          field.starts_with("view:") || field.starts_with("length:") || field.starts_with("highest:");
      if (of_view && field.substr(field.find(':') + 1) != current_view_)
        fail("all have left, but there is " + field);
    }
  }
}

}  // namespace tributary::sim
