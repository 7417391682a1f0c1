#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/system/child_process.hpp"
#include "cli/system/private_server.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

/// A tributary command that the demo runs as a process of its own, with the files that hold what it says.
struct DemoProcess {
  std::string name;  ///< for people, e.g. "node A"
  std::string output_file;
  std::string error_file;
  ChildProcess child;

  /// Starts this same program with these arguments at that server. It sees none of our settings.
  static Result<DemoProcess> start(const PrivateServer& server, const std::string& name,
                                   std::vector<std::string> arguments);
  /// How it ended; nothing after `bound` or an interrupt.
  std::optional<int> wait(std::chrono::milliseconds bound);
  /// "<name> <what>", and what it said last.
  Error error(const std::string& what) const;
};

}  // namespace tributary::cli
