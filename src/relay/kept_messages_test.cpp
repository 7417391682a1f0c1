#include "relay/kept_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tributary::relay {
namespace {

using testing::HasSubstr;

TEST(KeptMessages, AreToldOnceAgainWithAnotherReasonAndWhenOver) {
  KeptMessages kept;
  EXPECT_FALSE(kept.news(0));
  EXPECT_EQ(kept.text(0), "");
  kept.failed(1, 1, "down", 1000);
  const auto first = kept.news(1000);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->present);
  EXPECT_EQ(first->text, "the processor fails; its messages are kept and tried until it works: down");
  kept.failed(1, 2, "down", 2000);
  kept.failed(2, 1, "down", 2000);
  EXPECT_FALSE(kept.news(2000));
  EXPECT_EQ(kept.text(3000), "2 messages are kept and tried again, for 2.0 s and up to 2 times now: down");
  kept.failed(2, 2, "slow", 4000);
  ASSERT_TRUE(kept.news(4000));
  EXPECT_FALSE(kept.news(4500));
  kept.over(1);
  EXPECT_FALSE(kept.news(5000));
  EXPECT_EQ(kept.text(5000), "1 message is kept and tried again, for 4.0 s and up to 2 times now: slow");
  kept.over(2);
  const auto last = kept.news(6000);
  ASSERT_TRUE(last);
  EXPECT_FALSE(last->present);
  EXPECT_THAT(last->text, HasSubstr("the processor works again"));
  EXPECT_FALSE(kept.news(7000));
  EXPECT_EQ(kept.text(7000), "");
}

TEST(KeptMessages, AreRemindedOf) {
  KeptMessages kept;
  kept.failed(1, 1, "down", 0);
  EXPECT_TRUE(kept.news(0));
  for (unsigned attempt = 2; attempt < 10; ++attempt) {
    kept.failed(1, attempt, "down", attempt * 30'000);
    kept.news(attempt * 30'000);
  }
  kept.failed(1, 10, "down", 310'000);
  const auto reminder = kept.news(310'000);
  ASSERT_TRUE(reminder);
  EXPECT_THAT(reminder->text, HasSubstr("(noticed 9 times in 5 min, for 5 min now)"));
}

}  // namespace
}  // namespace tributary::relay
