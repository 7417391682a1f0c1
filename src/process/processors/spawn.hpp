#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace tributary::process {

/// What a new process is to be.
struct Spawn {
  std::vector<std::string> command;  ///< program (looked up in PATH if it has no slash) and arguments
  std::vector<std::string>
      environment;  ///< changes: "NAME=value" sets, "NAME" alone removes; the rest is ours
  int input = -1;   ///< descriptor that becomes its standard input
  int output = -1;  ///< its standard output
  int error = -1;   ///< its standard error
};

/// Starts a process in a process group of its own, so that Ctrl-C reaches only us and all it starts can be
/// reached at once. It inherits the three descriptors and no other. It is killed when the *thread* that called
/// this ends, so also when our process dies in whatever way. The caller waits for it.
///
/// An error (ErrorKind::unavailable, "cannot start PROGRAM: ...") if the program cannot be run.
Result<pid_t> spawn(const Spawn& options);

/// "ended with exit code 3", "was killed by signal 9": from a code, or 128 + signal.
std::string how_it_ended(int code);

/// That number, from what waitpid() says.
int exit_code(int wait_status);

}  // namespace tributary::process
