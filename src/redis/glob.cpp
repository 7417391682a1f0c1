#include "redis/glob.hpp"

#include <algorithm>

namespace tributary::redis {
namespace {

// The set at the front of `pattern`, behind its '['; takes it away, with its ']' if there is one.
bool take_set(std::string_view& pattern, char c) {
  const bool negated = pattern.starts_with('^');
  if (negated) pattern.remove_prefix(1);
  bool found = false;
  while (!pattern.empty() && pattern.front() != ']') {
    if (pattern.front() == '\\' && pattern.size() > 1) {
      found = found || pattern[1] == c;
      pattern.remove_prefix(2);
    } else if (pattern.size() > 2 && pattern[1] == '-') {
      const auto low = static_cast<unsigned char>(std::min(pattern[0], pattern[2], [](char a, char b) {
        return static_cast<unsigned char>(a) < static_cast<unsigned char>(b);
      }));
      const auto high = static_cast<unsigned char>(pattern[0]) + static_cast<unsigned char>(pattern[2]) - low;
      found = found || (static_cast<unsigned char>(c) >= low && static_cast<unsigned char>(c) <= high);
      pattern.remove_prefix(3);
    } else {
      found = found || pattern.front() == c;
      pattern.remove_prefix(1);
    }
  }
  if (!pattern.empty()) pattern.remove_prefix(1);
  return found != negated;
}

// Takes one element that is no '*' away from the front of `pattern`.
bool take_one(std::string_view& pattern, char c) {
  const char first = pattern.front();
  pattern.remove_prefix(1);
  if (first == '?') return true;
  if (first == '[') return take_set(pattern, c);
  if (first != '\\' || pattern.empty()) return first == c;
  const char escaped = pattern.front();
  pattern.remove_prefix(1);
  return escaped == c;
}

}  // namespace

// At a mismatch the last '*' takes one more character: nothing before it needs to be tried again.
bool glob_matches(std::string_view pattern, std::string_view text) {
  bool starred = false;
  std::string_view star_pattern, star_text;
  while (!text.empty()) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      starred = true;
      star_pattern = pattern;
      star_text = text;
      continue;
    }
    if (!pattern.empty() && take_one(pattern, text.front())) {
      text.remove_prefix(1);
      continue;
    }
    if (!starred) return false;
    star_text.remove_prefix(1);
    pattern = star_pattern;
    text = star_text;
  }
  return pattern.find_first_not_of('*') == std::string_view::npos;
}

}  // namespace tributary::redis
