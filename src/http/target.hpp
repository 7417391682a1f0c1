#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tributary::http {

/// A request's target in parts, decoded.
struct Target {
  std::string path;
  std::map<std::string, std::string> query;
};

/// "/api/group?group=a%3Ab". Nothing if it is no path of this server, or its escapes make no sense.
std::optional<Target> parse_target(std::string_view text);

}  // namespace tributary::http
