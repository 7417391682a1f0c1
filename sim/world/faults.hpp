#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tributary::sim {

/// What can go wrong. The order is that of the table in faults.cpp.
enum class Fault : std::uint8_t {
  crash,
  restart,
  stall,
  freeze,
  cut_subscriber,
  cut_commands,
  cut_both,
  lost_reply,
  half_open_subscriber,
  half_open_commands,
  isolation,
  late_return,
  slow_subscriber,
  slow_commands,
  join,
  leave,
  leave_all,
  cut_everybody,
  redis_pause,
  redis_restart,
  redis_fail_over,
  redis_roll_back,
  redis_deep,
  redis_nothing,
  redis_refuses,
  append_fails,
  disk_fails,
  script_flush,
  foreign_control,
  delete_state,
  flush_all,
  scale,
  hold,
  silent_subscription,
  crash_leaving,
  slow_processing,
  hang,
  slot_moves,
  primary_alone,
  primary_alone_long,
  kill_all,
  torn_journal,
  old_journal,
  journal_full,
};

struct FaultKind {
  std::string_view name;
  bool of_node;     ///< strikes one node
  bool anchor_too;  ///< also the node that must always be alive and connected
  bool history;     ///< the server's data goes back
  /// What a node that stays alive received may nevertheless be lost, if it is declared: the node is out of
  /// reach for longer than a replay window, or the data goes back further than that, or somebody deleted it.
  bool may_declare;
  bool spares_anchor;  ///< if so, not what the anchor received
  bool harmless;       ///< no reason to expel anybody
};

inline constexpr std::size_t kFaultKinds = 44;
const FaultKind& kind_of(Fault fault);
std::optional<Fault> fault_named(std::string_view name);

using FaultCounts = std::array<std::uint64_t, kFaultKinds>;

}  // namespace tributary::sim
