#include "cli/demo/demo_process.hpp"

#include <algorithm>

#include "cli/options/options.hpp"
#include "cli/system/interrupt.hpp"

namespace tributary::cli {
namespace {

constexpr std::size_t kLinesShown = 15;

}  // namespace

Result<DemoProcess> DemoProcess::start(const PrivateServer& server, const std::string& name,
                                       std::vector<std::string> arguments) {
  auto file_name = name;
  std::ranges::replace(file_name, ' ', '-');
  const auto out = server.file(file_name + ".out");
  const auto err = server.file(file_name + ".err");
  arguments.insert(arguments.begin(), "/proc/self/exe");
  const auto flags = server.flags();
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  auto child = ChildProcess::start({std::move(arguments), setting_variables(), out, err});
  if (!child) return child.error();
  return DemoProcess{name, out, err, std::move(*child)};
}

std::optional<int> DemoProcess::wait(std::chrono::milliseconds bound) {
  const auto end = std::chrono::steady_clock::now() + bound;
  while (!interrupted() && std::chrono::steady_clock::now() < end) {
    if (const auto ended = child.wait(std::chrono::milliseconds(50))) return ended;
  }
  return std::nullopt;
}

Error DemoProcess::error(const std::string& what) const {
  auto said = last_lines(error_file, kLinesShown, "  ");
  if (said.ends_with('\n')) said.pop_back();
  return {ErrorKind::software, name + " " + what + (said.empty() ? "" : "; its last output:\n" + said)};
}

}  // namespace tributary::cli
