// The hot places one by one: where a change of the whole comes from.
#include <benchmark/benchmark.h>

#include "cli/system/private_server.hpp"
#include "core/journal/journal.hpp"
#include "process/entries.hpp"
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

/// A private server with one lane of a made-up group, and commits to it.
class CommitCalls {
 public:
  explicit CommitCalls(benchmark::State& state) : server_(cli::PrivateServer::start(cli::Persistence::none)) {
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
    (void)client_->ask({"HSET", "state", "lane:1.abcdef:0", "member 0 -"});
    (void)client_->ask({"SCRIPT", "LOAD", script_.body});
  }
  bool ready() const { return client_.has_value(); }

  bool commit(std::size_t entries) {
    runs_.clear();
    const auto from = std::to_string(position_);
    for (std::size_t i = 0; i < entries; ++i) {
      const process::Field id{"message_id", "6f1c2a7e-90d4-4b3a-8c55-000000000000"};
      const process::Field stamp{"processed", "1"};
      runs_.append({id.value, {&id, 1}, "a1b2c3.1", {&stamp, 1}, "1.abcdef:" + std::to_string(++position_)});
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
  Result<cli::PrivateServer> server_;
  std::optional<redis::SyncClient> client_;
  const redis::Script& script_ = redis::script(group::Script::commit);
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

}  // namespace

BENCHMARK_MAIN();
