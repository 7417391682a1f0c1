#include "http/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "http/families.hpp"
#include "tributary/version.hpp"

namespace tributary::http {
namespace {

using Labels = Families::Labels;

double number(bool yes) { return yes ? 1 : 0; }
double number(std::uint64_t count) { return static_cast<double>(count); }

Labels with(Labels labels, std::string name, std::string value) {
  labels.push_back({std::move(name), std::move(value)});
  return labels;
}

// --- what this node knows of itself

void add_state(Families& out, const Labels& of, const MeasuredGroup& group) {
  const auto& node = group.run->node();
  const auto& relay = group.run->relay();
  out.gauge("tributary_oldest_uncommitted_seconds",
            "How long the oldest message of this node that is not committed has been here: the lag.", of,
            relay.meter() != nullptr ? relay.meter()->oldest_uncommitted_s(node).value_or(0) : 0);
  out.gauge("tributary_up", "1 if the node is subscribed and in the view.", of,
            number(group.run->not_ready().empty()));
  out.gauge("tributary_leader", "1 if it leads the group.", of, number(node.leading()));
  out.gauge("tributary_paused", "1 if it was told to pause.", of, number(node.paused()));
  out.gauge("tributary_backlog_messages", "Messages that it owns and has not committed.", of,
            number(node.backlog()));
  out.gauge("tributary_journal_bytes", "Memory that it holds messages in.", of, number(node.journal_bytes()));
  out.gauge("tributary_journal_limit_bytes", "The most that may be.", of, number(group.journal_limit));
  out.gauge("tributary_consumers", "Consumers that the view gives it.", of,
            number(std::uint64_t{node.weight()}));
  out.gauge("tributary_consumers_busy", "Of these, at a message, on average.", of, relay.busy());
  out.gauge("tributary_consumers_stuck", "Of these, hanging at a message.", of,
            number(std::uint64_t{relay.stuck()}));
  out.gauge("tributary_open_lanes", "Lanes that it works on.", of,
            number(std::uint64_t{node.works().size()}));
  out.gauge("tributary_replay_coverage_seconds",
            "How far back it keeps committed messages, should Redis lose its last writes.", of,
            static_cast<double>(node.coverage_ms()) / 1000);
  out.gauge("tributary_replay_window_seconds", "How far it is meant to be.", of,
            static_cast<double>(node.settings().window_ms) / 1000);
  out.gauge("tributary_processor_failing", "1 while it keeps messages because the processor fails at them.",
            of, number(!relay.kept().empty()));
}

void add_messages(Families& out, const Labels& of, const MeasuredGroup& group) {
  const auto& figures = group.run->node().statistics();
  const auto& relay = group.run->relay();
  const auto received = [&](const std::string& channel, std::uint64_t count) {
    out.counter("tributary_messages_received_total",
                "Messages received, whosever they are; by channel, if few.",
                channel.empty() ? of : with(of, "channel", channel), number(count));
  };
  if (relay.received_by_channel().empty()) received(group.channel, figures.received);
  for (const auto& [channel, count] : relay.received_by_channel()) received(channel, count);
  out.counter("tributary_messages_committed_total",
              "Messages of this node that are done: appended, dead-lettered or dropped.", of,
              number(figures.committed));
  out.counter("tributary_messages_committed_again_total",
              "Messages committed once more, which Redis had lost.", of, number(figures.committed_again));
  if (const auto* duplicates = relay.duplicates()) {
    out.counter("tributary_messages_duplicate_total",
                "Messages not appended here because their id was, within the dedup window.", of,
                number(duplicates->dropped()));
  }
  const auto* meter = relay.meter();
  if (meter == nullptr) return;
  out.counter("tributary_messages_dead_lettered_total", "Messages that became dead letters here.", of,
              number(meter->dead_lettered()));
  out.counter("tributary_messages_dropped_total", "Messages that the processor dropped here.", of,
              number(meter->dropped()));
  if (const auto* processing = relay.processing_meter()) {
    out.counter("tributary_messages_retried_total", "Attempts at a message that failed and were made again.",
                of, number(processing->retries()));
    out.histogram("tributary_processing_seconds",
                  "Time for one message; of fast processors the mean of a commit.", of,
                  processing->seconds());
  }
  out.histogram("tributary_received_to_committed_seconds",
                "Time from a message's arrival here to its commit.", of, meter->commit_age_s());
  for (const auto& [what, count] : meter->results()) {
    const auto way = what.first == group::CommitWay::transaction ? "transaction" : "script";
    out.counter("tributary_commits_total", "Commits that were answered, or never will be.",
                with(with(of, "way", way), "result", relay::name_of(what.second)), number(count));
  }
  out.histogram("tributary_commit_round_trip_seconds", "Time from a commit to its answer.", of,
                meter->round_trip_s());
  out.histogram("tributary_commit_messages", "Messages of a commit.", of, meter->commit_messages());
}

void add_membership(Families& out, const Labels& of, const MeasuredGroup& group) {
  const auto& figures = group.run->node().statistics();
  out.counter("tributary_view_changes_total", "Views that it has seen begin.", of, number(figures.views));
  out.counter("tributary_claims_total", "Lanes that it took over.", of, number(figures.claims));
  out.counter("tributary_expulsions_total", "Times that it was expelled.", of, number(figures.expulsions));
  out.counter("tributary_lanes_given_up_total", "Lanes of others that it gave up for want of memory.", of,
              number(figures.given_up_lanes));
  out.counter("tributary_foreign_control_messages_total", "Control messages that were not this group's.", of,
              number(figures.foreign_control));
}

// --- what the server knows of the group: every node says the same

std::size_t versions(const observe::GroupStatus& status) {
  std::set<std::string> all;
  for (const auto& member : status.members) {
    if (member.present && !member.version.empty()) all.insert(member.version);
  }
  return all.size();
}

void add_members(Families& out, const Labels& of, const observe::GroupStatus& status) {
  out.gauge("tributary_group_nodes", "Nodes with a sign of life.", of, number(status.nodes()));
  out.gauge("tributary_group_consumers", "Consumers in the view, of those not leaving.", of,
            number(status.weight(true) + status.weight(false)));
  if (const auto& wanted = status.desired.desired.consumers)
    out.gauge("tributary_group_consumers_desired", "Consumers that were asked for.", of,
              number(std::uint64_t{*wanted}));
  out.gauge("tributary_group_consumers_stuck", "Consumers of present nodes without a sign of life.", of,
            number(status.stuck()));
  const auto keeping = std::ranges::count_if(
      status.members, [](const auto& member) { return member.present && !member.kept.empty(); });
  out.gauge("tributary_group_nodes_failing", "Nodes that keep messages because the processor fails.", of,
            static_cast<double>(keeping));
  out.gauge("tributary_group_versions", "Different versions of tributary among its nodes.", of,
            number(std::uint64_t{versions(status)}));
  out.gauge("tributary_group_expelled", "1 since a member was expelled because its messages differed.", of,
            number(!status.expelled.empty()));
  for (const auto state : {"running", "paused", "stopped"}) {
    using State = plan::Desired::State;
    const auto now = status.desired.desired.state;
    const auto name = now == State::running ? "running" : now == State::paused ? "paused" : "stopped";
    out.gauge("tributary_group_state", "1 for the state that was asked for.", with(of, "state", state),
              number(std::string_view(state) == name));
  }
  out.gauge("tributary_group_complaints", "Parts of the desired state that cannot be understood.", of,
            number(std::uint64_t{status.desired.complaints.size()}));
  out.counter("tributary_group_ticks_total", "Grows with each beat while a node works.", of,
              number(status.tick));
}

void add_work(Families& out, const Labels& of, const observe::GroupStatus& status) {
  out.gauge("tributary_group_backlog_messages", "Messages owned by present nodes and not committed.", of,
            number(status.backlog()));
  out.counter("tributary_group_appended_total", "Entries ever appended to the output stream.", of,
              number(status.entries_added));
  out.gauge("tributary_group_stream_entries", "Entries in the output stream.", of,
            number(status.stream_length));
  if (status.dedup_window_ms) {
    out.gauge("tributary_group_duplicates_dropped",
              "Messages not appended because their id was, since the group was made.", of,
              number(status.duplicates));
    out.gauge("tributary_group_dedup_ids", "Ids kept to recognise those by.", of, number(status.ids_kept));
    out.gauge("tributary_group_dedup_window_seconds", "How far back ids are to be kept.", of,
              static_cast<double>(*status.dedup_window_ms) / 1000);
    out.gauge("tributary_group_dedup_reach_seconds", "How far back they are.", of,
              static_cast<double>(status.dedup_reach_ms) / 1000);
  }
  out.gauge("tributary_group_dead_letters", "Entries in the dead-letter stream.", of,
            number(status.dead_letters));
  const std::uint64_t lost = std::min(status.lost, status.losses);
  const auto losses = [&](const char* kind, std::uint64_t count) {
    out.gauge("tributary_group_losses", "Lines of the loss ledger, by kind.", with(of, "kind", kind),
              number(count));
  };
  losses("lost", lost);
  losses("possible", status.losses - lost);
  std::uint64_t deaths = 0;
  for (const auto& lane : status.lanes) deaths = std::max(deaths, lane.deaths);
  out.gauge("tributary_group_open_lanes", "Lanes that are not at their end.", of,
            number(std::uint64_t{status.lanes.size()}));
  out.gauge("tributary_group_lane_deaths",
            "Nodes that died one after the other at one message, the most of any lane.", of, number(deaths));
  out.gauge("tributary_group_journals_awaited",
            "Journals in files of nodes that died, which the group waits for.", of,
            number(std::uint64_t{status.journals.size()}));
  if (const auto coverage = status.coverage_ms()) {
    out.gauge("tributary_group_replay_coverage_seconds",
              "The least that any node keeps committed messages for.", of,
              static_cast<double>(*coverage) / 1000);
  }
  if (const auto lasts = status.journal_lasts_s()) {
    out.gauge("tributary_group_journal_lasts_seconds",
              "Time until the first journal is full, at its present growth.", of, *lasts);
  }
}

void add_group(Families& out, const MeasuredGroup& group) {
  const Labels of{{"group", group.group}};
  add_state(out, of, group);
  add_messages(out, of, group);
  add_membership(out, of, group);
  out.gauge("tributary_group_readable", "1 if the group could be read from Redis for these figures.", of,
            number(group.status != nullptr));
  if (group.status != nullptr) {
    add_members(out, of, *group.status);
    add_work(out, of, *group.status);
  }
  if (group.losses == nullptr) return;
  for (const auto& [reason, count] : *group.losses) {
    out.counter("tributary_losses_declared_total", "Lines of the loss ledger, by reason.",
                with(of, "reason", reason), number(count));
  }
}

// A counter's family is called without the end of its samples' names there.
std::string open_metrics(const std::string& text) {
  constexpr std::string_view kEnd = "_total";
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# ")) {
      const auto name = line.find(' ', 2) + 1;
      const auto end = line.find(' ', name);
      if (line.substr(name, end - name).ends_with(kEnd)) line.erase(end - kEnd.size(), kEnd.size());
    }
    out += line + "\n";
  }
  return out + "# EOF\n";
}

}  // namespace

std::vector<prometheus::MetricFamily> Metrics::Collect() const {
  Families out;
  for (const auto& group : groups) add_group(out, group);
  out.gauge("tributary_build_info", "1, with the version.", {{"version", TRIBUTARY_VERSION}}, 1);
  out.counter("tributary_http_requests_total", "Requests that were answered here.", {},
              number(server.requests));
  out.counter("tributary_http_refused_total", "Connections without room, and requests that are none.", {},
              number(server.refused));
  out.counter("tributary_http_wrong_tokens_total", "Requests with a wrong token.", {}, number(wrong_tokens));
  out.gauge("tributary_http_connections", "Connections that are open.", {},
            number(std::uint64_t{server.connections}));
  add_process(out);
  return out.take();
}

std::string metrics_text(const prometheus::Collectable& metrics, bool open) {
  const auto text = prometheus::TextSerializer().Serialize(metrics.Collect());
  return open ? open_metrics(text) : text;
}

}  // namespace tributary::http
