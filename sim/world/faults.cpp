#include "sim/world/faults.hpp"

namespace tributary::sim {
namespace {

//                                  name, of node, anchor too, history, may declare, spares the anchor
constexpr std::array<FaultKind, kFaultKinds> kKinds = {{
    {"crash", true, false, false, false, true},
    {"restart", true, false, false, false, true},
    {"stall", true, true, false, false, true},
    {"freeze", true, false, false, true, true},
    {"cut-subscriber", true, false, false, false, true},
    {"cut-commands", true, true, false, false, true},
    {"cut-both", true, false, false, false, true},
    {"lost-reply", true, true, false, false, true},
    {"half-open-subscriber", true, false, false, false, true},
    {"half-open-commands", true, false, false, true, true},
    {"isolation", true, false, false, true, true},
    {"slow-subscriber", true, false, false, false, true},
    {"slow-commands", true, true, false, false, true},
    {"join", false, false, false, false, true},
    {"leave", true, false, false, false, true},
    {"leave-all", false, false, false, false, true},
    {"cut-everybody", false, false, false, false, false},
    {"redis-pause", false, false, false, false, true},
    {"redis-restart", false, false, true, false, true},
    {"redis-fail-over", false, false, true, false, true},
    {"redis-roll-back", false, false, true, false, true},
    {"redis-deep", false, false, true, true, false},
    {"redis-nothing", false, false, true, true, false},
    {"redis-refuses", false, false, false, false, true},
    {"append-fails", false, false, false, false, true},
    {"script-flush", false, false, false, false, true},
    {"foreign-control", false, false, false, false, true},
    {"delete-state", false, false, false, true, false},
    {"flush-all", false, false, false, true, false},
}};

}  // namespace

const FaultKind& kind_of(Fault fault) { return kKinds[static_cast<std::size_t>(fault)]; }

std::optional<Fault> fault_named(std::string_view name) {
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    if (kKinds[i].name == name) return static_cast<Fault>(i);
  }
  return std::nullopt;
}

}  // namespace tributary::sim
