#include "relay/duplicates.hpp"

#include <gtest/gtest.h>

namespace tributary::relay {
namespace {

group::Answer values(std::vector<std::string> words) {
  return {group::Answer::Kind::values, std::move(words), {}};
}

TEST(Duplicates, AreCountedAsAnswersTellOfThem) {
  Duplicates duplicates({60000, 1000});
  EXPECT_FALSE(duplicates.take(values({"ok", "7"})));
  EXPECT_FALSE(duplicates.take(values({"ok", "9", "", "2"})));
  EXPECT_FALSE(duplicates.take(values({"failed", "9", "ERR", "3", "-"})));
  EXPECT_FALSE(duplicates.take(values({"identity", "9", "x", "4"})));
  EXPECT_FALSE(duplicates.take({group::Answer::Kind::refused, {}, "OOM"}));
  EXPECT_EQ(duplicates.dropped(), 5U);
}

TEST(Duplicates, AWindowThatIsTooShortIsToldOnceAndWhenItIsWholeAgain) {
  Duplicates duplicates({60000, 1000});
  EXPECT_FALSE(duplicates.take(values({"ok", "1", "", "0", "-"})));
  const auto told = duplicates.take(values({"ok", "2", "", "0", "12345"}));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->level, group::Report::Level::warning);
  EXPECT_EQ(told->text,
            "ids are kept for 12.3 s only, not for the dedup window of 60.0 s: there would be more than the "
            "dedup limit of 1000");
  EXPECT_FALSE(duplicates.take(values({"ok", "3", "", "0", "9000"})));
  EXPECT_FALSE(duplicates.take(values({"ok", "4", "", "1"}))) << "which says nothing of it";
  const auto whole = duplicates.take(values({"ok", "5", "", "0", "-"}));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->level, group::Report::Level::info);
  EXPECT_TRUE(duplicates.take(values({"ok", "6", "", "0", "9000"})));
}

}  // namespace
}  // namespace tributary::relay
