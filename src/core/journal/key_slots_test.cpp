#include "core/journal/key_slots.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tributary::journal {
namespace {

using Shares = std::vector<KeySlots::Share>;

// Slots by the member that has them, whichever of its lanes they fall to.
std::size_t share_of(const KeySlots& slots, std::uint32_t member, std::uint32_t members) {
  return slots.slots_of(member).count() + slots.slots_of(member + members).count();
}

TEST(KeySlotsTest, EverySlotIsInOneLane) {
  const KeySlots slots({{"a", 2}, {"b", 0}, {"c", 1}}, {{"a", 1}});
  KeySlots::Set all;
  std::size_t count = 0;
  for (std::uint32_t lane = 0; lane < slots.lane_count(); ++lane) {
    all |= slots.slots_of(lane);
    count += slots.slots_of(lane).count();
  }
  EXPECT_TRUE(all.all());
  EXPECT_EQ(count, kKeySlots);
  for (std::uint16_t slot = 0; slot < kKeySlots; ++slot)
    EXPECT_TRUE(slots.slots_of(slots.lane_of(slot)).test(slot));
  EXPECT_EQ(share_of(slots, 1, 3), 0u) << "without weight, nothing";
}

TEST(KeySlotsTest, SharesGoByWeight) {
  const KeySlots slots({{"a", 1}, {"b", 3}}, {});
  EXPECT_NEAR(static_cast<double>(share_of(slots, 1, 2)), kKeySlots * 0.75, 60);
}

TEST(KeySlotsTest, SharesOfVeryManyConsumersGoByWeightToo) {
  const KeySlots slots({{"a", 100'000}, {"b", 300'000}}, {});
  EXPECT_NEAR(static_cast<double>(share_of(slots, 1, 2)), kKeySlots * 0.75, 60);
}

TEST(KeySlotsTest, AMemberMoreMovesOnlyItsOwnShare) {
  const Shares before{{"a", 2}, {"b", 2}, {"c", 2}}, now{{"a", 2}, {"b", 2}, {"c", 2}, {"d", 2}};
  const KeySlots slots(now, before);
  for (std::uint32_t member = 0; member < 3; ++member)
    EXPECT_TRUE(slots.slots_of(4 + member).none()) << "nothing moves to who was there";
  EXPECT_TRUE(slots.slots_of(3).none());
  EXPECT_NEAR(static_cast<double>(slots.slots_of(7).count()), kKeySlots / 4.0, 60);
}

TEST(KeySlotsTest, AMemberLessMovesOnlyWhatItHad) {
  const Shares before{{"a", 2}, {"b", 2}, {"c", 2}}, now{{"c", 2}, {"a", 2}};
  const KeySlots was(before, {}), slots(now, before);
  const auto moved = slots.slots_of(2) | slots.slots_of(3);
  EXPECT_EQ(moved, was.slots_of(3 + 1)) << "the order of the list does not matter";
}

TEST(KeySlotsTest, AllIsMovedAfterNobody) {
  const KeySlots slots({{"a", 1}}, {});
  EXPECT_TRUE(slots.slots_of(1).all());
}

// Nodes of all builds must agree: a change of these is another version of the protocol.
TEST(KeySlotsTest, IsWhatItWas) {
  EXPECT_EQ(slot_of_key("user:1"), slot_of_key(std::string("user:1")));
  std::string slots_of_keys, owners;
  for (const auto* key : {"", "a", "user:1", "0123456789abcdef0123456789abcdef"})
    slots_of_keys += std::to_string(slot_of_key(key)) + " ";
  const KeySlots slots({{"one-1-00000001", 2}, {"two-2-00000002", 3}}, {});
  for (std::uint16_t slot = 0; slot < 16; ++slot) owners += std::to_string(slots.lane_of(slot) % 2);
  EXPECT_EQ(slots_of_keys, "194 543 257 85 ");
  EXPECT_EQ(owners, "0100111010100111");
}

}  // namespace
}  // namespace tributary::journal
