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

}  // namespace
}  // namespace tributary::group
