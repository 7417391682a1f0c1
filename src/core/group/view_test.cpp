#include "core/group/view.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tributary::group {
namespace {

TEST(ViewTest, IdsAreNumberAndNonceComparedWhole) {
  const auto id = ViewId::parse("7.3fa9c2");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->number, 7u);
  EXPECT_EQ(id->text(), "7.3fa9c2");
  EXPECT_NE(*id, *ViewId::parse("7.3fa9c3"));
  EXPECT_LT(*id, *ViewId::parse("10.000000"));
  for (const auto* text :
       {"", ".", "7", "7.", ".ab", "x.ab", "7.a.b", "-7.ab", "0.ab", " 7.ab", "99999999999999999999.ab"}) {
    EXPECT_FALSE(ViewId::parse(text)) << text;
  }
}

TEST(ViewTest, AnIdentityIsAPair) {
  const auto identity = Identity::parse("aa/bb");
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->text(), "aa/bb");
  for (const auto* text : {"", "/", "aa", "aa/", "/bb", "aa/bb/cc"})
    EXPECT_FALSE(Identity::parse(text)) << text;
}

TEST(ViewTest, MembersSurviveWritingAndReading) {
  std::vector<ViewMember> members = {{MemberId("a-1"), 3, 1, false, true},
                                     {MemberId("b"), 0, 22, true, true}};
  EXPECT_EQ(format_members(members), "a-1/3/1/0,b/0/22/1");
  EXPECT_EQ(parse_members(format_members(members)), members);
  EXPECT_EQ(format_members({}), "-");
  EXPECT_EQ(parse_members("-"), std::vector<ViewMember>());
}

TEST(ViewTest, PresenceIsReadFromABeatsAnswer) {
  const auto members = parse_members("a/1/1/0/1,b/1/2/0/0");
  ASSERT_TRUE(members);
  EXPECT_TRUE((*members)[0].present);
  EXPECT_FALSE((*members)[1].present);
}

TEST(ViewTest, MembersThatAreAnythingElseAreNothing) {
  for (const auto* text :
       {"", ",", "a", "a/1", "a/1/1", "/1/1/0", "a/x/1/0", "a/-1/1/0", "a/1/x/0", "a/4097/1/0",
        "a/4294967297/1/0", "a/1/1/0/1/1", "a/1/1/0,", ",a/1/1/0", "a/1/1/0,,b/1/1/0"}) {
    EXPECT_FALSE(parse_members(text)) << text;
  }
}

}  // namespace
}  // namespace tributary::group
