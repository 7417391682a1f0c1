#include "core/plan/autoscale.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace tributary::plan {
namespace {

// A group of consumers that each do `speed` messages/s, under a load curve, sampled at every beat.
struct Group {
  double speed = 100;
  ScaleBounds bounds{1, 50};
  double backlog = 0, received = 0, committed = 0;
  std::uint32_t consumers = 1;
  TimeMs now = 0;
  Autoscaler scaler;
  int changes_of_direction = 0, last_direction = 0;
  double most_backlog = 0;

  void run(double seconds, const std::function<double(double)>& rate) {
    const auto end = now + static_cast<TimeMs>(seconds * 1000);
    const auto start = now;
    for (; now < end; now += 500) {
      const double arrived = rate(static_cast<double>(now - start) / 1000) * 0.5;
      received += arrived;
      backlog += arrived;
      const double room = speed * consumers * 0.5;
      const double done = std::min(backlog, room);
      backlog -= done;
      committed += done;
      most_backlog = std::max(most_backlog, backlog);
      const Sample sample{now,
                          static_cast<std::uint64_t>(received),
                          static_cast<std::uint64_t>(committed),
                          static_cast<std::uint64_t>(backlog),
                          consumers,
                          room > 0 ? done / room : 0};
      const auto next = scaler.advise(sample, bounds).consumers;
      const int direction = next > consumers ? 1 : next < consumers ? -1 : 0;
      if (direction != 0) {
        if (last_direction != 0 && direction != last_direction) ++changes_of_direction;
        last_direction = direction;
      }
      consumers = next;
      ASSERT_GE(consumers, bounds.minimum);
      ASSERT_LE(consumers, bounds.maximum);
    }
  }
};

TEST(AutoscaleTest, a_step_is_followed_up_at_once_and_down_slowly) {
  Group group;
  group.run(20, [](double) { return 50; });
  EXPECT_EQ(group.consumers, 1u);
  group.run(20, [](double) { return 1500; });
  EXPECT_GE(group.consumers, 15u);
  group.run(200, [](double) { return 1500; });
  EXPECT_LT(group.backlog, 100);
  EXPECT_LE(group.consumers, 40u);
  const auto before = group.consumers;
  group.run(20, [](double) { return 50; });
  EXPECT_EQ(group.consumers, before) << "not yet: it might come back";
  group.run(600, [](double) { return 50; });
  EXPECT_EQ(group.consumers, 1u);
  EXPECT_LE(group.changes_of_direction, 2);
}

TEST(AutoscaleTest, a_steady_load_never_makes_it_flap) {
  for (const double rate : {90.0, 250.0, 790.0, 801.0, 2400.0}) {
    Group group;
    group.run(60, [&](double) { return rate; });
    const auto settled = group.changes_of_direction;
    group.run(600, [&](double t) { return rate * (1 + 0.05 * std::sin(t)); });
    EXPECT_LE(group.changes_of_direction - settled, 1) << rate;
    EXPECT_LT(group.backlog, rate) << rate;
  }
}

TEST(AutoscaleTest, a_ramp_and_a_sine_are_followed_with_bounded_backlog) {
  Group ramp;
  ramp.run(300, [](double t) { return 10 * t; });
  EXPECT_GE(ramp.consumers, 30u);
  EXPECT_LT(ramp.most_backlog, 10'000);
  Group sine;
  sine.run(1200, [](double t) { return 1500 + 1200 * std::sin(t / 60); });
  EXPECT_LT(sine.backlog, 3000);
  EXPECT_LT(sine.most_backlog, 20'000);
}

TEST(AutoscaleTest, a_spike_after_silence_is_drained_and_forgotten) {
  Group group;
  group.run(120, [](double) { return 0; });
  EXPECT_EQ(group.consumers, 1u);
  group.run(5, [](double) { return 4000; });
  group.run(60, [](double) { return 0; });
  EXPECT_EQ(group.backlog, 0);
  group.run(900, [](double) { return 0; });
  EXPECT_EQ(group.consumers, 1u);
}

TEST(AutoscaleTest, a_single_message_needs_no_change_and_is_done) {
  Group group;
  group.run(60, [](double) { return 0; });
  group.run(0.5, [](double) { return 2; });
  group.run(10, [](double) { return 0; });
  EXPECT_EQ(group.backlog, 0);
  EXPECT_EQ(group.consumers, 1u);
}

TEST(AutoscaleTest, the_bounds_hold_also_when_they_change) {
  Group group;
  group.bounds = {3, 5};
  group.run(60, [](double) { return 100'000; });
  EXPECT_EQ(group.consumers, 5u);
  group.bounds = {1, 2};
  group.run(1, [](double) { return 100'000; });
  EXPECT_EQ(group.consumers, 2u);
}

TEST(AutoscaleTest, messages_so_slow_that_nothing_comes_out_still_bring_help) {
  Autoscaler scaler;
  std::uint32_t consumers = 1;
  for (TimeMs now = 0; now < 20'000; now += 500) {
    consumers = scaler
                    .advise({now, static_cast<std::uint64_t>(now), 0, static_cast<std::uint64_t>(now),
                             consumers, 1.0},
                            {1, 8})
                    .consumers;
  }
  EXPECT_GT(consumers, 4u);
}

TEST(AutoscaleTest, it_says_why) {
  Group group;
  group.run(30, [](double) { return 500; });
  const auto advice = group.scaler.advise({group.now, 15'000, 15'000, 0, group.consumers, 0.5}, group.bounds);
  EXPECT_NE(advice.why.find("arrive"), std::string::npos) << advice.why;
}

}  // namespace
}  // namespace tributary::plan
