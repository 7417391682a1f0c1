#include "cli/demo/demo_audit.hpp"

#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <iterator>

#include "cli/demo/demo_process.hpp"
#include "cli/system/interrupt.hpp"

namespace tributary::cli {
namespace {

constexpr std::chrono::seconds kAuditLimit{600};

}  // namespace

Result<DemoCounts> parse_audit(std::string_view json) {
  boost::system::error_code error;
  const auto value = boost::json::parse({json.data(), json.size()}, error);
  const Error not_understood{ErrorKind::software, "the answer of verify --json cannot be understood"};
  if (error || !value.is_object()) return not_understood;
  const auto number = [&](const char* name) {
    const auto* found = value.get_object().if_contains(name);
    boost::system::error_code missing;
    const auto result = found == nullptr ? 0 : found->to_number<std::uint64_t>(missing);
    if (found == nullptr || missing) error = boost::json::error::not_number;
    return result;
  };
  const auto* ok = value.get_object().if_contains("ok");
  DemoCounts counts;
  counts.passed = ok != nullptr && ok->is_bool() && ok->get_bool();
  counts.published = number("published");
  counts.received = number("received");
  counts.appended = number("appended");
  counts.dead_lettered = number("dead_lettered");
  counts.lost = number("missing") + number("never_received") + number("reached_nobody");
  counts.duplicated = number("duplicated");
  if (error) return not_understood;
  return counts;
}

Result<DemoCounts> audit_demo(const PrivateServer& server, const std::vector<std::string>& ledgers,
                              const std::vector<std::string>& receipts) {
  std::vector<std::string> arguments{"verify", "--json"};
  for (const auto& file : ledgers) arguments.insert(arguments.end(), {"--ledger", file});
  for (const auto& file : receipts) arguments.insert(arguments.end(), {"--receipts", file});
  auto verify = DemoProcess::start(server, "audit", std::move(arguments));
  if (!verify) return verify.error();
  const auto ended = verify->wait(kAuditLimit);
  if (interrupted()) return interruption(kRemoved);
  if (!ended) return verify->error("takes too long");
  const bool judged =
      *ended == static_cast<int>(ExitCode::ok) || *ended == static_cast<int>(ExitCode::failed);
  if (!judged) return verify->error(how_it_ended(*ended));
  std::ifstream file(verify->output_file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return parse_audit(text);
}

}  // namespace tributary::cli
