#include "cli/options/declared/declarations.hpp"

#include "core/plan/desired.hpp"

namespace tributary::cli {

void declare_control(Declarations& all) {
  all.group("Change");
  auto& minimum = all.add(kScale, "minimum", "", "N", "with auto: never fewer consumers than this");
  bind_number(minimum, 1, plan::kMostConsumers, FIELD(control.minimum));
  minimum.show = nothing_if_zero(FIELD(control.minimum));
  auto& maximum = all.add(kScale, "maximum", "", "N", "with auto: never more consumers than this");
  bind_number(maximum, 1, plan::kMostConsumers, FIELD(control.maximum));
  maximum.show = nothing_if_zero(FIELD(control.maximum));
  bind_switch(all.add(kStop, "now", "", "",
                      "without draining: what no remaining node can append goes to the loss ledger"),
              FIELD(control.now));
  auto& revision = all.add(kControl, "if-revision", "", "N",
                           "change only if the desired state has this revision (status shows it)");
  revision.set = [](Settings& s, const Values& values, Source) -> Problem {
    s.control.if_revision = to_number(values[0]);
    if (s.control.if_revision) return std::nullopt;
    return "must be a whole number, not " + quoted(values[0]);
  };
  revision.show = [](const Settings& s) {
    return s.control.if_revision ? std::to_string(*s.control.if_revision) : "";
  };
  bind_duration(all.add(kControl, "wait", "", "TIME",
                        "wait at most this long until the group shows the change; 0: do not wait"),
                "1ms", "24h", true, FIELD(control.wait));
}

}  // namespace tributary::cli
