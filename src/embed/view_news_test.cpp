#include "embed/view_news.hpp"

#include <gtest/gtest.h>

namespace tributary::embed {
namespace {

using group::MemberId;

group::View view(std::uint64_t number, std::vector<group::ViewMember> members) {
  return {{number, "ab"}, {}, std::move(members)};
}
group::ViewMember member(const std::string& id, std::uint32_t weight, bool leaving = false) {
  return {MemberId(id), weight, 0, leaving, true};
}

/// What is told of it.
std::optional<std::string> see(ViewNews& news, const group::View& view, const MemberId& me) {
  const auto report = news.see(view, me);
  return report ? std::optional(report->text) : std::nullopt;
}

TEST(ViewNews, TellsWhoCameAndWent) {
  ViewNews news;
  const MemberId me("a");
  EXPECT_EQ(see(news, view(1, {member("b", 2)}), me), std::nullopt) << "not in it yet";
  EXPECT_EQ(see(news, view(2, {member("b", 2), member("a", 3)}), me),
            "joined view 2.ab as a: 2 nodes, 5 consumers");
  EXPECT_EQ(see(news, view(2, {member("b", 2), member("a", 3)}), me), std::nullopt) << "told already";
  EXPECT_EQ(see(news, view(3, {member("a", 3), member("c", 1)}), me),
            "view 3.ab: 2 nodes, 4 consumers; came: c; gone: b");
  EXPECT_EQ(see(news, view(4, {member("a", 1), member("c", 1)}), me), "view 4.ab: 2 nodes, 2 consumers");
  EXPECT_EQ(see(news, view(5, {member("a", 1), member("c", 0, true)}), me),
            "view 5.ab: 2 nodes, 1 consumer; leaving: c");
  EXPECT_EQ(see(news, view(6, {member("a", 0, true), member("c", 0, true)}), me),
            "view 6.ab: 2 nodes, 0 consumers; leaving: a");
}

TEST(ViewNews, WhoJoinsAnewIsAnother) {
  ViewNews news;
  news.see(view(1, {member("a-1", 2)}), MemberId("a-1"));
  EXPECT_EQ(see(news, view(3, {member("a-2", 2)}), MemberId("a-2")),
            "joined view 3.ab as a-2: 1 node, 2 consumers");
}

TEST(ViewNews, LongListsAreCut) {
  ViewNews news;
  news.see(view(1, {member("a", 1)}), MemberId("a"));
  std::vector<group::ViewMember> members{member("a", 1)};
  for (int i = 0; i < 12; ++i) members.push_back(member("n" + std::to_string(i), 1));
  EXPECT_EQ(see(news, view(2, members), MemberId("a")),
            "view 2.ab: 13 nodes, 13 consumers; came: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 2 more");
}

}  // namespace
}  // namespace tributary::embed
