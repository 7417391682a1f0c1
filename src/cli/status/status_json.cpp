#include <boost/json.hpp>

#include "cli/status/status_text.hpp"

namespace tributary::cli {
namespace {

namespace json = boost::json;

template <class Value>
json::value or_null(const std::optional<Value>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::value or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object to_json(const observe::MemberStatus& member, const observe::GroupStatus& status) {
  return {{"member", member.id.text},
          {"listed", member.listed},
          {"present", member.present},
          {"leader", member.id == status.leader},
          {"leaving", member.leaving},
          {"weight", member.weight},
          {"order", member.order},
          {"host", or_null(member.host)},
          {"pid", or_null(member.pid)},
          {"version", or_null(member.version)},
          {"consumers", member.consumers},
          {"state", or_null(member.state)},
          {"active", or_null(member.active)},
          {"stuck", member.present ? json::value_from(member.silent) : json::array()},
          {"capacity", or_null(member.capacity)},
          {"busy", or_null(member.busy)},
          {"journal_limit", member.journal_limit},
          {"rate", or_null(member.rate)},
          {"received", member.received},
          {"committed", member.committed},
          {"backlog", member.backlog},
          {"journal_bytes", member.journal_bytes},
          {"coverage_ms", or_null(member.coverage_ms)},
          {"floor", member.floor}};
}

json::object to_json(const observe::LaneStatus& lane) {
  return {{"view", lane.id.view.text()},
          {"lane", lane.id.index},
          {"owner", or_null(lane.owner.text)},
          {"position", lane.position},
          {"end", or_null(lane.end)}};
}

json::object to_json(const observe::EpochStatus& epoch) {
  return {{"identity", epoch.identity},
          {"order", epoch.order},
          {"last_view", epoch.last_view},
          {"revived", epoch.revived == "-" ? json::value(nullptr) : json::value(epoch.revived)}};
}

json::object to_json(const ChangeLine& line) {
  return {{"id", line.id},     {"who", line.who}, {"field", line.field},
          {"from", line.from}, {"to", line.to},   {"revision", line.revision}};
}

const char* state_name(plan::Desired::State state) {
  constexpr const char* kNames[] = {"running", "paused", "stopped"};
  return kNames[static_cast<std::size_t>(state)];
}

json::object desired_json(const StatusReport& report) {
  const auto& status = report.status;
  const auto& desired = status.desired.desired;
  json::object object{{"state", state_name(desired.state)},
                      {"how", desired.stop_now ? "now" : "drain"},
                      {"consumers", or_null(desired.consumers)},
                      {"auto", desired.automatic},
                      {"minimum", desired.minimum},
                      {"maximum", desired.maximum},
                      {"batch_size", or_null(desired.batch_size)},
                      {"idle_timeout_ms", or_null(desired.idle_timeout_ms)},
                      {"revision", status.desired.revision},
                      {"complaints", json::value_from(status.desired.complaints)},
                      {"actual", status.weight(true) + status.weight(false)},
                      {"fixed", status.weight(false)},
                      {"why", or_null(status.why())},
                      {"state_change", nullptr}};
  if (report.state_change) object["state_change"] = to_json(*report.state_change);
  return object;
}

json::object to_json(const LossLine& line) {
  json::object object{{"id", line.id}, {"reason", line.reason}};
  for (const auto& [name, value] : line.details) object[name] = value;
  return object;
}

template <class Item, class... More>
json::array list(const std::vector<Item>& items, const More&... more) {
  json::array array;
  for (const auto& item : items) array.push_back(to_json(item, more...));
  return array;
}

}  // namespace

std::string status_json(const StatusReport& report) {
  const auto& status = report.status;
  return json::serialize(json::object{{"group", report.group},
                                      {"view", status.view.text()},
                                      {"leader", or_null(status.leader.text)},
                                      {"server", report.server},
                                      {"server_identity", status.server_identity},
                                      {"view_identity", or_null(status.identity)},
                                      {"group_nonce", status.nonce},
                                      {"protocol", status.protocol},
                                      {"tick", status.tick},
                                      {"rate", or_null(report.rate)},
                                      {"total", status.entries_added},
                                      {"stream_length", status.stream_length},
                                      {"dead_letters", status.dead_letters},
                                      {"backlog", status.backlog()},
                                      {"consumers", status.consumers},
                                      {"nodes", status.nodes()},
                                      {"active", status.active()},
                                      {"stuck", status.stuck()},
                                      {"desired", desired_json(report)},
                                      {"journal_lasts_s", or_null(status.journal_lasts_s())},
                                      {"changes", list(report.changes)},
                                      {"coverage_ms", or_null(status.coverage_ms())},
                                      {"losses", status.losses},
                                      {"expelled", or_null(status.expelled)},
                                      {"members", list(status.members, status)},
                                      {"lanes", list(status.lanes)},
                                      {"epochs", list(status.epochs)},
                                      {"last_losses", list(report.losses)}});
}

}  // namespace tributary::cli
