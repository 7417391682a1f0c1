#include "core/plan/autoscale.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "support/scaled_group.hpp"

namespace tributary::plan {
namespace {

using test::Load;
using test::ScaledGroup;
using Moments = std::vector<ScaledGroup::Moment>;

const Load& load_named(const std::string& name) {
  const auto& loads = test::loads();
  return *std::find_if(loads.begin(), loads.end(), [&](const Load& load) { return load.name == name; });
}

const Moments& run(const std::string& name) {
  static std::map<std::string, Moments> known;
  const auto [found, is_new] = known.try_emplace(name);
  if (is_new) found->second = ScaledGroup::run(load_named(name));
  return found->second;
}

Load steady(double rate, double takes_s, double seconds) {
  Load load;
  load.seconds = seconds;
  load.rate = [=](double) { return rate; };
  load.takes = [=](std::uint64_t) { return takes_s; };
  return load;
}

std::uint32_t most_consumers(const Moments& moments, double from = 0, double to = 1e9) {
  std::uint32_t most = 0;
  for (const auto& moment : moments) {
    if (moment.at >= from && moment.at <= to) most = std::max(most, moment.consumers);
  }
  return most;
}

std::uint64_t most_backlog(const Moments& moments, double from = 0) {
  std::uint64_t most = 0;
  for (const auto& moment : moments) {
    if (moment.at >= from) most = std::max(most, moment.backlog);
  }
  return most;
}

const ScaledGroup::Moment& at(const Moments& moments, double time) {
  return *std::find_if(moments.begin(), moments.end(),
                       [&](const auto& moment) { return moment.at >= time - 0.001; });
}

/// How often it went up after it went down or the other way round.
int turns(const Moments& moments) {
  int count = 0, last = 0;
  for (std::size_t i = 1; i < moments.size(); ++i) {
    const auto before = moments[i - 1].consumers, now = moments[i].consumers;
    const int direction = now > before ? 1 : now < before ? -1 : last;
    count += last != 0 && direction != last;
    last = direction;
  }
  return count;
}

TEST(AutoscaleTest, EveryLoadIsFollowedWithinTheBounds) {
  for (const auto& load : test::loads()) {
    const auto& moments = run(load.name);
    EXPECT_NEAR(moments.back().at, load.seconds, 0.01) << load.name;
    for (const auto& moment : moments) {
      ASSERT_GE(moment.consumers, load.bounds.minimum) << load.name;
      ASSERT_LE(moment.consumers, load.bounds.maximum) << load.name;
    }
  }
}

TEST(AutoscaleTest, AStepIsFollowedUpWithinSecondsAndDownOnceItIsSure) {
  const auto& moments = run("step");
  EXPECT_LE(at(moments, 29).consumers, 2u);
  EXPECT_GE(at(moments, 37).consumers, 15u) << "enough for it 7 s later";
  EXPECT_LT(most_backlog(moments), 6'000u);
  EXPECT_LT(at(moments, 50).backlog, 100u);
  EXPECT_LE(most_consumers(moments), 26u);
  EXPECT_EQ(at(moments, 155).consumers, at(moments, 129).consumers) << "not yet: it might come back";
  EXPECT_LE(at(moments, 210).consumers, 2u);
  EXPECT_EQ(turns(moments), 1);
}

TEST(AutoscaleTest, ARampIsFollowedWithoutBacklog) {
  const auto& moments = run("ramp");
  EXPECT_LT(most_backlog(moments), 200u);
  EXPECT_GE(most_consumers(moments), 20u);
  EXPECT_LE(most_consumers(moments), 30u);
  EXPECT_EQ(moments.back().consumers, 1u);
  EXPECT_EQ(turns(moments), 1);
}

TEST(AutoscaleTest, ASpikeIsDrainedAndForgotten) {
  const auto& moments = run("spike");
  EXPECT_EQ(at(moments, 29).consumers, 1u);
  EXPECT_EQ(at(moments, 80).backlog, 0u);
  EXPECT_EQ(at(moments, 150).consumers, 1u);
  EXPECT_EQ(turns(moments), 1);
  const auto& spread = run("spike-minimum");
  EXPECT_EQ(at(spread, 50).backlog, 0u) << "the more hosts received it, the sooner it is done";
  EXPECT_EQ(at(spread, 120).consumers, 8u);
}

TEST(AutoscaleTest, SlowWavesAreFollowedAndShortOnesAreNot) {
  const auto& slow = run("sine");
  EXPECT_LT(most_backlog(slow, 60), 500u);
  EXPECT_LE(turns(slow), 10) << "two for each wave";
  const auto low = std::min_element(slow.begin() + 120, slow.end(),
                                    [](const auto& a, const auto& b) { return a.consumers < b.consumers; });
  EXPECT_LE(low->consumers, 10u);
  const auto& fast = run("wave");
  EXPECT_LT(most_backlog(fast, 60), 500u);
  EXPECT_LE(turns(fast), 2);
}

TEST(AutoscaleTest, ASingleMessageNeedsNobodyElse) {
  const auto& moments = run("silence");
  EXPECT_EQ(most_backlog(moments), 1u);
  EXPECT_EQ(moments.back().backlog, 0u);
  EXPECT_EQ(most_consumers(moments), 1u);
}

TEST(AutoscaleTest, SlowMessagesGetAboutAsManyAsTheyNeed) {
  const auto& moments = run("slow");
  EXPECT_GE(at(moments, 15).consumers, 30u) << "before much has come out";
  EXPECT_LT(most_backlog(moments, 60), 100u);
  EXPECT_LE(moments.back().consumers, 52u) << "30 are at a message, at 80 % busy 38";
  EXPECT_LE(turns(moments), 2);
}

TEST(AutoscaleTest, PoisonIsMadeUpForAndMakesNobodyRunAway) {
  const auto& slow = run("poison");
  EXPECT_LT(most_backlog(slow, 30), 1'000u);
  EXPECT_LE(most_consumers(slow), 14u);
  EXPECT_LE(turns(slow), 2);
  const auto& timed_out = run("poison-timeout");
  EXPECT_LT(most_backlog(timed_out, 30), 4'000u);
  EXPECT_LE(most_consumers(timed_out), 25u);
  EXPECT_LE(turns(timed_out), 2);
  // What stands behind a message that never ends stays, all else flows.
  const auto& for_ever = run("poison-forever");
  EXPECT_LT(most_backlog(for_ever), 4'000u);
  EXPECT_LE(at(for_ever, 290).backlog, at(for_ever, 150).backlog + 100);
  EXPECT_LE(most_consumers(for_ever), 25u);
  EXPECT_LE(for_ever.back().consumers, 15u);
}

TEST(AutoscaleTest, WhereMoreDoNotHelpThereAreNotMoreAndMore) {
  const auto& moments = run("elsewhere");
  EXPECT_LE(most_consumers(moments), 14u) << "5 do what can be done";
  EXPECT_NE(at(moments, 100).why.find("more did not help"), std::string::npos) << at(moments, 100).why;
}

TEST(AutoscaleTest, MessagesThatBecomeSlowerGetMoreInSpiteOfLessThroughput) {
  auto load = steady(300, 0.01, 200);
  load.takes = [](std::uint64_t n) { return n < 15'000 ? 0.01 : 0.08; };
  const auto moments = ScaledGroup::run(load);
  EXPECT_GE(moments.back().consumers, 24u);
  EXPECT_LT(moments.back().backlog, 500u);
}

TEST(AutoscaleTest, ASteadyLoadNeverMakesItFlap) {
  for (const double rate : {90.0, 250.0, 790.0, 2400.0}) {
    const auto moments = ScaledGroup::run(steady(rate, 0.01, 300));
    EXPECT_LE(turns(moments), 1) << rate;
    EXPECT_LT(moments.back().backlog, 100u) << rate;
    EXPECT_LE(moments.back().consumers, rate / 100 / 0.8 * 1.4 + 1) << rate;
  }
}

TEST(AutoscaleTest, TheBoundsHoldAlsoWhenTheyChange) {
  Autoscaler scaler;
  EXPECT_EQ(scaler.advise({0, 0, 0, 0, 1, 1, 1}, {3, 5}).consumers, 3u);
  EXPECT_EQ(scaler.advise({500, 0, 0, 0, 5, 1, 1}, {1, 2}).consumers, 2u);
  auto load = steady(100'000, 0.01, 20);
  load.bounds = {3, 5};
  EXPECT_EQ(ScaledGroup::run(load).back().consumers, 5u);
}

TEST(AutoscaleTest, MessagesSoSlowThatNothingComesOutStillBringHelp) {
  Autoscaler scaler;
  std::uint32_t consumers = 1;
  for (TimeMs now = 0; now < 20'000; now += 500) {
    const auto came = static_cast<std::uint64_t>(now);
    consumers = scaler.advise({now, came, 0, came, consumers, 1.0, 1.0}, {1, 8}).consumers;
  }
  EXPECT_EQ(consumers, 8u);
}

TEST(AutoscaleTest, HardlyAnythingToDoNeedsHardlyAnybody) {
  Autoscaler scaler;
  std::uint32_t consumers = 16;
  for (TimeMs now = 0; now < 120'000; now += 500) {
    const auto came = static_cast<std::uint64_t>(now / 500);
    consumers = scaler.advise({now, came, came, 0, consumers, 0.0001, 0.0001}, {1, 60}).consumers;
  }
  EXPECT_EQ(consumers, 1u) << "also while the speed of a consumer cannot be measured";
}

TEST(AutoscaleTest, ANodeThatGoesAndComesTakesItsFiguresWithItAndNothingChanges) {
  Autoscaler scaler;
  std::uint64_t received = 1'000'000, committed = 1'000'000;
  for (TimeMs now = 0; now < 80'000; now += 500) {
    const bool gone = now >= 40'000 && now < 50'000;
    received += 400;
    committed += 400;
    const auto advice = scaler.advise({now, gone ? received / 2 : received, gone ? committed / 2 : committed,
                                       5, 10, 0.8, 0.8, gone ? 3u : 4u},
                                      {1, 60});
    ASSERT_EQ(advice.consumers, 10u) << now << advice.why;
  }
}

TEST(AutoscaleTest, ItSaysWhy) {
  const auto moments = ScaledGroup::run(steady(500, 0.01, 30));
  EXPECT_NE(moments.back().why.find("arrive"), std::string::npos) << moments.back().why;
}

}  // namespace
}  // namespace tributary::plan
