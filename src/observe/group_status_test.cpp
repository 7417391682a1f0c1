#include "observe/group_status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tributary::observe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> two_nodes_of_three() {
  return {"nonce",
          "g1",
          "protocol",
          "1",
          "tick",
          "41",
          "view",
          "7.bbb",
          "view:7.bbb",
          "run/repl m1/2/1/0,m2/3/2/1,m3/1/4/0",
          "view:6.aaa",
          "run/repl m1/2/1/0",
          "length:6.aaa",
          "100",
          "lane:7.bbb:1",
          "m2 0 -",
          "lane:7.bbb:0",
          "m1 12 -",
          "lane:6.aaa:0",
          "- 90 100",
          "epoch:old/one",
          "2 5 5.xyz",
          "epoch:older/one",
          "1 3 -",
          "member:m1:floor",
          "6",
          "member:m1:gaps",
          "-",
          "member:m1:host",
          "alpha",
          "member:m1:pid",
          "42",
          "member:m1:backlog",
          "10",
          "member:m1:coverage_ms",
          "5000",
          "member:m1:rate",
          "12.5",
          "member:m2:backlog",
          "5",
          "member:m2:coverage_ms",
          "3100",
          "member:m9:host",
          "gamma",
          "leader",
          "m1",
          "consumers",
          "6",
          "entries-added",
          "1203442",
          "stream-length",
          "1000",
          "dead-length",
          "3",
          "losses-length",
          "2",
          "server-identity",
          "run/repl"};
}

TEST(GroupStatus, IsReadWhole) {
  const auto status = parse_group_status(two_nodes_of_three());
  EXPECT_TRUE(status.exists());
  EXPECT_EQ(status.view.text(), "7.bbb");
  EXPECT_EQ(status.identity, "run/repl");
  EXPECT_EQ(status.server_identity, "run/repl");
  EXPECT_EQ(status.nonce, "g1");
  EXPECT_EQ(status.protocol, "1");
  EXPECT_EQ(status.tick, 41u);
  EXPECT_EQ(status.leader.text, "m1");
  EXPECT_EQ(status.consumers, 6u);
  EXPECT_EQ(status.entries_added, 1203442u);
  EXPECT_EQ(status.stream_length, 1000u);
  EXPECT_EQ(status.dead_letters, 3u);
  EXPECT_EQ(status.losses, 2u);
}

TEST(GroupStatus, MembersAreTheListedOnesThenThoseOnlyPresent) {
  const auto status = parse_group_status(two_nodes_of_three());
  ASSERT_EQ(status.members.size(), 4u);
  const auto& first = status.members[0];
  EXPECT_EQ(first.name(), "alpha:42");
  EXPECT_TRUE(first.listed && first.present && !first.leaving);
  EXPECT_EQ(first.weight, 2u);
  EXPECT_EQ(first.floor, 6u);
  EXPECT_EQ(first.rate, 12.5);
  EXPECT_EQ(status.members[1].name(), "m2") << "did not tell host and pid";
  EXPECT_TRUE(status.members[1].leaving);
  EXPECT_TRUE(status.members[2].listed);
  EXPECT_FALSE(status.members[2].present) << "m3 has no presence";
  EXPECT_FALSE(status.members[3].listed);
  EXPECT_TRUE(status.members[3].present);
  EXPECT_EQ(status.nodes(), 3u);
  EXPECT_EQ(status.backlog(), 15u);
  EXPECT_EQ(status.coverage_ms(), 3100u);
  EXPECT_EQ(status.find(group::MemberId("m9"))->host, "gamma");
  EXPECT_EQ(status.find(group::MemberId("nobody")), nullptr);
}

TEST(GroupStatus, LanesAndEpochsAreInOrder) {
  const auto status = parse_group_status(two_nodes_of_three());
  ASSERT_EQ(status.lanes.size(), 3u);
  EXPECT_EQ(status.lanes[0].id.text(), "6.aaa:0");
  EXPECT_TRUE(status.lanes[0].owner.empty());
  EXPECT_EQ(status.lanes[0].position, 90u);
  EXPECT_EQ(status.lanes[0].end, 100u);
  EXPECT_EQ(status.lanes[2].owner.text, "m2");
  EXPECT_EQ(status.lanes[2].end, std::nullopt);
  ASSERT_EQ(status.old_lanes().size(), 1u);
  EXPECT_EQ(status.old_lanes()[0].id.text(), "6.aaa:0");
  ASSERT_EQ(status.epochs.size(), 2u);
  EXPECT_EQ(status.epochs[0].identity, "older/one");
  EXPECT_EQ(status.epochs[1].last_view, 5u);
  EXPECT_EQ(status.epochs[1].revived, "5.xyz");
}

TEST(GroupStatus, KnowsWhatIsDesiredAndWhy) {
  const auto status = parse_group_status({"view",
                                          "1.a",
                                          "view:1.a",
                                          "r/x m1/3/1/0,m2/2/2/0",
                                          "leader",
                                          "m1",
                                          "member:m1:why",
                                          "auto: enough: 5/s",
                                          "member:m1:capacity",
                                          "4",
                                          "member:m1:busy",
                                          "1.5",
                                          "member:m2:host",
                                          "h",
                                          "consumers:m1",
                                          "1 2,3",
                                          "consumers:m2",
                                          "2 -",
                                          "desired:consumers",
                                          "auto",
                                          "desired:maximum",
                                          "9",
                                          "desired:revision",
                                          "12",
                                          "desired:state",
                                          "asleep",
                                          "member:m1:journal_limit",
                                          "1000",
                                          "member:m1:journal",
                                          "500",
                                          "member:m1:journal_growth",
                                          "50"});
  EXPECT_TRUE(status.desired.desired.automatic);
  EXPECT_EQ(status.desired.desired.maximum, 9u);
  EXPECT_EQ(status.desired.revision, 12u);
  EXPECT_EQ(status.desired.complaints.size(), 1u);
  EXPECT_EQ(status.why(), "auto: enough: 5/s");
  EXPECT_TRUE(status.has_agents());
  EXPECT_EQ(status.weight(true), 3u);
  EXPECT_EQ(status.weight(false), 2u);
  EXPECT_EQ(status.active(), 3u);
  EXPECT_EQ(status.stuck(), 2u);
  EXPECT_EQ(status.journal_lasts_s(), 10.0);
  EXPECT_EQ(parse_group_status({"desired-type", "string"}).desired.complaints.size(), 1u);
}

TEST(GroupStatus, OnlyWhoWasSilentBeforeIsStuck) {
  const auto reading = [](const std::string& silent) {
    return parse_group_status(
        {"view", "1.a", "view:1.a", "r/x m1/3/1/0", "member:m1:host", "h", "consumers:m1", "0 " + silent});
  };
  auto now = reading("1,2,3");
  confirm_silence(now, reading("2"));
  EXPECT_EQ(now.members[0].silent, std::vector<std::uint32_t>{2});
  now = reading("1");
  confirm_silence(now, {});
  EXPECT_EQ(now.stuck(), 0u);
}

TEST(GroupStatus, WithoutStateThereIsNoGroup) {
  const auto status = parse_group_status({"leader", "-", "consumers", "0", "entries-added", "7"});
  EXPECT_FALSE(status.exists());
  EXPECT_EQ(status.entries_added, 7u);
  EXPECT_TRUE(status.leader.empty());
  EXPECT_THAT(status.members, IsEmpty());
  EXPECT_FALSE(parse_group_status({}).exists());
}

TEST(GroupStatus, ToleratesWhatItCannotUnderstand) {
  const auto status = parse_group_status({"view",
                                          "7.bbb",
                                          "view:7.bbb",
                                          "nonsense",
                                          "lane:7.bbb:x",
                                          "m1 0 -",
                                          "lane:7.bbb:0",
                                          "m1 zero",
                                          "lane:",
                                          "",
                                          "epoch:e",
                                          "1",
                                          "member:",
                                          "x",
                                          "member:m1:rate",
                                          "fast",
                                          "member:m1:received",
                                          "-3",
                                          "tick",
                                          "many",
                                          "odd"});
  EXPECT_TRUE(status.exists());
  EXPECT_THAT(status.lanes, IsEmpty());
  EXPECT_THAT(status.epochs, IsEmpty());
  ASSERT_EQ(status.members.size(), 1u);
  EXPECT_EQ(status.members[0].rate, std::nullopt);
  EXPECT_EQ(status.members[0].received, 0u);
  EXPECT_EQ(status.tick, 0u);
}

TEST(GroupStatus, ARateThatIsNoNumberIsNotTold) {
  for (const auto* rate : {"inf", "nan", "-1", "1e999", "12x", ""}) {
    const auto status = parse_group_status({"member:m1:rate", rate});
    EXPECT_EQ(status.members.at(0).rate, std::nullopt) << rate;
  }
}

TEST(RateMeter, NeedsTwoReadings) {
  RateMeter meter;
  EXPECT_EQ(meter.read(1000, 0), std::nullopt);
  EXPECT_EQ(meter.read(1500, 500), 1000.0);
  EXPECT_EQ(meter.read(1500, 1500), 0.0);
}

TEST(RateMeter, StartsAnewWhenTheTotalGoesDown) {
  RateMeter meter;
  meter.read(1000, 0);
  meter.read(2000, 1000);
  EXPECT_EQ(meter.read(100, 2000), std::nullopt);
  EXPECT_EQ(meter.read(300, 3000), 200.0);
}

TEST(RateMeter, KeepsTheRateWhenNoTimeWentBy) {
  RateMeter meter;
  meter.read(0, 0);
  meter.read(100, 1000);
  EXPECT_EQ(meter.read(150, 1000), 100.0);
  EXPECT_EQ(meter.read(200, 2000), 100.0) << "counted from the reading that had a rate";
}

}  // namespace
}  // namespace tributary::observe
