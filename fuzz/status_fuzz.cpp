#include <boost/json.hpp>

#include <string>
#include <vector>

#include "cli/demo/take_over.hpp"
#include "cli/status/status_text.hpp"
#include "core/base/text.hpp"
#include "fuzz_target.hpp"
#include "observe/monitor_line.hpp"

// The answer of the status script, as `status` and the monitor line show it. Each line of the
// input is one value.
namespace tributary::fuzz {
namespace {

void check_json(const std::string& text) {
  boost::json::error_code error;
  const auto value = boost::json::parse(text, error);
  TRIBUTARY_CHECK(!error && value.is_object());
}

}  // namespace

void run(std::string_view input) {
  std::vector<std::string> answer;
  for (const auto line : split(input, '\n')) answer.emplace_back(line);
  const auto status = observe::parse_group_status(answer);
  TRIBUTARY_CHECK(status.nodes() <= status.members.size());
  TRIBUTARY_CHECK(status.old_lanes().size() <= status.lanes.size());
  for (const auto& member : status.members)
    TRIBUTARY_CHECK(!member.listed || status.find(member.id) != nullptr);
  const cli::StatusReport report{
      "out", "here", "", status, observe::RateMeter().read(status.entries_added, 1), {}};
  TRIBUTARY_CHECK(cli::status_text(report).ends_with('\n'));
  check_json(cli::status_json(report));
  cli::TakeOver take_over(group::MemberId("m1"), 1000);
  take_over.read(status, 900);
  take_over.read(status, 1100);
}

}  // namespace tributary::fuzz
