#include "sim/world/faults.hpp"

namespace tributary::sim {
namespace {

//                                  name, of node, anchor too, history, may declare, spares the anchor,
//                                  harmless
constexpr std::array<FaultKind, kFaultKinds> kKinds = {{
    {"crash", true, false, false, false, true, false},
    {"restart", true, false, false, false, true, false},
    {"stall", true, true, false, false, true, true},
    {"freeze", true, false, false, true, true, false},
    {"cut-subscriber", true, false, false, false, true, false},
    {"cut-commands", true, true, false, false, true, false},
    {"cut-both", true, false, false, false, true, false},
    {"lost-reply", true, true, false, false, true, false},
    {"half-open-subscriber", true, false, false, false, true, false},
    {"half-open-commands", true, false, false, true, true, false},
    {"isolation", true, false, false, true, true, false},
    {"late-return", true, false, false, true, true, false},
    {"slow-subscriber", true, false, false, false, true, false},
    {"slow-commands", true, true, false, false, true, false},
    {"join", false, false, false, false, true, true},
    {"leave", true, false, false, false, true, true},
    {"leave-all", false, false, false, false, true, true},
    {"cut-everybody", false, false, false, false, false, false},
    {"redis-pause", false, false, false, false, true, true},
    {"redis-restart", false, false, true, false, true, false},
    {"redis-fail-over", false, false, true, false, true, false},
    {"redis-roll-back", false, false, true, false, true, false},
    {"redis-deep", false, false, true, true, false, false},
    {"redis-nothing", false, false, true, true, false, false},
    {"redis-refuses", false, false, false, false, true, true},
    {"append-fails", false, false, false, false, true, true},
    {"disk-fails", false, false, false, false, true, true},
    {"script-flush", false, false, false, false, true, true},
    {"foreign-control", false, false, false, false, true, true},
    {"delete-state", false, false, false, true, false, false},
    {"flush-all", false, false, false, true, false, false},
    {"scale", false, false, false, false, true, true},
    {"hold", false, false, false, false, true, true},
    {"silent-subscription", true, false, false, true, true, false},
    {"crash-leaving", true, false, false, false, true, false},
    {"slow-processing", true, true, false, false, true, true},
    {"hang", true, true, false, false, true, true},
    {"slot-moves", false, false, false, false, false, false},
    {"primary-alone", false, false, true, false, false, false},
    {"primary-alone-long", false, false, true, true, false, false},
    {"kill-all", false, false, false, false, true, false},
    {"torn-journal", true, false, false, false, true, false},
    {"old-journal", true, false, false, false, true, false},
    {"journal-full", true, false, false, false, true, false},
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
