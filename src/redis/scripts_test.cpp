#include "redis/scripts.hpp"

#include <gtest/gtest.h>

namespace tributary::redis {
namespace {

constexpr char kOne[] = "aa/bb", kOther[] = "aa/cc";

TEST(ScriptArguments, EndWithTheIdentityThatTheConnectionReadOrNothing) {
  const group::AnyCall call =
      group::SweepCall{{"out", group::MemberId("m"), group::GroupNonce("n")}, {1, "abcdef"}, {}};
  EXPECT_EQ(arguments_of(call, ""), (group::Arguments{"out", "m", "n", "1.abcdef", "-"}));
  EXPECT_EQ(arguments_of(call, kOne), (group::Arguments{"out", "m", "n", "1.abcdef", "aa/bb"}));
}

TEST(ScriptArguments, OfACommitHaveItOnlyBehindTheIdentityThatIsWanted) {
  group::CommitCall commit;
  commit.member = group::MemberId("m");
  commit.lane = {{1, "abcdef"}, 0};
  EXPECT_EQ(arguments_of(commit, kOne), (group::Arguments{"m", "1.abcdef:0", "0", "0", "0"}));
  commit.only_under = *group::Identity::parse(kOther);
  EXPECT_EQ(arguments_of(commit, kOne)[3], "aa/cc aa/bb");
  EXPECT_EQ(arguments_of(commit, "")[3], "aa/cc -");
}

TEST(ScriptArguments, ActiveConsumersAreRanges) {
  using Numbers = std::vector<std::uint32_t>;
  for (const auto& [numbers, text] : {std::pair<Numbers, std::string>{{}, "-"},
                                      {{1}, "1"},
                                      {{1, 2, 3, 4}, "1-4"},
                                      {{2, 4, 5, 9}, "2,4-5,9"},
                                      {{1, 2, 5, 3, 4}, "1-2,5,3-4"}}) {
    group::BeatCall beat;
    beat.active = numbers;
    const auto arguments = group::arguments_of(beat);
    EXPECT_EQ(arguments.at(14), text);
    const auto read = group::read_call(group::Script::beat, arguments);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(std::get<group::BeatCall>(*read).active, numbers);
  }
  auto arguments = group::arguments_of(group::BeatCall{});
  for (const auto* nonsense : {"x", "3-1", "1-", "1-2-3", "1-999999999"}) {
    arguments.at(14) = nonsense;
    EXPECT_FALSE(group::read_call(group::Script::beat, arguments)) << nonsense;
  }
}

}  // namespace
}  // namespace tributary::redis
