#include <string>

#include "core/group/control_message.hpp"
#include "fuzz_target.hpp"

// Control messages, which anybody may publish: what is taken for one says the same when it is written again.
namespace tributary::fuzz {
namespace {

using namespace group;

std::string written(const Marker& marker) {
  return "tributary/1 marker " + marker.nonce.text + " " + marker.view.id.text() + " - " +
         marker.view.identity.text() + " " + std::to_string(marker.tick) + " " +
         format_members(marker.view.members);
}

std::string written(const Tick& tick) {
  return "tributary/1 tick " + tick.nonce.text + " " + std::to_string(tick.number) + " " +
         tick.identity.text();
}

void check_same(const Marker& a, const Marker& b) {
  TRIBUTARY_CHECK(a.nonce == b.nonce && a.tick == b.tick && a.view.id == b.view.id);
  TRIBUTARY_CHECK(a.view.identity == b.view.identity && a.view.members.size() == b.view.members.size());
  std::uint64_t slots = 0;
  for (std::size_t i = 0; i < a.view.members.size(); ++i) {
    auto member = a.view.members[i];
    member.present = true;  // not part of a marker
    TRIBUTARY_CHECK(member == b.view.members[i] && member.weight <= kMaxWeight);
    slots += member.weight;
  }
  TRIBUTARY_CHECK(slots <= kMaxSlots);
}

void check_same(const Tick& a, const Tick& b) {
  TRIBUTARY_CHECK(a.nonce == b.nonce && a.number == b.number && a.identity == b.identity);
}

}  // namespace

void run(std::string_view input) {
  const auto message = parse_control_message(input);
  if (!message) return;
  std::visit(
      [](const auto& read) {
        const auto again = parse_control_message(written(read));
        TRIBUTARY_CHECK(again.has_value());
        check_same(read, std::get<std::decay_t<decltype(read)>>(*again));
      },
      *message);
}

}  // namespace tributary::fuzz
