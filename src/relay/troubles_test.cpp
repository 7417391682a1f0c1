#include "relay/troubles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tributary::relay {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Level = group::Report::Level;

redis::Failure cut() {
  redis::Failure failure(Error{ErrorKind::unavailable, "closed by the server"});
  failure.cut = true;
  return failure;
}
const Error kRefused{ErrorKind::no_permission, "a rule is missing"};
const Error kGone{ErrorKind::unavailable, "cannot reach it"};

class TroublesTest : public testing::Test {
 protected:
  /// What was said above DEBUG since the last time.
  std::vector<std::string> said() { return std::exchange(said_, {}); }

  Troubles troubles_{redis::Endpoint(), [this](const group::Report& report) {
                       if (report.level == Level::debug) return;
                       said_.push_back((report.level == Level::info ? ". " : "! ") + report.text);
                     }};

 private:
  std::vector<std::string> said_;
};

TEST_F(TroublesTest, ALostServerIsOneLineWhicheverConnectionEndsFirst) {
  for (const bool subscription_first : {true, false}) {
    if (subscription_first) troubles_.no_subscription(cut(), true, 1000);
    troubles_.no_connection(kGone, 1001);
    if (!subscription_first) troubles_.no_subscription(cut(), false, 1002);
    for (TimeMs now = 1002; now < 9000; now += 50) troubles_.remind(now);
    EXPECT_THAT(said(), ElementsAre("! cannot reach it; waiting for it"));
    troubles_.connected(9000);
    troubles_.subscribed(9010);
    EXPECT_THAT(said(), ElementsAre(". connected to localhost:6379 after 7.9 s"));
  }
}

TEST_F(TroublesTest, ASubscriptionThatIsCutOffAndComesBackIsGuessedAt) {
  troubles_.no_subscription(cut(), true, 1000);
  troubles_.remind(1050);
  EXPECT_THAT(said(), IsEmpty()) << "the next attempt may tell more";
  troubles_.subscribed(1200);
  EXPECT_THAT(
      said(),
      ElementsAre(HasSubstr("! not subscribed: closed by the server; the other connection is still up"),
                  HasSubstr(". subscribed after ")));
  troubles_.no_subscription(cut(), true, 70'000);
  for (TimeMs now = 70'000; now <= 72'000; now += 50) troubles_.remind(now);
  EXPECT_THAT(said(), ElementsAre(HasSubstr("client-output-buffer-limit pubsub")))
      << "also if it does not come back";
}

TEST_F(TroublesTest, ASubscriptionThatEndsJustAfterTheServerCameBackIsNotGuessedAt) {
  troubles_.no_connection(kGone, 1000);
  troubles_.connected(2000);
  said();
  troubles_.no_subscription(cut(), true, 2100);  // it did not read until now
  troubles_.subscribed(2200);
  EXPECT_THAT(said(),
              ElementsAre("! not subscribed: closed by the server", HasSubstr(". subscribed after ")));
  troubles_.no_subscription(cut(), true, 60'000);
  troubles_.subscribed(60'100);
  EXPECT_THAT(said(), Contains(HasSubstr("client-output-buffer-limit pubsub")));
}

TEST_F(TroublesTest, ASubscriptionThatIsCutOffAndThenRefusedIsNotGuessedAt) {
  troubles_.no_subscription(cut(), true, 1000);
  troubles_.remind(1050);
  troubles_.no_subscription(kRefused, true, 1100);
  troubles_.remind(1150);
  EXPECT_THAT(said(), ElementsAre("! not subscribed: a rule is missing"));
}

TEST_F(TroublesTest, RefusedCommandsAreOverWhenAllKindsAreAccepted) {
  using Call = Troubles::Call;
  troubles_.answered(Call::other, "OOM command not allowed", 1000);
  troubles_.answered(Call::commit, "OOM command not allowed", 1010);
  EXPECT_THAT(said(), ElementsAre(HasSubstr(
                          "! commands are refused, trying again: Redis at localhost:6379 is out of memory")));
  troubles_.answered(Call::other, "", 2000);
  EXPECT_THAT(said(), IsEmpty()) << "appending is still refused";
  troubles_.answered(Call::commit, "", 3000);
  EXPECT_THAT(said(), ElementsAre(HasSubstr(". commands are accepted again after 2.0 s")));
}

TEST_F(TroublesTest, NoWaitingHelpsAgainstARefusal) {
  EXPECT_FALSE(troubles_.beyond_help());
  troubles_.no_connection(kGone, 1000);
  troubles_.no_subscription(cut(), false, 1000);
  EXPECT_FALSE(troubles_.beyond_help());
  troubles_.no_connection(kRefused, 2000);
  ASSERT_TRUE(troubles_.beyond_help());
  EXPECT_EQ(troubles_.beyond_help()->message, "a rule is missing");
  troubles_.connected(3000);
  EXPECT_FALSE(troubles_.beyond_help());
  troubles_.no_subscription(kRefused, true, 3000);
  EXPECT_TRUE(troubles_.beyond_help());
  troubles_.subscribed(4000);
  EXPECT_FALSE(troubles_.beyond_help());
}

TEST_F(TroublesTest, WhatTheCoreSaysOfThemIsToldOnce) {
  troubles_.take({Level::warning, "not_connected"_event, "no answer"}, 1000);
  troubles_.take({Level::warning, "not_connected"_event, "no answer"}, 7000);
  troubles_.take({Level::error, "commands_refused"_event, "OOM"}, 7000);
  troubles_.take({Level::warning, "member_silent"_event, "m is silent"}, 7000);
  EXPECT_THAT(said(), ElementsAre("! no answer", "! m is silent"));
  troubles_.connected(8000);
  EXPECT_THAT(said(), ElementsAre(HasSubstr(". connected to localhost:6379 after 7.0 s")));
}

}  // namespace
}  // namespace tributary::relay
