#include "embed/process_name.hpp"

#include <unistd.h>

#include <string_view>

namespace tributary::embed {
namespace {

// What may stand in a member id: no blank, comma, slash, colon or dot.
std::string plain(std::string_view text) {
  std::string name;
  for (const char c : text.substr(0, text.find('.')).substr(0, 24)) {
    const bool fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    name += fine ? c : '_';
  }
  return name.empty() ? "node" : name;
}

}  // namespace

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return "unknown";
  return name;
}

std::string process_name() { return plain(host_name()) + "-" + std::to_string(::getpid()); }

}  // namespace tributary::embed
