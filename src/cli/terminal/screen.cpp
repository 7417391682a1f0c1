#include "cli/terminal/screen.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>

namespace tributary::cli {
namespace {

constexpr char kEnter[] = "\x1b[?1049h\x1b[?25l";  // alternate screen, no cursor
constexpr char kLeave[] = "\x1b[?25h\x1b[?1049l";

termios before;
volatile std::sig_atomic_t active = 0;
volatile std::sig_atomic_t asked_to_end = 0;
volatile std::sig_atomic_t size_changed = 0;

// Only what may be called in a signal handler.
void restore() {
  if (active == 0) return;
  active = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &before);
  [[maybe_unused]] const auto written = write(STDOUT_FILENO, kLeave, sizeof kLeave - 1);
}

void on_end(int) { asked_to_end = 1; }
void on_resize(int) { size_changed = 1; }
void on_crash(int number) {  // installed to be reset when called
  restore();
  std::raise(number);
}

void handle(int number, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

void write_all(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const auto written = write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (written <= 0) return;
    done += static_cast<std::size_t>(written);
  }
}

}  // namespace

Screen::Screen() {
  tcgetattr(STDIN_FILENO, &before);
  active = 1;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) handle(number, on_end, 0);
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGQUIT}) {
    handle(number, on_crash, static_cast<int>(SA_RESETHAND));
  }
  handle(SIGWINCH, on_resize, 0);
  termios raw = before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  raw.c_cc[VSUSP] = _POSIX_VDISABLE;  // suspended, it would leave the terminal as it is now
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  write_all(kEnter);
  read_size();
}

Screen::~Screen() { restore(); }

void Screen::read_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return;
  width_ = size.ws_col;
  height_ = size.ws_row;
}

// In one write, line by line over what was there: nothing flickers.
void Screen::show(const std::vector<std::string>& lines) {
  std::string out = "\x1b[H";
  for (std::size_t i = 0; i < lines.size() && i < static_cast<std::size_t>(height_); ++i) {
    if (i > 0) out += "\r\n";
    out += lines[i] + "\x1b[K";
  }
  write_all(out + "\x1b[J");
}

Screen::Event Screen::wait(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (true) {
    if (asked_to_end != 0) return Event::quit;
    if (size_changed != 0) {
      size_changed = 0;
      read_size();
      return Event::resized;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Event::none;
    pollfd keys{STDIN_FILENO, POLLIN, 0};
    // A signal that comes just before poll() is seen a moment later.
    if (poll(&keys, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 100))) <= 0) continue;
    char key = 0;
    const auto got = read(STDIN_FILENO, &key, 1);
    if (got <= 0 && (keys.revents & (POLLHUP | POLLERR)) != 0) return Event::quit;  // the terminal is gone
    if (got == 1 && (key == 'q' || key == 'Q' || key == '\x03' || key == '\x04')) return Event::quit;
  }
}

}  // namespace tributary::cli
