#include "cli/terminal/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/terminal/output.hpp"
#include "cli/terminal/terminal.hpp"

namespace tributary::cli {

using std::chrono::steady_clock;

Progress::Progress() : draws_(can_draw(STDERR_FILENO)), next_(steady_clock::now()) {}

bool Progress::due() const { return draws_ && steady_clock::now() >= next_; }

void Progress::show(double fraction, std::string_view text) {
  if (!due()) return;
  next_ = steady_clock::now() + std::chrono::milliseconds(100);
  constexpr int kBarColumns = 30;
  fraction = std::clamp(fraction, 0.0, 1.0);
  const int full = static_cast<int>(fraction * kBarColumns);
  auto line =
      fmt::format("[{:#<{}}{:.<{}}] {:3.0f} %  {}", "", full, "", kBarColumns - full, fraction * 100, text);
  line.resize(std::min(line.size(), static_cast<std::size_t>(std::max(terminal_columns() - 1, 10))));
  print_error("\r{}\x1b[K", line);
  drawn_ = true;
}

void Progress::clear() {
  if (!drawn_) return;
  print_error("\r\x1b[K");
  drawn_ = false;
}

}  // namespace tributary::cli
