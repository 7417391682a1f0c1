// The floor of cost: a bridge from a channel to a stream with no guarantee at all. One thread, one
// subscriber, pipelined XADD of the same fields that tributary appends. No coordination, no parsing of
// JSON, no journal; what arrives while it is down is gone, and two of them append everything twice. Written
// as tightly as we can: what tributary is measured against.
//
//   bare_bridge <address> <channel> <stream> [json]     carries messages until it is killed; addresses: connection.hpp;
//                                                       with json it parses and checks each payload first, for nothing
#include <simdjson.h>

#include <algorithm>
#include <cstdio>

#include "bench/subscription.hpp"

namespace {

using namespace tributary::bench;

constexpr std::size_t kMostUnanswered = 4096;
constexpr std::size_t kNoLimit = ~std::size_t{0};

// All of it, UTF-8 too, as whoever makes fields of the members must.
bool is_object(simdjson::dom::parser& parser, std::string_view payload) {
  simdjson::dom::object object;
  return parser.parse(payload.data(), payload.size(), false).get(object) == simdjson::SUCCESS;
}

void carry(const char* address, const char* channel, const char* stream, bool reads) {
  Connection commands(address);
  Subscription subscription(address, channel);
  const EntryWriter writer(stream, "bare-bridge.1");
  std::string out;
  std::vector<char> answers(256 << 10);
  std::uint64_t carried = 0;
  std::size_t unanswered = 0;
  simdjson::dom::parser parser;
  for (;;) {
    out.clear();
    subscription.read(kNoLimit, [&](std::string_view payload) {
      if (reads && !is_object(parser, payload)) return;
      writer.write(out, payload, ++carried);
      ++unanswered;
    });
    commands.send(out);
    // An answer is "$15\r\n1700000000000-0\r\n": one dollar each.
    do {
      const auto wait = unanswered > kMostUnanswered ? Connection::Wait::yes : Connection::Wait::no;
      const auto end = answers.begin() +
                       static_cast<std::ptrdiff_t>(commands.receive(answers.data(), answers.size(), wait));
      unanswered -= static_cast<std::size_t>(std::count(answers.begin(), end, '$'));
    } while (unanswered > kMostUnanswered);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::fprintf(stderr, "usage: bare_bridge <address> <channel> <stream> [json]\n");
    return 64;
  }
  try {
    carry(argv[1], argv[2], argv[3], argc == 5);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "bare_bridge: %s\n", failure.what());
  }
  return 69;
}
