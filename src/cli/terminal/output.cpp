#include "cli/terminal/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace tributary::cli {
namespace {

int output_error = 0;  // the first

void note(bool written) {
  if (!written && output_error == 0) output_error = errno;
}

}  // namespace

void write_output(std::string_view text) {
  if (output_error == 0) note(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

void write_error(std::string_view text) {
  [[maybe_unused]] const auto written = std::fwrite(text.data(), 1, text.size(), stderr);
}

Status flush_output() {
  if (output_error == 0) note(std::fflush(stdout) == 0);
  if (output_error == 0) return Done{};
  if (output_error == EPIPE) return Error{ErrorKind::io, ""};
  return Error{ErrorKind::io, std::string("cannot write to standard output: ") + std::strerror(output_error)};
}

void prepare_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number, so this one. For reading only: writing to it fails, as it would have.
    [[maybe_unused]] const int opened = open("/dev/null", O_RDONLY);
  }
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace tributary::cli
