#include "core/journal/found.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/journal/disk.hpp"
#include "core/journal/journal.hpp"

namespace tributary::journal {
namespace {

const std::vector<std::uint32_t> kWeights = {2, 0, 3};

ViewNote note(const std::string& marker = "marker") { return {"group", "member", marker}; }

std::string message(int n) {
  return "m" + std::to_string(n) + std::string(static_cast<std::size_t>(n) % 90, 'x');
}

Journal filled(Disk& disk, int count, const std::string& marker = "marker") {
  Journal journal(kWeights);
  EXPECT_TRUE(journal.keep_in(disk, note(marker)));
  for (int n = 1; n <= count; ++n) journal.append(message(n), "t");
  return journal;
}

Journal found_in(Disk& disk) {
  auto found = disk.find();
  EXPECT_EQ(found.views.size(), 1u);
  return {kWeights, {}, std::move(found.views.at(0))};
}

// Every message of a lane that is held is the one that was appended there.
std::uint64_t right_messages(const Journal& journal) {
  std::uint64_t right = 0;
  for (std::uint32_t lane = 0; lane < journal.lane_count(); ++lane) {
    const auto& log = journal.lane(lane);
    for (auto rank = log.first(); rank < log.end(); ++rank, ++right) {
      EXPECT_EQ(log.payload(rank), message(static_cast<int>(journal.position_of(lane, rank))) + "t");
    }
  }
  return right;
}

std::optional<ReadHead> lane_block(const char* data, std::uint32_t size) {
  const auto read = read_block_head({data, size});
  return read && read->head.kind == BlockKind::lane ? read : std::nullopt;
}

// As after a loss of power: the first block of each lane was given back since `before`, but the disk does not know.
void bring_first_blocks_back(Disk& before, Disk& after) {
  const auto from = before.contents(), to = after.contents();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto [data, size] = from[i];
    const auto read = lane_block(data, size);
    if (read && read->head.first_rank == 0) std::memcpy(to[i].first, data, size);
  }
}

TEST(FoundJournal, HasEveryMessageAtItsPosition) {
  Disk disk(1);
  const auto journal = filled(disk, 5000);
  const auto after = disk.copy(2);
  auto found = after->find();
  ASSERT_EQ(found.views.size(), 1u);
  EXPECT_EQ(found.views[0].about.group, "group");
  EXPECT_EQ(found.views[0].about.member, "member");
  EXPECT_EQ(found.views[0].about.marker, "marker");
  EXPECT_FALSE(found.views[0].about.length);
  EXPECT_EQ(found.behind_holes, 0u);
  const Journal again(kWeights, {}, std::move(found.views[0]));
  EXPECT_EQ(again.count(), 5000u);
  EXPECT_EQ(right_messages(again), 5000u);
}

TEST(FoundJournal, TellsTheLengthThatWasNotedLast) {
  Disk disk(1);
  auto journal = filled(disk, 10);
  journal.note_end();
  EXPECT_EQ(disk.copy(2)->find().views.at(0).about.length, 10u);
  journal.note_no_end();
  EXPECT_FALSE(disk.copy(3)->find().views.at(0).about.length);
  journal.note_mixed();
  EXPECT_TRUE(disk.copy(4)->find().views.at(0).about.mixed);
}

TEST(FoundJournal, OfAViewWithoutLanesHasItsLength) {
  Disk disk(1);
  Journal journal({0, 0});
  ASSERT_TRUE(journal.keep_in(disk, note()));
  for (int n = 1; n <= 5; ++n) journal.append(message(n));
  journal.note_end();
  const auto after = disk.copy(2);
  const Journal again({0, 0}, {}, std::move(after->find().views.at(0)));
  EXPECT_EQ(again.found_length(), 5u);
  EXPECT_EQ(again.count(), 5u);
}

TEST(FoundJournal, BeginsWhereTheFirstBlockBegins) {
  Disk disk(1);
  auto journal = filled(disk, 5000);
  journal.forget_below(0, 1500);
  journal.forget_below(2, journal.lane(2).end());
  const auto after = disk.copy(2);
  const auto again = found_in(*after);
  EXPECT_GT(again.lane(0).first(), 500u);
  EXPECT_LE(again.lane(0).first(), 1500u);
  EXPECT_EQ(again.lane(0).end(), 2000u);
  EXPECT_EQ(again.lane(2).end(), 0u);
  right_messages(again);
}

TEST(FoundJournal, OfATornEndHasWhatCameBefore) {
  for (std::uint64_t seed = 1; seed < 60; ++seed) {
    Disk disk(seed);
    const auto journal = filled(disk, 3000);
    const auto after = disk.copy(seed + 100);
    after->tear();
    auto found = after->find();
    if (found.views.empty()) continue;  // the marker itself was torn
    const Journal again(kWeights, {}, std::move(found.views[0]));
    EXPECT_EQ(again.lane(0).first(), 0u);
    EXPECT_LE(right_messages(again) + found.behind_holes, 3000u);
  }
}

TEST(FoundJournal, TakesNoMessageThatAnEarlierUseOfABlockLeft) {
  Disk disk(1);
  { const auto old = filled(disk, 3000, "old"); }
  EXPECT_EQ(disk.used(), 0u);
  const auto journal = filled(disk, 7, "new");
  const auto after = disk.copy(2);
  auto found = after->find();
  ASSERT_EQ(found.views.size(), 1u);
  EXPECT_EQ(found.views[0].about.marker, "new");
  EXPECT_EQ(right_messages(Journal(kWeights, {}, std::move(found.views[0]))), 7u);
}

TEST(FoundJournal, LeavesOutAFlippedBitAndWhatFollowsIt) {
  Disk disk(1);
  const auto journal = filled(disk, 40);  // one block for each lane
  const auto after = disk.copy(2);
  for (auto [data, size] : after->contents()) {
    const auto read = read_block_head({data, size});
    if (read->head.kind == BlockKind::lane && read->head.lane == 2)
      data[600] = static_cast<char>(data[600] ^ 4);
  }
  const auto again = found_in(*after);
  EXPECT_EQ(again.lane(0).end(), 16u);
  EXPECT_GT(again.lane(2).end(), 0u);
  EXPECT_LT(again.lane(2).end(), 24u);
  right_messages(again);
}

TEST(FoundJournal, LeavesOutWhatLiesBehindAHoleUnlessAllBeforeItIsDone) {
  Disk disk(1);
  Journal journal(kWeights);
  ASSERT_TRUE(journal.keep_in(disk, note()));
  for (int n = 1; n <= 4000; ++n) {
    disk.full = n > 1000 && n < 3000;
    journal.append(message(n), "t");
  }
  EXPECT_EQ(right_messages(journal), 4000u);  // in memory nothing is missing
  const auto after = disk.copy(2);
  auto found = after->find();
  EXPECT_GT(found.behind_holes, 0u);
  Journal again(kWeights, {}, std::move(found.views.at(0)));
  const auto last = [&](std::uint32_t lane) { return again.position_of(lane, again.lane(lane).end() - 1); };
  EXPECT_EQ(again.lane(0).first(), 0u);
  EXPECT_LT(last(0), 3000u);
  right_messages(again);
  const auto end = again.lane(0).end();
  again.jump_holes(0, last(0) - 1);
  again.jump_holes(0, 4000);  // too late
  EXPECT_EQ(again.lane(0).first(), 0u);
  EXPECT_EQ(again.lane(0).end(), end);
  again.jump_holes(2, last(2));
  EXPECT_GT(again.position_of(2, again.lane(2).first()), 1000u);
  EXPECT_EQ(again.lane(2).end(), journal.lane(2).end());
  EXPECT_GT(right_messages(again), end);
}

TEST(FoundJournal, GoesOnBehindABeginThatIsThereThoughItWasForgotten) {
  Disk disk(1);
  auto journal = filled(disk, 5000);
  const auto before = disk.copy(2);
  journal.forget_below(0, 1500);
  const auto after = disk.copy(3);
  bring_first_blocks_back(*before, *after);
  auto again = found_in(*after);
  ASSERT_EQ(again.lane(0).first(), 0u);
  ASSERT_LT(again.lane(0).end(), 1500u);
  const auto used = after->used();
  again.jump_holes(0, again.position_of(0, 1499));
  EXPECT_LE(again.lane(0).first(), 1500u);
  EXPECT_EQ(again.lane(0).end(), 2000u);
  EXPECT_EQ(after->used(), used - 1);
  right_messages(again);
}

TEST(FoundJournal, TakesOnceWhatIsThereTwice) {
  Disk disk(1);
  auto journal = filled(disk, 5000);
  journal.forget_below(0, 1500);
  const auto after = disk.copy(3);
  auto contents = after->contents();
  int copied = 0;
  for (auto [data, size] : contents) {
    if (!lane_block(data, size)) continue;
    for (auto [other, room] : contents) {
      const auto read = read_block_head({other, room});
      if (room != size || !read || read->head.kind != BlockKind::free) continue;
      std::memcpy(other, data, size);
      ++copied;
      break;
    }
  }
  ASSERT_GT(copied, 0);
  auto found = after->find();
  EXPECT_EQ(found.behind_holes, 0u);
  const Journal again(kWeights, {}, std::move(found.views.at(0)));
  EXPECT_EQ(again.lane(0).end(), 2000u);
  right_messages(again);
}

TEST(FoundJournal, HasNothingOfAViewWithoutItsMarker) {
  Disk disk(1);
  const auto journal = filled(disk, 100);
  const auto after = disk.copy(2);
  for (auto [data, size] : after->contents()) {
    if (read_block_head({data, size})->head.kind == BlockKind::view) data[kBlockHead + 60] ^= 1;
  }
  const auto found = after->find();
  EXPECT_TRUE(found.views.empty());
  EXPECT_EQ(found.orphans, 2u);
  EXPECT_EQ(after->used(), 0u);
}

TEST(FoundJournal, LeavesOutRecordsThatStandElsewhereInTheView) {
  Disk disk(1);
  const auto journal = filled(disk, 100);
  const auto after = disk.copy(2);
  auto found = after->find();
  const Journal other({3, 0, 2}, {}, std::move(found.views.at(0)));  // as if the marker were another
  EXPECT_LT(right_messages(other), 100u);
}

// By keys nothing is arithmetic: positions, ranks and ends are those that were written.
class FoundByKeys : public testing::Test {
 protected:
  static KeySlots keys() { return {{{"a", 1}, {"b", 2}}, {{"a", 1}}}; }
  static std::uint16_t key(int n) { return static_cast<std::uint16_t>(n % 7 == 0 ? kNoKey : n * 53 % 1024); }
  FoundByKeys() {
    EXPECT_TRUE(journal_.keep_in(disk_, note()));
    for (int n = 1; n <= 3000; ++n) journal_.append(message(n), "t", key(n));
  }
  Journal found() { return found(*copies_.emplace_back(disk_.copy(2))); }
  static Journal found(Disk& disk) { return {{1, 2}, keys(), std::move(disk.find().views.at(0))}; }
  static void expect_same(const Journal& again, const Journal& journal) {
    for (std::uint32_t lane = 0; lane < again.lane_count(); ++lane) {
      const auto& log = again.lane(lane);
      EXPECT_EQ(log.end(), journal.lane(lane).end());
      for (auto rank = log.first(); rank < log.end(); ++rank) {
        const auto position = again.position_of(lane, rank);
        EXPECT_EQ(position, journal.position_of(lane, rank));
        EXPECT_EQ(again.key_of(lane, rank), key(static_cast<int>(position)));
        EXPECT_EQ(again.rank_at(lane, position), rank + 1);
      }
    }
  }

  Disk disk_{1};
  std::vector<std::unique_ptr<Disk>> copies_;
  Journal journal_{{1, 2}, keys()};
};

TEST_F(FoundByKeys, HasTheSamePositionsKeysAndEnd) {
  journal_.note_end();
  const auto again = found();
  EXPECT_EQ(again.found_length(), 3000u);
  expect_same(again, journal_);
  for (std::uint32_t lane = 0; lane < 4; ++lane)
    EXPECT_EQ(again.last_position(lane), journal_.last_position(lane));
}

TEST_F(FoundByKeys, KnowsWhatStoodBeforeTheFirstThatIsThere) {
  for (std::uint32_t lane = 0; lane < 4; ++lane) journal_.forget_below(lane, journal_.lane(lane).end() / 2);
  const auto again = found();
  EXPECT_FALSE(again.found_length());
  for (std::uint32_t lane = 0; lane < 4; ++lane) {
    const auto first = again.lane(lane).first();
    if (first == 0 || again.lane(lane).end() == 0) continue;
    EXPECT_LT(again.position_of(lane, first - 1), again.position_of(lane, first));
    EXPECT_EQ(again.rank_at(lane, again.position_of(lane, first - 1)), first);
  }
}

TEST_F(FoundByKeys, GoesOnBehindABeginThatIsThereThoughItWasForgotten) {
  for (int n = 3001; n <= 20'000; ++n) journal_.append(message(n), "t", key(n));
  journal_.note_end();
  const auto before = disk_.copy(2);
  const Journal all = journal_;
  for (std::uint32_t lane = 0; lane < 4; ++lane)
    journal_.forget_below(lane, journal_.lane(lane).end() * 9 / 10);
  const auto after = disk_.copy(3);
  bring_first_blocks_back(*before, *after);
  auto again = found(*after);
  EXPECT_FALSE(again.found_length());
  EXPECT_LT(again.lane(0).end(), journal_.lane(0).end());
  for (std::uint32_t lane = 0; lane < 4; ++lane) again.jump_holes(lane, 20'000 * 9 / 10);
  EXPECT_GT(again.lane(0).first(), 0u);
  expect_same(again, all);
}

TEST_F(FoundByKeys, WithALostEndTellsNoLength) {
  journal_.note_end();
  const auto torn = disk_.copy(2);
  for (auto [data, size] : torn->contents()) {
    if (read_block_head({data, size})->head.kind == BlockKind::lane)
      data[size / 2] = static_cast<char>(data[size / 2] ^ 1);
  }
  EXPECT_FALSE(found(*torn).found_length());
}

TEST_F(FoundByKeys, WhatWasForgottenOrGivenUpIsNotTakenForAnEmptyLane) {
  journal_.note_end();
  journal_.forget_below(0, journal_.lane(0).end());
  journal_.give_up(1);
  const auto again = found();
  EXPECT_TRUE(again.given_up(0));
  EXPECT_TRUE(again.given_up(1));
  EXPECT_EQ(again.last_position(1), journal_.last_position(1));
}

TEST(StoredJournal, GivesItsBlocksBackAsTheyAreForgotten) {
  Disk disk(1);
  auto journal = filled(disk, 20'000);
  const auto used = disk.used();
  journal.forget_below(0, journal.lane(0).end());
  EXPECT_LT(disk.used(), used);
  journal.give_up(2);
  EXPECT_EQ(disk.used(), 1u);  // that of the view
}

TEST(StoredJournal, CopiedIsInMemory) {
  Disk disk(1);
  auto journal = filled(disk, 1000);
  const auto used = disk.used();
  {
    Journal copy = journal;
    for (int n = 1001; n <= 9000; ++n) copy.append(message(n), "t");
    EXPECT_EQ(right_messages(copy), 9000u);
  }
  EXPECT_EQ(disk.used(), used);
  EXPECT_EQ(right_messages(journal), 1000u);
}

TEST(StoredJournal, KeepsALargeMessageInABlockOfItsOwn) {
  Disk disk(1);
  Journal journal({1});
  ASSERT_TRUE(journal.keep_in(disk, note()));
  const std::string large(3 << 20, 'l');
  for (const auto& payload : {std::string(""), large, std::string("x")}) journal.append(payload);
  const auto after = disk.copy(2);
  auto found = after->find();
  const Journal again({1}, {}, std::move(found.views.at(0)));
  ASSERT_EQ(again.lane(0).end(), 3u);
  EXPECT_EQ(again.lane(0).payload(0), "");
  EXPECT_EQ(again.lane(0).payload(1), large);
  EXPECT_EQ(again.lane(0).payload(2), "x");
}

TEST(StoredJournal, WithoutRoomAtFirstIsKeptFromThenOn) {
  Disk disk(1);
  disk.full = true;
  Journal journal({1});
  EXPECT_FALSE(journal.keep_in(disk, note()));
  journal.append("lost");
  EXPECT_FALSE(journal.is_stored());
  disk.full = false;
  EXPECT_TRUE(journal.keep_in(disk, note()));
}

}  // namespace
}  // namespace tributary::journal
