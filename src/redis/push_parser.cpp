#include "redis/push_parser.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "redis/command.hpp"
#include "redis/glob.hpp"

namespace tributary::redis {
namespace {

constexpr std::size_t kLongestPayload = 512u << 20;  // Redis' own limit of a string
constexpr std::size_t kLongestLine = 64 << 10;

enum class Part { ok, incomplete, broken };

// A line "<digits>\r\n" at `at`; moves behind it.
Part read_number(std::string_view bytes, std::size_t& at, std::size_t& number) {
  number = 0;
  for (std::size_t i = at; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c == '\r') {
      if (i == at) return Part::broken;
      if (i + 1 >= bytes.size()) return Part::incomplete;
      if (bytes[i + 1] != '\n') return Part::broken;
      at = i + 2;
      return Part::ok;
    }
    if (c < '0' || c > '9' || number > kLongestPayload) return Part::broken;
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  return Part::incomplete;
}

// "$<length>\r\n<bytes>\r\n"
Part read_bulk(std::string_view bytes, std::size_t& at, std::string_view& value, std::size_t& missing) {
  if (at >= bytes.size()) return Part::incomplete;
  if (bytes[at] != '$') return Part::broken;
  std::size_t start = at + 1, size = 0;
  if (const auto part = read_number(bytes, start, size); part != Part::ok) return part;
  if (size > kLongestPayload) return Part::broken;
  if (bytes.size() < start + size + 2) {
    missing = start + size + 2 - bytes.size();
    return Part::incomplete;
  }
  if (bytes[start + size] != '\r' || bytes[start + size + 1] != '\n') return Part::broken;
  value = bytes.substr(start, size);
  at = start + size + 2;
  return Part::ok;
}

}  // namespace

PushParser::PushParser(Inputs inputs, std::string control_channel)
    : inputs_(std::move(inputs)), control_channel_(std::move(control_channel)) {}

PushParser::Progress PushParser::read(std::string_view bytes, Sink& sink) {
  Progress progress;
  while (progress.consumed < bytes.size()) {
    const auto rest = bytes.substr(progress.consumed);
    // The hot path: a data message differs from the one before only behind this prefix.
    if (!data_prefix_.empty() && rest.size() > data_prefix_.size() &&
        std::memcmp(rest.data(), data_prefix_.data(), data_prefix_.size()) == 0) [[likely]] {
      std::size_t at = data_prefix_.size();
      std::string_view payload;
      switch (read_bulk(rest, at, payload, progress.missing)) {
        case Part::ok:
          sink.on_data(payload, data_channel_);
          progress.consumed += at;
          continue;
        case Part::incomplete:
          return progress;
        case Part::broken:
          progress.broken = true;
          return progress;
      }
    }
    std::size_t length = 0;
    switch (read_frame(rest, sink, length, progress.missing)) {
      case Step::frame:
        progress.consumed += length;
        continue;
      case Step::incomplete:
      case Step::end:
        return progress;
      case Step::broken:
        progress.broken = true;
        return progress;
    }
  }
  return progress;
}

PushParser::Step PushParser::read_frame(std::string_view bytes, Sink& sink, std::size_t& length,
                                        std::size_t& missing) {
  if (bytes[0] == '-' || bytes[0] == '+') {  // an error, or the answer to a PING while not subscribed
    const auto end = bytes.find("\r\n");
    if (end == std::string_view::npos) return bytes.size() > kLongestLine ? Step::broken : Step::incomplete;
    if (bytes[0] == '-') sink.on_error(bytes.substr(1, end - 1));
    length = end + 2;
    return Step::frame;
  }
  if (bytes[0] != '*') return Step::broken;
  std::size_t at = 1, count = 0;
  auto part = read_number(bytes, at, count);
  std::array<std::string_view, 4> values;
  if (part == Part::ok && count != 3 && count != 4) return Step::broken;
  std::size_t number = 0;
  bool numbered = false;
  for (std::size_t i = 0; part == Part::ok && i < count; ++i) {
    if (at < bytes.size() && bytes[at] == ':' && i == 2) {
      numbered = true;
      part = read_number(bytes, ++at, number);
    } else {
      part = read_bulk(bytes, at, values[i], missing);
    }
  }
  if (part == Part::broken) return Step::broken;
  if (part == Part::incomplete) return Step::incomplete;
  length = at;
  const auto kind = values[0];
  const bool confirms = count == 3 && numbered;
  if (kind == (inputs_.sharded ? "smessage" : "message") && count == 3 && !numbered) {
    read_message(values[1], values[2], sink);
  } else if (kind == "pmessage" && count == 4 && !numbered) {
    read_match(values[1], values[2], values[3], sink);
  } else if ((kind == "subscribe" || kind == "psubscribe" || kind == "ssubscribe") && confirms) {
    sink.on_subscribed(number);
  } else if (kind == "sunsubscribe" && confirms) {
    sink.on_unsubscribed();
    return Step::end;
  } else {
    return Step::broken;  // unsubscribed behind our back: what follows has gaps
  }
  return Step::frame;
}

void PushParser::read_message(std::string_view channel, std::string_view payload, Sink& sink) {
  if (channel == control_channel_) return sink.on_control(payload);
  if (!std::ranges::binary_search(inputs_.channels, channel)) return;
  remember({}, channel);
  sink.on_data(payload, channel);
}

void PushParser::read_match(std::string_view pattern, std::string_view channel, std::string_view payload,
                            Sink& sink) {
  if (!counts(pattern, channel)) return;
  remember(pattern, channel);
  sink.on_data(payload, channel);
}

// A pure function of names, so that all nodes count the same messages.
bool PushParser::counts(std::string_view pattern, std::string_view channel) const {
  if (channel == control_channel_ || std::ranges::binary_search(inputs_.channels, channel)) return false;
  for (const auto& other : inputs_.patterns) {
    if (other == pattern) return true;
    if (glob_matches(other, channel)) return false;
  }
  return false;
}

// Names of channels may be as long as payloads; then it is not worth it.
void PushParser::remember(std::string_view pattern, std::string_view channel) {
  if (pattern.size() + channel.size() > kLongestLine) return;
  data_channel_ = channel;
  data_prefix_.clear();
  append_command_header(data_prefix_, pattern.empty() ? 3 : 4);
  append_argument(data_prefix_, inputs_.sharded ? "smessage" : pattern.empty() ? "message" : "pmessage");
  if (!pattern.empty()) append_argument(data_prefix_, pattern);
  append_argument(data_prefix_, data_channel_);
}

}  // namespace tributary::redis
