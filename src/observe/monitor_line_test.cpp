#include "observe/monitor_line.hpp"

#include <gtest/gtest.h>

namespace tributary::observe {
namespace {

MonitorFigures busy_group() {
  MonitorFigures figures;
  figures.rate = 20012.6;
  figures.total = 1203442;
  figures.backlog = 120;
  figures.consumers = 6;
  figures.nodes = 3;
  return figures;
}

TEST(MonitorLine, TellsOfTheGroup) {
  EXPECT_EQ(format_monitor_line(busy_group()),
            " 20,013 messages/s | total 1,203,442 | backlog   120 | 6 consumers on 3 nodes");
}

TEST(MonitorLine, HasOnlyWordsAtTheStart) {
  EXPECT_EQ(format_monitor_line({}),
            "      - messages/s | total         0 | backlog     0 | 0 consumers on 0 nodes");
}

TEST(MonitorLine, AddsThisNode) {
  auto figures = busy_group();
  figures.this_node = NodeFigures{6671.2, 40};
  EXPECT_TRUE(format_monitor_line(figures).ends_with("3 nodes | this node 6,671/s, backlog 40"));
}

TEST(MonitorLine, NamesLossesAndDeadLettersOnlyIfThereAreAny) {
  auto figures = busy_group();
  figures.losses = 2;
  figures.lost = 2;
  figures.dead_letters = 1234;
  EXPECT_TRUE(format_monitor_line(figures).ends_with("3 nodes | losses declared 2 | dead letters 1,234"));
}

TEST(MonitorLine, NamesDuplicatesOnlyIfSomeWereDropped) {
  auto figures = busy_group();
  figures.duplicates = 1234;
  EXPECT_TRUE(format_monitor_line(figures).ends_with("3 nodes | duplicates dropped 1,234"));
}

TEST(MonitorLine, TakesItsFiguresFromTheStatus) {
  const auto status =
      parse_group_status({"view", "1.a", "view:1.a", "r/x m1/1/1/0", "member:m1:backlog", "8", "consumers",
                          "1", "entries-added", "50", "losses-length", "1", "dead-length", "2"});
  EXPECT_EQ(format_monitor_line(monitor_figures(status, 3.0)),
            "      3 messages/s | total        50 | backlog     8 | 1 consumer on 1 node | losses declared 1 "
            "(possible) | "
            "dead letters 2");
}

}  // namespace
}  // namespace tributary::observe
