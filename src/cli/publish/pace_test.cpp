#include "cli/publish/pace.hpp"

#include <gtest/gtest.h>

namespace tributary::cli {
namespace {

using namespace std::chrono_literals;

struct Run {
  std::uint64_t sent = 0;
  Pace::Time end{0};
  std::uint64_t turns = 0;
};

// Publishes in no time at all, asking whenever the pace says so.
Run play(Pace& pace) {
  Run run;
  for (;;) {
    const auto turn = pace.turn(run.end, run.sent);
    if (turn.finished) return run;
    run.sent += turn.messages;
    run.end = turn.next;
    EXPECT_LT(++run.turns, 1'000'000U);
    if (run.turns >= 1'000'000U) return run;
  }
}

TEST(Pace, ARateGivesExactlyItsTotal) {
  for (const std::uint64_t rate : {1U, 7U, 1000U, 20000U, 333333U}) {
    PublishSettings settings;
    settings.rate = rate;
    settings.duration = 3s;
    Pace pace(settings, 1);
    const auto run = play(pace);
    EXPECT_EQ(run.sent, rate * 3) << rate;
    EXPECT_LE(run.end, 3s + 10ms);
    EXPECT_GE(run.end, 3s - 1s);
  }
}

TEST(Pace, ARateIsEven) {
  PublishSettings settings;
  settings.rate = 20000;
  settings.duration = 10s;
  Pace pace(settings, 1);
  std::uint64_t sent = 0;
  for (Pace::Time now{0}; now < 10s;) {
    const auto turn = pace.turn(now, sent);
    sent += turn.messages;
    EXPECT_LE(turn.messages, 101U);
    EXPECT_NEAR(static_cast<double>(sent), std::chrono::duration<double>(now).count() * 20000, 2);
    now = turn.next;
  }
}

TEST(Pace, AfterAnOutageNothingIsMadeUpFor) {
  PublishSettings settings;
  settings.rate = 1000;
  settings.duration = 10s;
  Pace pace(settings, 1);
  EXPECT_EQ(pace.turn(1s, 0).messages, 1001U);
  pace.skip_to(5s, 1001);
  EXPECT_EQ(pace.turn(5s, 1001).messages, 1U);
  EXPECT_EQ(pace.turn(6s, 1002).messages, 1000U);
}

TEST(Pace, BatchesHavePausesAndEndInTime) {
  PublishSettings settings;
  settings.duration = 60s;
  settings.batch_size = 1000;
  Pace pace(settings, 5);
  const auto run = play(pace);
  EXPECT_EQ(run.end, 60s);
  EXPECT_GT(run.turns, 150U);  // 0.3 s on average
  EXPECT_LT(run.turns, 250U);
  EXPECT_EQ(run.sent, run.turns * 1000);
}

TEST(Pace, ACountAloneIgnoresTheDefaultDuration) {
  PublishSettings settings;
  settings.count = 1'000'001;
  Pace pace(settings, 1);
  EXPECT_EQ(play(pace).sent, 1'000'001U);
  settings.rate = 10;
  settings.count = 1000;  // 100 s, beyond the default 60
  Pace slow(settings, 1);
  EXPECT_EQ(play(slow).sent, 1000U);
}

}  // namespace
}  // namespace tributary::cli
