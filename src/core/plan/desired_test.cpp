#include "core/plan/desired.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tributary::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using State = Desired::State;

TEST(DesiredTest, NothingAskedForIsRunningWithWhatHostsHave) {
  const auto read = read_desired({}, {});
  EXPECT_EQ(read.desired, Desired{});
  EXPECT_TRUE(read.complaints.empty());
}

TEST(DesiredTest, EveryFieldIsRead) {
  const auto read = read_desired({{"state", "stopped"},
                                  {"how", "now"},
                                  {"consumers", "12"},
                                  {"minimum", "2"},
                                  {"maximum", "40"},
                                  {"batch_size", "500"},
                                  {"idle_timeout_ms", "1500"},
                                  {"revision", "7"},
                                  {"changed_by", "ann@web1"}},
                                 {});
  EXPECT_TRUE(read.complaints.empty());
  EXPECT_EQ(read.desired.state, State::stopped);
  EXPECT_TRUE(read.desired.stop_now);
  EXPECT_EQ(read.desired.consumers, 12u);
  EXPECT_FALSE(read.desired.automatic);
  EXPECT_EQ(read.desired.minimum, 2u);
  EXPECT_EQ(read.desired.maximum, 40u);
  EXPECT_EQ(read.desired.batch_size, 500u);
  EXPECT_EQ(read.desired.idle_timeout_ms, 1500);
  EXPECT_EQ(read.desired.changed_by, "ann@web1");
  EXPECT_TRUE(read_desired({{"consumers", "auto"}}, {}).desired.automatic);
}

TEST(DesiredTest, RubbishIsNamedAndTheLastGoodValueKept) {
  Desired last;
  last.state = State::paused;
  last.consumers = 5;
  last.batch_size = 10;
  const auto read = read_desired({{"state", "on fire"},
                                  {"consumers", "-3"},
                                  {"batch_size", "0"},
                                  {"colour", "red"},
                                  {"idle_timeout_ms", "\x01\xff"}},
                                 last);
  EXPECT_EQ(read.desired.state, State::paused);
  EXPECT_EQ(read.desired.consumers, 5u);
  EXPECT_EQ(read.desired.batch_size, 10u);
  EXPECT_FALSE(read.desired.idle_timeout_ms);
  EXPECT_THAT(read.complaints,
              ElementsAre("state must be running or paused or stopped, not \"on fire\"",
                          HasSubstr("not \"-3\""), HasSubstr("batch_size must be"),
                          "colour is not a field of the desired state", HasSubstr("not \"??\"")));
}

TEST(DesiredTest, AMinimumAboveTheMaximumKeepsTheLastBounds) {
  Desired last;
  last.minimum = 2;
  last.maximum = 9;
  const auto read = read_desired({{"minimum", "50"}, {"maximum", "4"}}, last);
  EXPECT_EQ(read.desired.minimum, 2u);
  EXPECT_EQ(read.desired.maximum, 9u);
  EXPECT_THAT(read.complaints, ElementsAre("minimum is above maximum"));
}

}  // namespace
}  // namespace tributary::plan
