#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "observe/group_status.hpp"

namespace tributary::observe {

/// What one node adds to the line on a terminal.
struct NodeFigures {
  std::optional<double> rate;  ///< messages/s
  std::uint64_t backlog = 0;
};

/// The figures of one monitor line: of the whole group, and perhaps of this node.
struct MonitorFigures {
  std::optional<double> rate;  ///< messages/s over the last interval; nothing: not known yet
  std::uint64_t total = 0;     ///< messages appended, ever
  std::uint64_t backlog = 0;
  bool backlog_known = true;  ///< else it is at least that: a node that is silent tells nothing of its own
  std::uint64_t consumers = 0;
  std::uint64_t nodes = 0;
  std::uint64_t losses = 0;  ///< lines in the loss ledger
  std::uint64_t lost = 0;    ///< of these, what is known to be lost
  std::uint64_t dead_letters = 0;
  std::uint64_t duplicates = 0;
  std::optional<NodeFigures> this_node;
};

/// Those of the group, from one reading and the rate measured between it and the one before.
MonitorFigures monitor_figures(const GroupStatus& status, std::optional<double> rate);

/// For example
///   20,013 messages/s | total 1,203,442 | backlog   120 | 6 consumers on 3 nodes | losses declared 2
/// One line without its end; figures are padded so that lines below each other are aligned.
std::string format_monitor_line(const MonitorFigures& figures);

/// "12", or "12+" if that is only what is known of.
std::string at_least(std::uint64_t number, bool known);

/// Lines of the loss ledger: "2" if all of them are known losses, "2 (1 known)", or "2 (possible)".
std::string losses_text(std::uint64_t losses, std::uint64_t lost);

}  // namespace tributary::observe
