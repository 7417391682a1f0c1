#include "relay/write_all.hpp"

#include <unistd.h>

#include <cerrno>

namespace tributary::relay {

bool write_all(int descriptor, std::string_view& text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace tributary::relay
