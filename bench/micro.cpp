// The hot places one by one: where a change of the whole comes from.
#include <benchmark/benchmark.h>

#include "cli/system/private_server.hpp"
#include "core/journal/journal.hpp"
#include "process/entries.hpp"
#include "process/entry_commands.hpp"
#include "process/payload.hpp"
#include "process/pipeline.hpp"
#include "process/processors.hpp"
#include "redis/command.hpp"
#include "redis/scripts.hpp"
#include "redis/sync_client.hpp"
#include "relay/position_text.hpp"

namespace {

using namespace tributary;

const std::string kPayload = R"({"message_id":"6f1c2a7e-90d4-4b3a-8c55-000000000000"})";

const std::string kTenMembers =
    R"({"message_id":"6f1c2a7e-90d4-4b3a-8c55-000000000000","kind":"order","customer":"c-48213","amount":129.95,)"
    R"("currency":"EUR","items":3,"paid":true,"note":"please ring twice","created":"2026-05-01T12:00:00Z",)"
    R"("tags":["new","gift"]})";

// With the readable bytes behind it that the parser asks for.
std::string padded(const std::string& payload) { return payload + std::string(128, '\0'); }

std::string large_payload(std::int64_t bytes) {
  return R"({"message_id":"6f1c2a7e-90d4-4b3a-8c55-000000000000","data":")" +
         std::string(static_cast<std::size_t>(bytes), 'x') + "\"}";
}

void parse_payload(benchmark::State& state) {
  const auto payload = state.range(0) == 0 ? kPayload : large_payload(state.range(0));
  const auto bytes = padded(payload);
  process::PayloadParser parser;
  for (auto _ : state)
    benchmark::DoNotOptimize(parser.parse(std::string_view(bytes).substr(0, payload.size())));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(payload.size()));
}
BENCHMARK(parse_payload)->Arg(0)->Arg(1000)->Arg(10000);

// Appended, and forgotten a thousand messages later, as in a node whose commits follow closely.
void append_to_journal(benchmark::State& state) {
  const auto lanes = static_cast<std::uint32_t>(state.range(0));
  journal::Journal journal(std::vector<std::uint32_t>(lanes, 1));
  for (auto _ : state) {
    journal.append(kPayload);
    if (journal.count() % 1000 != 0) continue;
    for (std::uint32_t lane = 0; lane < lanes; ++lane) journal.forget_below(lane, journal.count() / lanes);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(append_to_journal)->Arg(1)->Arg(10)->Arg(200);

void look_up_slot(benchmark::State& state) {
  const journal::Slots slots(std::vector<std::uint32_t>(static_cast<std::size_t>(state.range(0)), 10));
  std::uint64_t rank = 0;
  for (auto _ : state) benchmark::DoNotOptimize(slots.position_of(1, ++rank));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(look_up_slot)->Arg(3)->Arg(20);

// In the formats json, raw, and with payloads of ten members json with members and with the payload: read, stamped and
// written as part of a transaction of 500.
void write_entries(benchmark::State& state) {
  constexpr const char* kNames[] = {"json", "raw", "ten members", "ten members, payload"};
  const auto kind = static_cast<std::size_t>(state.range(0));
  const auto payload = kind < 2 ? kPayload : kTenMembers;
  const auto bytes = padded(payload);
  process::MessageFormat format;
  format.raw = kind == 1;
  format.payload_entry = kind == 3;
  process::MessagePipeline pipeline(process::make_processors("stamp").value()(), {}, "a1b2c3.1", format);
  process::EntryCommands commands("messages:processed", "messages:processed:dead");
  std::uint64_t position = 1'000'000;
  relay::PositionText text(group::ViewId{7, "3fa9c2"});
  for (auto _ : state) {
    pipeline.process(std::string_view(bytes).substr(0, payload.size()), text(++position), commands);
    if (commands.commands() < 500) continue;
    benchmark::DoNotOptimize(commands.bytes().data());
    commands.clear();
  }
  state.SetLabel(kNames[kind]);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(write_entries)->DenseRange(0, 3);

// A payload read, stamped, and written as part of a commit of 100.
void format_entries(benchmark::State& state) {
  const auto bytes = padded(kPayload);
  process::MessagePipeline pipeline(process::make_processors("stamp").value()(), {}, "a1b2c3.1");
  process::EntryRuns runs;
  std::uint64_t position = 1'000'000;
  relay::PositionText text(group::ViewId{7, "3fa9c2"});
  for (auto _ : state) {
    pipeline.process(std::string_view(bytes).substr(0, kPayload.size()), text(++position), runs);
    if (runs.entries() < 100) continue;
    runs.finish();
    benchmark::DoNotOptimize(runs.bytes().data());
    runs.clear();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(format_entries);

/// A private server with one script loaded.
class ScriptCalls {
 public:
  ScriptCalls(benchmark::State& state, group::Script script)
      : server_(cli::PrivateServer::start(cli::Persistence::none)), script_(redis::script(script)) {
    if (!server_) {
      state.SkipWithError(server_.error().message.c_str());
      return;
    }
    auto client = redis::SyncClient::connect(server_->endpoint());
    if (!client) {
      state.SkipWithError(client.error().message.c_str());
      return;
    }
    client_.emplace(std::move(*client));
    (void)client_->ask({"SCRIPT", "LOAD", script_.body});
  }
  bool ready() const { return client_.has_value(); }

 protected:
  Result<cli::PrivateServer> server_;
  std::optional<redis::SyncClient> client_;
  const redis::Script& script_;
};

/// Commits to one lane of a made-up group.
class CommitCalls : public ScriptCalls {
 public:
  explicit CommitCalls(benchmark::State& state) : ScriptCalls(state, group::Script::commit) {
    if (ready()) (void)client_->ask({"HSET", "state", "lane:1.abcdef:0", "member 0 -"});
  }

  bool commit(std::size_t entries) {
    runs_.clear();
    const auto from = std::to_string(position_);
    for (std::size_t i = 0; i < entries; ++i) {
      const process::Field id{"message_id", "6f1c2a7e-90d4-4b3a-8c55-000000000000"};
      const process::Field stamp{"processed", "1"};
      const auto position = "1.abcdef:" + std::to_string(++position_);
      process::Entry entry;
      entry.message_id = id.value;
      entry.members = {&id, 1};
      entry.consumer_id = "a1b2c3.1";
      entry.additions = {&stamp, 1};
      entry.position = position;
      runs_.append(entry);
    }
    runs_.finish();
    std::string command;
    redis::append_command_header(command, 11 + runs_.arguments());
    for (const auto argument : {"EVALSHA", script_.sha.c_str(), "3", "state", "out", "out:dead", "member",
                                "1.abcdef:0", from.c_str(), "0", "0"}) {
      redis::append_argument(command, argument);
    }
    command += runs_.bytes();
    client_->append_formatted(command, 1);
    const auto reply = client_->next();
    return reply && reply.value().is_array() && reply.value().elements[0].text == "ok";
  }

 private:
  process::EntryRuns runs_;
  std::uint64_t position_ = 0;
};

// There and back, so with the server's share and two system calls.
void call_commit_script(benchmark::State& state) {
  CommitCalls calls(state);
  const auto entries = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    if (calls.ready() && !calls.commit(entries)) state.SkipWithError("the commit was refused");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(call_commit_script)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->UseRealTime();

/// Beats of the leader of a made-up group, all of which is present, with open lanes of earlier views.
class BeatCalls : public ScriptCalls {
 public:
  BeatCalls(benchmark::State& state, int members, std::int64_t open_lanes)
      : ScriptCalls(state, group::Script::beat) {
    if (!ready()) return;
    std::string list;
    for (int i = 0; i < members; ++i) {
      list += (i == 0 ? "" : ",") + member(i) + "/1/" + std::to_string(i + 1) + "/0";
    }
    const auto record = identity() + " " + list;
    std::vector<std::string> command{"HSET", "state", "nonce", "abcdef", "view", "1000.abcdef"};
    command.insert(command.end(), {"view:1000.abcdef", record, "tick", "0"});
    for (std::int64_t i = 0; i < open_lanes; ++i) {
      const auto view = std::to_string(1 + i / members) + ".abcdef";
      const auto index = static_cast<int>(i % members);
      if (index == 0) command.insert(command.end(), {"view:" + view, record});
      command.insert(command.end(),
                     {"lane:" + view + ":" + std::to_string(index), member(index) + " 1000000 2000000"});
    }
    (void)client_->command(command);
    for (int i = 0; i < members; ++i) (void)beat(i);
  }

  bool beat(int i = 0) {
    std::vector<std::string> command{
        "EVALSHA",    script_.sha, "8",       "state",   "members",    "leader", "losses", "out", "list",
        "list:group", "desired",   "out",     member(i), "abcdef",     "0",      "-",      "1",   "-",
        "-",          "-",         "3600000", "7200000", "1000000000", "abcdef", "1",      "1"};
    for (const auto* word : {"received",
                             "1234567",
                             "committed",
                             "1234567",
                             "backlog",
                             "12",
                             "journal",
                             "12345678",
                             "busy",
                             "0.500000",
                             "hanging",
                             "",
                             "why",
                             "",
                             "state",
                             "running",
                             "holds",
                             "",
                             "view",
                             "1000.abcdef",
                             "host",
                             "a1b2c3d4e5f6",
                             "pid",
                             "12345",
                             "version",
                             "1.0.0",
                             "consumers",
                             "1",
                             "coverage_ms",
                             "30000",
                             "journal_limit",
                             "268435456",
                             "journal_growth",
                             "1234",
                             "rate",
                             "12345.6",
                             "kept",
                             "",
                             "-"})
      command.emplace_back(word);
    const auto reply = client_->command(command);
    return reply && reply.value().is_array() && reply.value().elements[0].text == "ok";
  }

 private:
  static std::string member(int i) { return "a1b2c3d4e5f6-" + std::to_string(i); }
  std::string identity() {
    const auto value = [this](const char* section, const std::string& name) {
      const auto info = client_->command({"INFO", section});
      const auto& text = info ? info.value().text : name;
      const auto begin = text.find(name);
      return begin == std::string::npos ? "" : text.substr(begin + name.size(), 40);
    };
    return value("server", "run_id:") + "/" + value("replication", "master_replid:");
  }
};

// As far as join.lua lets them become; meanwhile the server does nothing else.
void call_beat_script(benchmark::State& state) {
  BeatCalls calls(state, static_cast<int>(state.range(0)), state.range(1));
  for (auto _ : state) {
    if (calls.ready() && !calls.beat()) state.SkipWithError("the beat was refused");
  }
}
BENCHMARK(call_beat_script)
    ->ArgNames({"members", "lanes"})
    ->ArgsProduct({{10, 100}, {0, 1000, 2000}})
    ->Args({10, 100})
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
