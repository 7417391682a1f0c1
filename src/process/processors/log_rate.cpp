#include "process/processors/log_rate.hpp"

#include <simdjson.h>

#include <cstdio>

namespace tributary::process {

using std::chrono::steady_clock;

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

// The start of it, not cut in the middle of a character.
std::string_view start_of(std::string_view text) {
  auto end = LogRate::kLongestLine;
  while (end > LogRate::kLongestLine - 3 && continues(text[end])) --end;
  return text.substr(0, end);
}

void append_escaped(std::string& shown, char c) {
  char escaped[8];
  std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
  shown += escaped;
}

}  // namespace

std::string printable(std::string_view text) {
  const bool cut = text.size() > LogRate::kLongestLine;
  if (cut) text = start_of(text);
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\t') {
      shown += ' ';
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8)) {
      append_escaped(shown, text[i]);
    } else if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) {  // U+0080 to U+009f
      append_escaped(shown, text[i]);
      append_escaped(shown, text[++i]);
    } else {
      shown += text[i];
    }
  }
  return cut ? shown + "..." : shown;
}

void LogRate::say(std::string_view who, std::string_view text) {
  const std::lock_guard lock(mutex_);
  // A clock costs little, but not as little as a line that is not shown.
  if (told_ >= kLinesPerSecond && left_out_ % 64 != 0) {
    ++left_out_;
    return;
  }
  turn_page();
  if (told_ >= kLinesPerSecond) {
    ++left_out_;
    return;
  }
  ++told_;
  log_(std::string(who) + ": " + printable(text));
}

bool LogRate::tell_left_out() {
  const std::lock_guard lock(mutex_);
  turn_page();
  return left_out_ > 0;
}

void LogRate::turn_page() {
  const auto now = steady_clock::now();
  if (now - second_ < std::chrono::seconds(1)) return;
  second_ = now;
  told_ = 0;
  if (left_out_ > 0) {
    log_(name_ + ": " + std::to_string(left_out_) + (left_out_ == 1 ? " line was" : " lines were") +
         " left out: more than " + std::to_string(kLinesPerSecond) + " a second");
  }
  left_out_ = 0;
}

}  // namespace tributary::process
