#include <gtest/gtest.h>

#include "core/group/node_driver.hpp"
#include "core/journal/disk.hpp"

// A node that finds what an earlier process had received.
namespace tributary::group {
namespace {

class FoundViews : public testing::Test {
 protected:
  FoundViews() {
    const auto message =
        parse_control_message("tributary/1 marker group 7.aaaaaa - run/repl 0 old-1/1/1/0,other/1/2/0");
    const auto& marker = std::get<Marker>(*message);
    journal::Journal journal(marker.view.weights());
    EXPECT_TRUE(journal.keep_in(disk_, {"out", "old-1", format_marker(marker.view, marker.nonce)}));
    for (int n = 1; n <= 10; ++n) journal.append("m" + std::to_string(n));
    after_ = disk_.copy(2);
  }
  void find(NodeDriver& driver) {
    driver.node.keep_journals_in(*after_, "d1");
    driver.node.on_journals_found(std::move(after_->find().views));
  }

  journal::Disk disk_{1};
  std::unique_ptr<journal::Disk> after_;
};

TEST_F(FoundViews, AreHeldAtTheirPositionsAndSaidToBeNothing) {
  NodeDriver driver;
  find(driver);
  const auto* held = driver.node.held(*ViewId::parse("7.aaaaaa"));
  ASSERT_NE(held, nullptr);
  EXPECT_FALSE(held->growing);
  EXPECT_FALSE(held->said);
  EXPECT_FALSE(held->length);
  EXPECT_EQ(held->journal.count(), 10u);
  EXPECT_TRUE(held->holds_next(0, 0));
  EXPECT_EQ(driver.node.uncommitted(), 10u);
  driver.node.check_invariants();
}

TEST_F(FoundViews, OfAnotherGroupAreLeftOutAndLeftAlone) {
  auto settings = NodeDriver::settings();
  settings.group = "another";
  {
    NodeDriver driver(settings);
    find(driver);
    EXPECT_TRUE(driver.node.held_views().empty());
  }
  EXPECT_EQ(after_->find().views.size(), 1u);
}

TEST_F(FoundViews, GoBackToTheStorageWhenTheNodeEnds) {
  {
    NodeDriver driver;
    find(driver);
    EXPECT_GT(after_->used(), 0u);
  }
  EXPECT_EQ(after_->used(), 0u);
}

TEST_F(FoundViews, ACopyOfTheNodeKeepsThemInMemory) {
  NodeDriver driver;
  find(driver);
  const auto used = after_->used();
  { const Node copy = driver.node; }
  EXPECT_EQ(after_->used(), used);
}

// Some of what came behind the first thousand is missing.
class FoundViewWithAHole : public testing::Test {
 protected:
  FoundViewWithAHole() {
    const auto message = parse_control_message("tributary/1 marker " + driver_.nonce + " 7.v - " +
                                               driver_.identity + " 0 old-1/1/1/0");
    const auto& marker = std::get<Marker>(*message);
    journal::Disk disk(1);
    journal::Journal journal(marker.view.weights());
    EXPECT_TRUE(journal.keep_in(disk, {"out", "old-1", format_marker(marker.view, marker.nonce)}));
    for (int n = 1; n <= 9000; ++n) {
      disk.full = n > 1000 && n < 2000;
      journal.append(std::string(100, 'm'));
    }
    after_ = disk.copy(2);
    driver_.node.keep_journals_in(*after_, "d1");
    driver_.node.on_journals_found(std::move(after_->find().views));
    driver_.connect();
    driver_.joined(8, "me/1");
    driver_.marker(8, "me/1");
  }
  const journal::Journal& journal() { return driver_.node.held(*ViewId::parse("7.v"))->journal; }
  void lane_is_at(std::uint64_t position) {
    driver_.beat("7:0:-:" + std::to_string(position) + ":- 8:0:me:0:-");
  }

  std::unique_ptr<journal::Disk> after_;
  NodeDriver driver_;
};

TEST_F(FoundViewWithAHole, IsOfUseUpToIt) {
  const auto end = journal().lane(0).end();
  lane_is_at(10);
  EXPECT_TRUE(driver_.asked(Script::claim));
  EXPECT_EQ(journal().lane(0).end(), end);
}

TEST_F(FoundViewWithAHole, IsOfUseBehindItOnceAllBeforeIsDone) {
  lane_is_at(8000);
  EXPECT_TRUE(driver_.asked(Script::claim));
  EXPECT_EQ(journal().lane(0).end(), 9000u);
}

TEST_F(FoundViewWithAHole, TellsWhereItEndsIfTheLaneIsWithinIt) {
  lane_is_at(journal().lane(0).end());
  EXPECT_FALSE(driver_.asked(Script::claim));
  const auto beat = driver_.next_beat();
  ASSERT_EQ(beat.gaps.size(), 1u);
  EXPECT_EQ(beat.gaps[0].position, journal().lane(0).first() + 1);
  EXPECT_GT(beat.gaps[0].position, 1000u);
}

}  // namespace
}  // namespace tributary::group
