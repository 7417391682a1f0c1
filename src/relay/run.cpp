#include "relay/run.hpp"

#include <utility>

#include "core/base/check.hpp"
#include "process/entries.hpp"
#include "process/pipeline.hpp"
#include "relay/position_text.hpp"
#include "tributary/message.hpp"

namespace tributary::relay {
namespace {

constexpr std::size_t kMostBytesInRun = 1u << 20;

}  // namespace

void Run::pad() { payloads.append(kPayloadPadding, '\0'); }

std::shared_ptr<Run> make_run(const group::HeldView& view, const group::LaneId& lane, std::string member,
                              std::uint64_t first, std::uint64_t end) {
  auto run = std::make_shared<Run>();
  run->lane = lane;
  run->member = std::move(member);
  run->first = first;
  run->after = first == 0 ? 0 : view.journal.position_of(lane.index, first - 1);
  view.journal.lane(lane.index).each(first, end, [&](std::uint64_t rank, std::string_view payload) {
    run->add(payload, view.journal.position_of(lane.index, rank));
    return run->payloads.size() < kMostBytesInRun;
  });
  run->pad();
  return run;
}

SplitRun give_up_message(const Run& run, const process::MessageFormat& format, std::uint32_t number,
                         std::string_view reason, unsigned attempts) {
  const auto given_up = run.message;
  TRIBUTARY_CHECK(run.done == given_up);
  SplitRun split{std::make_shared<Run>(), nullptr};
  auto& before = *split.before;
  before.lane = run.lane;
  before.member = run.member;
  before.first = run.first;
  before.after = run.after;
  before.positions.assign(run.positions.begin(),
                          run.positions.begin() + static_cast<std::ptrdiff_t>(given_up) + 1);
  before.done = before.positions.size();

  PositionText position(run.lane.view);
  process::EntryRuns letter;
  process::give_up(format, process::split_record(format, run.payload(given_up)), reason, attempts,
                   run.consumer(number), position(run.positions[given_up]), letter);
  letter.finish();
  before.arguments = run.arguments;
  before.arguments += letter.bytes();
  before.argument_count = run.argument_count + letter.arguments();
  before.dead_lettered = run.dead_lettered + letter.dead_lettered();
  before.dropped = run.dropped;

  if (before.done == run.positions.size()) return split;
  split.rest = std::make_shared<Run>();
  split.rest->lane = run.lane;
  split.rest->only_by = run.only_by;
  split.rest->member = run.member;
  split.rest->first = before.end();
  split.rest->after = before.positions.back();
  for (auto i = given_up + 1; i < run.positions.size(); ++i)
    split.rest->add(run.payload(i), run.positions[i]);
  split.rest->pad();
  return split;
}

}  // namespace tributary::relay
