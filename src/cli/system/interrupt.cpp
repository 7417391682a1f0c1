#include "cli/system/interrupt.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace tributary::cli {
namespace {

volatile std::sig_atomic_t interrupt_seen = 0;  // the signal's number

void note_interrupt(int number) { interrupt_seen = number; }

void end_at_once(int number) { std::_Exit(128 + number); }

void on_interrupts(void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    sigaction(number, nullptr, &before);
    if (number != SIGHUP || before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
}

}  // namespace

void catch_interrupts() {
  constexpr auto kOnce = static_cast<int>(SA_RESETHAND);  // the second one does what it does by default
  on_interrupts(note_interrupt, kOnce);
}

void end_at_once_on_interrupts() {
  on_interrupts(end_at_once, 0);
  std::signal(SIGHUP, SIG_IGN);  // a terminal that is closed may send several: nobody asked twice then
}

bool interrupted() { return interrupt_seen != 0; }

ExitCode interrupted_code() { return ExitCode{128 + static_cast<int>(interrupt_seen)}; }

Error interruption(const std::string& outcome) { return {ErrorKind::interrupted, "interrupted; " + outcome}; }

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
