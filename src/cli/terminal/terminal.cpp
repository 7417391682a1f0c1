#include "cli/terminal/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace tributary::cli {

bool is_terminal(int descriptor) { return isatty(descriptor) == 1; }

bool can_draw(int descriptor) {
  const char* kind = std::getenv("TERM");
  return is_terminal(descriptor) && kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
}

bool wants_colour(int descriptor) {
  const char* no_colour = std::getenv("NO_COLOR");
  return can_draw(descriptor) && (no_colour == nullptr || *no_colour == '\0');
}

int terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace tributary::cli
