#include "core/group/control_message.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/base/random.hpp"

namespace tributary::group {
namespace {

const std::string kMarker = "tributary/1 marker n0 7.ab 6.cd run/repl 12 a/1/1/0,b/0/2/1";
const std::string kTick = "tributary/1 tick n0 13 run/repl";

TEST(ControlMessageTest, AMarkerTellsNonceViewIdentityMembersAndTick) {
  const auto message = parse_control_message(kMarker);
  ASSERT_TRUE(message && std::holds_alternative<Marker>(*message));
  const auto& marker = std::get<Marker>(*message);
  EXPECT_EQ(marker.nonce.text, "n0");
  EXPECT_EQ(marker.view.id.text(), "7.ab");
  EXPECT_EQ(marker.view.identity.text(), "run/repl");
  EXPECT_EQ(marker.tick, 12u);
  EXPECT_EQ(format_members(marker.view.members), "a/1/1/0,b/0/2/1");
}

TEST(ControlMessageTest, ATickTellsNonceNumberAndIdentity) {
  const auto message = parse_control_message(kTick);
  ASSERT_TRUE(message && std::holds_alternative<Tick>(*message));
  EXPECT_EQ(std::get<Tick>(*message).number, 13u);
  EXPECT_EQ(std::get<Tick>(*message).nonce.text, "n0");
  EXPECT_EQ(std::get<Tick>(*message).identity.text(), "run/repl");
}

TEST(ControlMessageTest, AMarkerWithoutPredecessorAndWithoutMembersIsRead) {
  EXPECT_TRUE(parse_control_message("tributary/1 marker n0 1.ab - run/repl 0 -"));
}

TEST(ControlMessageTest, AMarkerOfAGroupWithKeysNamesTheMembersBefore) {
  const auto plain = parse_control_message("tributary/1 marker n0 2.ab 1.cd run/repl 0 a/1/1/0");
  EXPECT_FALSE(std::get<Marker>(*plain).view.before);
  const auto keyed =
      parse_control_message("tributary/1 marker n0 2.ab 1.cd run/repl 0 a/1/1/0 a/2/1/0,b/1/2/0");
  const auto& view = std::get<Marker>(*keyed).view;
  ASSERT_TRUE(view.before);
  EXPECT_EQ(view.before->size(), 2u);
  EXPECT_EQ(view.lane_count(), 2u);
  const auto first = parse_control_message("tributary/1 marker n0 1.ab - run/repl 0 a/1/1/0 -");
  EXPECT_TRUE(std::get<Marker>(*first).view.before.has_value());
}

TEST(ControlMessageTest, WhateverIsNotExactlyOursIsNothing) {
  for (const auto* text : {"",
                           " ",
                           "tributary/1",
                           "tributary/1 ",
                           "tributary/1 marker",
                           "tributary/1 tick",
                           "tributary/2 tick n0 13 run/repl",
                           "tributary/1 tick n0 13 run/repl more",
                           "tributary/1 tick  13 run/repl",
                           "tributary/1 tick n0 x run/repl",
                           "tributary/1 tick n0 13 run",
                           "tributary/1 tock n0 13 run/repl",
                           "Tributary/1 tick n0 13 run/repl",
                           "tributary/1 marker n0 0.ab - run/repl 0 -",
                           "tributary/1 marker n0 1.ab - run/repl 0",
                           "tributary/1 marker n0 1.ab - run/repl 0 - - -",
                           "tributary/1 marker n0 1.ab - run/repl 0 - a/1/1",
                           "tributary/1 marker n0 1.ab - run/repl x a/1/1/0",
                           "tributary/1 marker n0 1.ab - run/repl 0 a/1/1",
                           "hello"}) {
    EXPECT_FALSE(parse_control_message(text)) << text;
  }
  EXPECT_FALSE(parse_control_message(kTick + " "));
  EXPECT_FALSE(parse_control_message("tributary/1 tick " + std::string(2 << 20, 'x') + " 1 run/repl"))
      << "too long";
}

TEST(ControlMessageTest, DamagedMessagesNeverCrash) {
  Random random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string text = random.below(2) ? kMarker : kTick;
    for (std::uint64_t damage = random.below(5); damage-- > 0 && !text.empty();) {
      const auto at = random.below(text.size());
      switch (random.below(4)) {
        case 0:
          text[at] = static_cast<char>(random.next());
          break;
        case 1:
          text.erase(at, random.below(9));
          break;
        case 2:
          text.insert(at, text.substr(random.below(text.size()), random.below(20)));
          break;
        default:
          text.insert(at, 1, "/., -:"[random.below(6)]);
          break;
      }
    }
    const auto message = parse_control_message(text);
    if (message && std::holds_alternative<Marker>(*message)) {
      for (const auto& member : std::get<Marker>(*message).view.members) EXPECT_LE(member.weight, kMaxWeight);
    }
  }
}

}  // namespace
}  // namespace tributary::group
