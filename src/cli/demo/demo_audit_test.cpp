#include "cli/demo/demo_audit.hpp"

#include <gtest/gtest.h>

namespace tributary::cli {
namespace {

TEST(DemoAudit, ReadsTheCounts) {
  const auto counts =
      parse_audit(R"({"ok":true,"published":10,"received":9,"appended":8,"dead_lettered":1,"missing":0,
    "never_received":0,"reached_nobody":0,"duplicated":0,"something_new":3})");
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts.value().published, 10u);
  EXPECT_EQ(counts.value().received, 9u);
  EXPECT_EQ(counts.value().appended, 8u);
  EXPECT_EQ(counts.value().dead_lettered, 1u);
  EXPECT_TRUE(counts.value().clean());
}

TEST(DemoAudit, CountsWhateverIsNotThereAsLost) {
  const auto counts =
      parse_audit(R"({"ok":true,"published":10,"received":9,"appended":4,"dead_lettered":0,"missing":1,
    "never_received":2,"reached_nobody":3,"duplicated":0})");
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts.value().lost, 6u);
  EXPECT_FALSE(counts.value().clean());
}

TEST(DemoAudit, IsNotCleanIfVerifySaysSoOrNothingWasPublished) {
  const std::string rest =
      R"("received":0,"appended":0,"dead_lettered":0,"missing":0,"never_received":0,"reached_nobody":0,
    "duplicated":0})";
  EXPECT_FALSE(parse_audit(R"({"ok":false,"published":10,)" + rest).value().clean());
  EXPECT_FALSE(parse_audit(R"({"ok":true,"published":0,)" + rest).value().clean());
}

TEST(DemoAudit, RefusesWhatIsNotAnAudit) {
  EXPECT_FALSE(parse_audit("").ok());
  EXPECT_FALSE(parse_audit("[]").ok());
  EXPECT_FALSE(parse_audit(R"({"ok":true})").ok());
  EXPECT_FALSE(parse_audit(R"({"ok":true,"published":"many"})").ok());
}

}  // namespace
}  // namespace tributary::cli
