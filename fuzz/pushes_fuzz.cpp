#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/base/random.hpp"
#include "fuzz_target.hpp"
#include "redis/push_parser.hpp"
#include "resp.hpp"

// What a subscriber connection receives: the same, in whatever pieces it comes, and the same as hiredis
// reads. The first byte chooses the pieces. The channels are "d" and "c".
namespace tributary::fuzz {
namespace {

const std::string kEnd = "unsubscribed";  // nothing is read behind it

struct Outcome : redis::PushParser::Sink {
  std::vector<std::string> events;
  bool broken = false;
  bool ended() const { return !events.empty() && events.back() == kEnd; }

  void on_data(std::string_view payload, std::string_view channel) override {
    events.push_back((channel == "d" ? "data " : "data of " + std::string(channel) + ": ") +
                     std::string(payload));
  }
  void on_control(std::string_view payload) override { events.push_back("control " + std::string(payload)); }
  void on_subscribed(std::size_t channels) override {
    events.push_back("subscribed " + std::to_string(channels));
  }
  void on_error(std::string_view text) override { events.push_back("error " + std::string(text)); }
  void on_unsubscribed() override { events.push_back(kEnd); }
};

// Reads from memory that ends where the bytes do. Takes away what was consumed.
std::size_t read(redis::PushParser& parser, std::string& pending, Outcome& outcome) {
  const auto exact = std::make_unique<char[]>(pending.size());
  std::copy(pending.begin(), pending.end(), exact.get());
  const auto progress = parser.read({exact.get(), pending.size()}, outcome);
  TRIBUTARY_CHECK(progress.consumed <= pending.size());
  outcome.broken = progress.broken;
  pending.erase(0, progress.consumed);
  return progress.missing;
}

redis::Inputs inputs(bool sharded) {
  if (sharded) return {{"d"}, {}, true};
  return {{"d"}, {"p*", "q?"}};
}

Outcome in_one(std::string bytes, bool sharded) {
  redis::PushParser parser(inputs(sharded), "c");
  Outcome outcome;
  read(parser, bytes, outcome);
  return outcome;
}

// Waits for as many bytes as the parser says are missing, so a parser that asks for too many would hang.
Outcome in_pieces(std::string_view bytes, std::uint64_t seed, bool sharded) {
  redis::PushParser parser(inputs(sharded), "c");
  Outcome outcome;
  Random random(seed);
  std::string pending;
  std::size_t enough = 0;
  while (!bytes.empty() && !outcome.broken && !outcome.ended()) {
    const auto piece = bytes.substr(0, 1 + random.below(seed % 32 + 1));
    bytes.remove_prefix(piece.size());
    pending += piece;
    if (pending.size() >= enough) enough = read(parser, pending, outcome) + pending.size();
  }
  return outcome;
}

// Of the patterns, p* comes before q?; no channel matches both.
std::optional<std::vector<std::string>> match_of(const redis::Reply& reply, bool sharded) {
  using Type = redis::Reply::Type;
  if (reply.elements[0].text != "pmessage") return std::nullopt;
  for (std::size_t i = 1; i < 4; ++i) {
    if (reply.elements[i].type != Type::string) return std::nullopt;
  }
  const auto& pattern = reply.elements[1].text;
  const auto& channel = reply.elements[2].text;
  const bool counts = !sharded && channel != "d" && channel != "c" &&
                      (pattern == "p*" || (pattern == "q?" && !channel.starts_with('p')));
  if (!counts) return std::vector<std::string>{};
  return std::vector{"data of " + channel + ": " + reply.elements[3].text};
}

// Nothing: not a push that a subscriber connection may receive.
std::optional<std::vector<std::string>> event_of(const redis::Reply& reply, bool sharded) {
  using Type = redis::Reply::Type;
  if (reply.type == Type::error) return std::vector{"error " + reply.text};
  if (reply.type == Type::status) return std::vector<std::string>{};
  if (!reply.is_array() || reply.elements.size() < 3 || reply.elements.size() > 4) return std::nullopt;
  const auto& kind = reply.elements[0].text;
  if (reply.elements.size() == 4) return match_of(reply, sharded);
  const auto& last = reply.elements[2];
  if (kind == "sunsubscribe" && last.type == Type::integer) return std::vector{kEnd};
  if ((kind == "subscribe" || kind == "psubscribe" || kind == "ssubscribe") && last.type == Type::integer)
    return std::vector{"subscribed " + std::to_string(last.integer)};
  if (kind != (sharded ? "smessage" : "message") || last.type != Type::string) return std::nullopt;
  const auto& channel = reply.elements[1].text;
  if (channel == "d") return std::vector{"data " + last.text};
  if (channel == "c") return std::vector{"control " + last.text};
  return std::vector<std::string>{};
}

void compare_with_referee(std::string_view bytes, const Outcome& outcome, bool sharded) {
  Referee referee;
  referee.feed(bytes);
  std::vector<std::string> events;
  bool refused = false;
  while (const auto reply = referee.next()) {
    const auto event = event_of(*reply, sharded);
    refused = !event;
    if (refused) break;
    events.insert(events.end(), event->begin(), event->end());
    if (events.size() > 0 && events.back() == kEnd) break;
  }
  const auto both = std::min(events.size(), outcome.events.size());
  TRIBUTARY_CHECK(
      std::equal(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(both), outcome.events.begin()));
  if (refused) TRIBUTARY_CHECK(outcome.broken && outcome.events.size() == both);
  // hiredis is the stricter one where lines are broken; a push that it takes must not be lost here.
  if (!outcome.broken) TRIBUTARY_CHECK(outcome.events.size() >= events.size());
}

}  // namespace

void run(std::string_view input) {
  if (input.empty()) return;
  const auto bytes = input.substr(1);
  const auto seed = static_cast<unsigned char>(input[0]);
  const bool sharded = seed % 128 >= 96;
  const auto whole = in_one(std::string(bytes), sharded);
  const auto pieces = in_pieces(bytes, seed, sharded);
  TRIBUTARY_CHECK(whole.events == pieces.events && whole.broken == pieces.broken);
  compare_with_referee(bytes, whole, sharded);
}

}  // namespace tributary::fuzz
