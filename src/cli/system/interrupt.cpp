#include "cli/system/interrupt.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace tributary::cli {
namespace {

volatile std::sig_atomic_t interrupt_seen = 0;

void note_interrupt(int) { interrupt_seen = 1; }

void end_at_once(int number) { std::_Exit(128 + number); }

void on_interrupts(void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

void catch_interrupts() {
  constexpr auto kOnce = static_cast<int>(SA_RESETHAND);  // the second one does what it does by default
  on_interrupts(note_interrupt, kOnce);
}

void end_at_once_on_interrupts() { on_interrupts(end_at_once, 0); }

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
