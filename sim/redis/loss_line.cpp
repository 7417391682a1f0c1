#include "sim/redis/loss_line.hpp"

#include "core/base/text.hpp"

namespace tributary::sim {

std::string field_value(std::span<const std::string> fields, std::string_view name) {
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i] == name) return fields[i + 1];
  }
  return "";
}

LossLine::LossLine(std::span<const std::string> fields)
    : reason(field_value(fields, "reason")),
      view(field_value(fields, "view")),
      lane(field_value(fields, "lane")),
      identity(field_value(fields, "identity")),
      after(to_number(field_value(fields, "after")).value_or(0)),
      to(to_number(field_value(fields, "to")).value_or(0)),
      tail_unknown(field_value(fields, "to") == "?" || reason.ends_with("tail unknown")),
      certain(field_value(fields, "kind") == "lost") {}

}  // namespace tributary::sim
