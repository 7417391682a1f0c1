#include "bench/measures.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "bench/publisher.hpp"

namespace tributary::bench {
namespace {

constexpr std::uint64_t kWarmUp = 1000;  // messages before the clock starts
// Of large payloads more than a journal holds: what counts is how it goes on, not that its memory is touched once.
constexpr std::uint64_t kWarmUpBytes = 300 << 20;
constexpr std::size_t kLarge = 1000;

std::uint64_t warm_up(const Plan& plan, std::uint64_t count, std::size_t size) {
  return std::max(std::min(kWarmUp, count / 10), size < kLarge ? 0 : plan.messages(kWarmUpBytes / size));
}

}  // namespace

void progress(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
  std::fflush(stderr);
}

Take carry(const Plan& plan, const Lineup& lineup, std::uint64_t count, std::size_t size) {
  Team team(plan.programs, lineup);
  Publisher publisher(team, message_of(size));
  publisher.flat_out(warm_up(plan, count, size));
  team.wait_until_appended(publisher.published());
  const auto server_before = team.server_cpu_seconds();
  const auto own_before = team.own_cpu_seconds();
  const auto start = nanoseconds_now();
  publisher.flat_out(count);
  team.wait_until_appended(publisher.published());
  const auto seconds = static_cast<double>(nanoseconds_now() - start) / 1e9;
  const auto messages = static_cast<double>(count);
  Take take;
  take.own_microseconds = (team.own_cpu_seconds() - own_before) * 1e6 / messages;
  take.server_microseconds = (team.server_cpu_seconds() - server_before) * 1e6 / messages;
  take.per_second = messages / seconds;
  if (team.appended() != publisher.published()) throw Failure(lineup.name + " appended something twice");
  progress(fmt::format("  {}: {:.0f}/s", lineup.name, take.per_second));
  return take;
}

void Takes::add(const Take& take) {
  per_second.push_back(take.per_second);
  server_microseconds.push_back(take.server_microseconds);
  own_microseconds.push_back(take.own_microseconds);
}

void in_turn(const Plan& plan, const std::string& what, std::size_t count,
             const std::function<void(std::size_t)>& take) {
  for (int pair = 0; pair < plan.pairs; ++pair) {
    progress(fmt::format("{}: pair {} of {}", what, pair + 1, plan.pairs));
    for (std::size_t i = 0; i < count; ++i) take(pair % 2 == 0 ? i : count - 1 - i);
  }
}

std::string thousands(double per_second) { return fmt::format("{:.0f}k/s", per_second / 1000); }

}  // namespace tributary::bench
