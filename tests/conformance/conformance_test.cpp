#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "conformance/pair.hpp"
#include "conformance/random_calls.hpp"

// Thousands of random calls to the simulated Redis and to a real one. Set TRIBUTARY_CONFORMANCE_SEED to begin
// with another seed, TRIBUTARY_CONFORMANCE_ROUNDS for more of them.
namespace tributary::test {
namespace {

constexpr int kCallsInRound = 300;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

using Sequence = std::vector<Operation>;

/// The first difference, and where; empty if there is none.
std::string difference_in(Pair& pair, const Sequence& sequence, std::size_t& at) {
  pair.reset();
  for (at = 0; at < sequence.size(); ++at) {
    if (auto difference = pair.apply(sequence[at]); !difference.empty()) return difference;
  }
  return "";
}

/// Leaves out what is not needed for a difference.
Sequence shrunk(Pair& pair, Sequence sequence) {
  std::size_t at = 0;
  for (std::size_t step = sequence.size() / 2; step > 0; step /= 2) {
    for (std::size_t begin = 0; begin + step <= sequence.size();) {
      Sequence without = sequence;
      without.erase(without.begin() + static_cast<std::ptrdiff_t>(begin),
                    without.begin() + static_cast<std::ptrdiff_t>(begin + step));
      if (difference_in(pair, without, at).empty()) {
        begin += step;
      } else {
        without.resize(at + 1);
        sequence = std::move(without);
      }
    }
  }
  return sequence;
}

class ConformanceTest : public testing::Test {
 protected:
  void run(std::uint64_t rounds, const std::function<Operation(RandomCalls&)>& next) {
    const auto first = from_environment("TRIBUTARY_CONFORMANCE_SEED", 1);
    for (auto seed = first; seed < first + from_environment("TRIBUTARY_CONFORMANCE_ROUNDS", rounds); ++seed) {
      pair_.reset();
      RandomCalls calls(pair_, seed);
      Sequence sequence;
      for (int i = 0; i < kCallsInRound; ++i) {
        sequence.push_back(next(calls));
        const auto difference = pair_.apply(sequence.back());
        if (!difference.empty()) return report(seed, std::move(sequence), difference);
        const auto& done = sequence.back();
        const bool settle = done.kind == Operation::Kind::settle;
        if (settle || done.kind == Operation::Kind::script) {
          ++answers_[(settle ? "settle " : std::string(sim::name_of(done.script)) + " ") +
                     pair_.last_answer()];
        }
      }
    }
  }

  Pair pair_;
  std::map<std::string, int> answers_;  // how often, by script and first word

 private:
  void report(std::uint64_t seed, Sequence sequence, const std::string& first_seen) {
    std::size_t at = 0;
    std::string text =
        "seed " + std::to_string(seed) + ", call " + std::to_string(sequence.size()) + ": " + first_seen;
    std::printf("%s\n(looking for fewer calls that show it)\n", text.c_str());
    std::fflush(stdout);
    sequence = shrunk(pair_, std::move(sequence));
    text += "\nthe same with fewer calls: " + difference_in(pair_, sequence, at) + "\nafter";
    for (const auto& operation : sequence) text += "\n  " + operation.text();
    FAIL() << text;
  }
};

TEST_F(ConformanceTest, RandomScriptCallsAnswerAndWriteTheSame) {
  run(40, [](RandomCalls& calls) { return calls.next(); });
  for (const char* answer :
       {"join ok",         "join wrongtype", "join list",       "join protocol",   "join fingerprint",
        "beat ok",         "beat stale",     "beat nomember",   "beat identity",   "beat nonce",
        "beat nostate",    "commit ok",      "commit gap",      "commit fenced",   "commit gone",
        "commit failed",   "claim ok",       "claim owned",     "claim gone",      "install ok",
        "install changed", "sweep ok",       "sweep changed",   "leave leaving",   "leave left",
        "leave lanes",     "leave cut",      "revive revived",  "revive survived", "revive refused",
        "declare ok",      "desire ok",      "desire conflict", "desire invalid",  "settle ok",
        "settle gap",      "settle fenced",  "settle gone",     "settle failed"}) {
    EXPECT_GT(answers_[answer], 0) << "no call was answered '" << answer
                                   << "': the calls are not what they should be";
  }
  if (!std::getenv("TRIBUTARY_CONFORMANCE_ROUNDS")) return;
  for (const auto& [answer, times] : answers_) std::printf("%8d %s\n", times, answer.c_str());
}

TEST_F(ConformanceTest, RandomCommandsAnswerAndWriteTheSame) {
  run(10, [](RandomCalls& calls) { return calls.next_command(); });
}

}  // namespace
}  // namespace tributary::test
