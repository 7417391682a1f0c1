#include "cli/system/interrupt.hpp"

#include <algorithm>
#include <csignal>
#include <thread>

namespace tributary::cli {
namespace {

volatile std::sig_atomic_t interrupt_seen = 0;

void note_interrupt(int) { interrupt_seen = 1; }

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second one does what it does by default
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return interrupt_seen != 0; }

Error interruption() {
  return {ExitCode::failed, "interrupted; all that was started is stopped and removed"};
}

void pause_for(std::chrono::nanoseconds time) {
  constexpr std::chrono::nanoseconds kSlice = std::chrono::milliseconds(50);
  const auto end = std::chrono::steady_clock::now() + time;
  while (!interrupted()) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds::zero()) return;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, kSlice));
  }
}

}  // namespace tributary::cli
