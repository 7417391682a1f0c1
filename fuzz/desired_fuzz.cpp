#include <algorithm>

#include "core/base/text.hpp"
#include "core/plan/desired.hpp"
#include "fuzz_target.hpp"

// The hash of the desired state, which anybody may write, read twice: what was good before stays where the
// later one cannot be understood. Lines "field value"; an empty line is between the two.
namespace tributary::fuzz {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields fields_of(std::string_view text) {
  Fields fields;
  for (const auto line : split(text, '\n')) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) continue;
    const std::string name(line.substr(0, space));
    const auto known = [&](const auto& field) { return field.first == name; };
    if (std::any_of(fields.begin(), fields.end(), known)) continue;  // a hash has each field once
    fields.emplace_back(name, line.substr(space + 1));
  }
  return fields;
}

plan::Desired check(const Fields& fields, const plan::Desired& last) {
  const auto read = plan::read_desired(fields, last);
  const auto& desired = read.desired;
  TRIBUTARY_CHECK(desired.minimum >= 1 && desired.minimum <= desired.maximum);
  TRIBUTARY_CHECK(desired.maximum <= plan::kMostConsumers);
  TRIBUTARY_CHECK(!desired.consumers || *desired.consumers <= plan::kMostConsumers);
  TRIBUTARY_CHECK(!desired.batch_size || (*desired.batch_size >= 1 && *desired.batch_size <= 10'000));
  TRIBUTARY_CHECK(!desired.idle_timeout_ms || *desired.idle_timeout_ms >= 0);
  TRIBUTARY_CHECK(read.complaints.size() <= 16);
  for (const auto& complaint : read.complaints) {
    TRIBUTARY_CHECK(!complaint.empty() && complaint.size() < 300);
    for (const char c : complaint) TRIBUTARY_CHECK(c >= ' ' && c <= '~');
  }
  // What is understood does not depend on what was there before.
  if (read.complaints.empty()) TRIBUTARY_CHECK(plan::read_desired(fields, {}).desired == desired);
  // Read again, it is the same again.
  TRIBUTARY_CHECK(plan::read_desired(fields, desired).desired == desired);
  return desired;
}

}  // namespace

void run(std::string_view input) {
  const auto middle = input.find("\n\n");
  const auto before = check(fields_of(input.substr(0, middle)), {});
  if (middle != std::string_view::npos) check(fields_of(input.substr(middle + 2)), before);
}

}  // namespace tributary::fuzz
