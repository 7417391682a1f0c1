#include "relay/obstacle.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tributary::relay {
namespace {

constexpr TimeMs kSecond = 1000;
constexpr TimeMs kMinute = 60 * kSecond;
constexpr TimeMs kStart = 1'000'000;

/// Collects what is said, the time of each line as seconds since the start in front of it.
class ObstacleTest : public testing::Test {
 protected:
  void noticed(const std::string& reason, TimeMs at) { take(obstacle_.noticed(reason, kStart + at), at); }
  void gone(TimeMs at) { take(obstacle_.gone(kStart + at), at); }
  void due(TimeMs at) { take(obstacle_.due(kStart + at), at); }
  std::vector<std::string> said() { return std::exchange(said_, {}); }

  Obstacle obstacle_{"it works"};

 private:
  void take(const std::optional<Obstacle::Line>& line, TimeMs at) {
    if (line) said_.push_back(std::to_string(at / 1000) + (line->present ? " ! " : " . ") + line->text);
  }
  std::vector<std::string> said_;
};

using Lines = std::vector<std::string>;

TEST_F(ObstacleTest, IsSaidOnceAndWhenItIsOver) {
  gone(0);
  EXPECT_EQ(said(), Lines{}) << "it was never there";
  for (TimeMs at = 0; at < 30 * kSecond; at += 500) noticed("full", at);
  EXPECT_EQ(said(), (Lines{"0 ! full"}));
  EXPECT_TRUE(obstacle_.present());
  gone(30 * kSecond);
  gone(31 * kSecond);
  EXPECT_EQ(said(), (Lines{"30 . it works after 30 s (noticed 59 times)"}));
  EXPECT_FALSE(obstacle_.present());
}

TEST_F(ObstacleTest, IsSaidAgainWhenItsReasonChanges) {
  noticed("closed by the server", 0);
  noticed("wrong password", 2 * kSecond);
  noticed("wrong password", 4 * kSecond);
  gone(5 * kSecond);
  EXPECT_EQ(said(), (Lines{"0 ! closed by the server", "2 ! wrong password", "5 . it works after 5.0 s"}));
}

TEST_F(ObstacleTest, IsSaidAgainEveryFiveMinutesWithACount) {
  for (TimeMs at = 0; at <= 11 * kMinute; at += kSecond) noticed("full", at);
  EXPECT_EQ(said(), (Lines{"0 ! full", "300 ! full (noticed 300 times in 5 min, for 5 min now)",
                           "600 ! full (noticed 300 times in 5 min, for 10 min now)"}));
  // Also if it is noticed once only.
  gone(11 * kMinute);
  noticed("empty", 20 * kMinute);
  for (TimeMs at = 20 * kMinute; at <= 26 * kMinute; at += kSecond) due(at);
  EXPECT_EQ(said(), (Lines{"660 . it works after 11 min (noticed 60 times)", "1200 ! empty",
                           "1500 ! empty (for 5 min now)"}));
}

TEST_F(ObstacleTest, ThatComesAndGoesDoesNotFlood) {
  for (TimeMs at = 0; at < 10 * kMinute; at += kSecond) {
    noticed("lost", at);
    gone(at + 500);
  }
  const auto lines = said();
  EXPECT_LE(lines.size(), 6 + 10U);
  EXPECT_GE(lines.size(), 6 + 9U);
  EXPECT_EQ(lines[0], "0 ! lost");
  EXPECT_EQ(lines[1], "0 . it works after 0.5 s");
  EXPECT_EQ(lines[6], "60 ! lost (noticed 58 times in 57 s)");
}

TEST_F(ObstacleTest, TheLastLineSaysHowItIs) {
  for (TimeMs at = 0; at < 10 * kSecond; at += kSecond) {
    noticed("lost", at);
    gone(at + 500);
  }
  noticed("lost", 10 * kSecond);  // and stays so
  EXPECT_EQ(said().back(), "2 . it works after 0.5 s");
  for (TimeMs at = 10 * kSecond; at < 3 * kMinute; at += kSecond) due(at);
  EXPECT_EQ(said(), (Lines{"60 ! lost (noticed 8 times in 57 s)"}));
  gone(3 * kMinute);
  EXPECT_EQ(said(), (Lines{"180 . it works after 2 min"}));
}

TEST(DurationText, SaysAsMuchAsAnybodyWantsToKnow) {
  EXPECT_EQ(duration_text(0), "0.0 s");
  EXPECT_EQ(duration_text(349), "0.3 s");
  EXPECT_EQ(duration_text(9'999), "9.9 s");
  EXPECT_EQ(duration_text(10'000), "10 s");
  EXPECT_EQ(duration_text(119'999), "119 s");
  EXPECT_EQ(duration_text(120'000), "2 min");
  EXPECT_EQ(duration_text(7'200'000), "2 h");
}

}  // namespace
}  // namespace tributary::relay
