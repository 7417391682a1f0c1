#include "cli/status/status_text.hpp"
#include "cli/terminal/json_text.hpp"
#include "core/base/safe_text.hpp"

namespace tributary::cli {
namespace {

namespace json = boost::json;

json::object to_json(const observe::MemberStatus& member, const observe::GroupStatus& status) {
  return {{"member", json_or_null(member.id.text)},
          {"listed", member.listed},
          {"present", member.present},
          {"leader", member.id == status.leader},
          {"leaving", member.leaving},
          {"weight", member.weight},
          {"order", member.order},
          {"host", json_or_null(member.host)},
          {"pid", json_number_or_text(member.pid)},
          {"version", json_or_null(member.version)},
          {"consumers", member.consumers},
          {"state", json_or_null(member.state)},
          {"active", json_or_null(member.active)},
          {"stuck", member.present ? json::value_from(member.silent) : json::array()},
          {"capacity", json_or_null(member.capacity)},
          {"busy", json_or_null(member.busy)},
          {"kept", json_or_null(member.kept)},
          {"order_key", json_or_null(member.order_key)},
          {"journal_dir", json_or_null(member.journal_dir)},
          {"journal_limit", member.journal_limit},
          {"rate", json_or_null(member.rate)},
          {"received", member.received},
          {"committed", member.committed},
          {"backlog", member.backlog},
          {"lag_ms", json_or_null(member.lag_ms)},
          {"journal_bytes", member.journal_bytes},
          {"coverage_ms", json_or_null(member.coverage_ms)},
          {"floor", member.floor}};
}

json::object to_json(const observe::LaneStatus& lane) {
  return {{"view", json_or_null(lane.id.view.text())},
          {"lane", lane.id.index},
          {"owner", json_or_null(lane.owner.text)},
          {"position", lane.position},
          {"end", json_or_null(lane.end)},
          {"deaths", lane.deaths}};
}

json::object to_json(const observe::EpochStatus& epoch) {
  return {{"identity", json_or_null(epoch.identity)},
          {"order", epoch.order},
          {"last_view", epoch.last_view},
          {"revived", epoch.revived == "-" ? json::value(nullptr) : json_or_null(epoch.revived)}};
}

json::object to_json(const ChangeLine& line) {
  return {{"id", json_or_null(line.id)},        {"who", json_or_null(line.who)},
          {"field", json_or_null(line.field)},  {"from", json_number_or_text(line.from)},
          {"to", json_number_or_text(line.to)}, {"revision", json_number_or_text(line.revision)}};
}

json::object desired_json(const StatusReport& report) {
  const auto& status = report.status;
  const auto& desired = status.desired.desired;
  json::array complaints;
  for (const auto& complaint : status.desired.complaints) complaints.push_back(json_or_null(complaint));
  json::object object{{"state", state_name(desired.state)},
                      {"how", desired.stop_now ? "now" : "drain"},
                      {"consumers", json_or_null(desired.consumers)},
                      {"auto", desired.automatic},
                      {"minimum", desired.minimum},
                      {"maximum", desired.maximum},
                      {"batch_size", json_or_null(desired.batch_size)},
                      {"idle_timeout_ms", json_or_null(desired.idle_timeout_ms)},
                      {"revision", status.desired.revision},
                      {"complaints", complaints},
                      {"actual", status.weight(true) + status.weight(false)},
                      {"fixed", status.weight(false)},
                      {"why", json_or_null(status.why())},
                      {"state_change", nullptr}};
  if (report.state_change) object["state_change"] = to_json(*report.state_change);
  return object;
}

json::object to_json(const observe::JournalStatus& journal) {
  return {{"directory", json_or_null(journal.directory)},
          {"host", json_or_null(journal.host)},
          {"member", json_or_null(journal.member.text)},
          {"floor", journal.floor},
          {"waits_s", journal.waits_s}};
}

json::object to_json(const LossLine& line) {
  json::object object{{"id", json_or_null(line.id)}, {"reason", json_or_null(line.reason)}};
  for (const auto& [name, value] : line.details) object[valid_utf8(name)] = json_number_or_text(value);
  return object;
}

template <class Item, class... More>
json::array list(const std::vector<Item>& items, const More&... more) {
  json::array array;
  for (const auto& item : items) array.push_back(to_json(item, more...));
  return array;
}

}  // namespace

std::string status_json(const StatusReport& report) { return json_text(status_object(report)); }

json::object status_object(const StatusReport& report) {
  const auto& status = report.status;
  return {{"group", json_or_null(report.group)},
          {"view", json_or_null(status.view.text())},
          {"leader", json_or_null(status.leader.text)},
          {"server", json_or_null(report.server)},
          {"publish_at", json_or_null(report.holder)},
          {"server_identity", json_or_null(status.server_identity)},
          {"view_identity", json_or_null(status.identity)},
          {"group_nonce", json_or_null(status.nonce)},
          {"protocol", json_number_or_text(status.protocol)},
          {"tick", status.tick},
          {"rate", json_or_null(report.rate)},
          {"total", status.entries_added},
          {"stream_length", status.stream_length},
          {"dead_letters", status.dead_letters},
          {"duplicates_dropped", status.duplicates},
          {"dedup_ids", status.ids_kept},
          {"dedup_window_ms", json_or_null(status.dedup_window_ms)},
          {"dedup_reach_ms", status.dedup_window_ms ? json::value(status.dedup_reach_ms) : json::value()},
          {"backlog", status.backlog()},
          {"backlog_known", status.backlog_known()},
          {"consumers", status.consumers},
          {"nodes", status.nodes()},
          {"active", status.active()},
          {"stuck", status.stuck()},
          {"desired", desired_json(report)},
          {"journal_lasts_s", json_or_null(status.journal_lasts_s())},
          {"changes", list(report.changes)},
          {"coverage_ms", json_or_null(status.coverage_ms())},
          {"losses", status.losses},
          {"losses_known", status.lost},
          {"expelled", json_or_null(status.expelled)},
          {"members", list(status.members, status)},
          {"lanes", list(status.lanes)},
          {"epochs", list(status.epochs)},
          {"journals", list(status.journals)},
          {"last_losses", list(report.losses)}};
}

}  // namespace tributary::cli
