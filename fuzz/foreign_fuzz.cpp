#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/group/node_driver.hpp"
#include "fuzz_target.hpp"
#include "script.hpp"

// A member in good standing reads what others publish on its control channel. Whatever is not of its group
// (nonce "group") changes nothing but a counter; what is made to look so must at least not break it. Each
// line is one message; "." is a beat that goes well, ":" a data message.
namespace tributary::fuzz {
namespace {

using namespace group;

bool is_foreign(std::string_view text) {
  const auto message = parse_control_message(text);
  return !message || std::visit([](const auto& m) { return m.nonce.text != "group"; }, *message);
}

/// What a foreign message must leave alone.
auto state_of(NodeDriver& driver) {
  std::vector<std::tuple<ViewId, bool, std::uint64_t>> held;
  for (const auto& view : driver.node.held_views()) {
    held.emplace_back(view.view.id, view.growing, view.length.value_or(UINT64_MAX));
  }
  std::vector<std::pair<LaneId, std::uint64_t>> works;
  for (const auto& work : driver.node.works()) works.emplace_back(work.lane, work.serial);
  return std::tuple(driver.node.member(), driver.node.joined(), driver.node.may_read(), held, works,
                    driver.calls.size(), driver.connects, driver.subscriber_drops, driver.command_drops,
                    driver.reports.size(), driver.finished.has_value());
}

// The server and the network do their part, so that the node becomes a member again whatever
// made it lose that.
void go_on(NodeDriver& driver) {
  const auto connects = driver.connects;
  driver.time(500);
  if (driver.connects != connects) driver.subscribe();
  if (driver.asked(Script::join)) {
    const auto view = driver.view + 1;
    driver.joined(view, "me/1 x/1");
    driver.marker(view, "me/1 x/1");
  }
  if (const auto beat = driver.take<BeatCall>(); beat.id != 0) driver.answer_beat(beat, "");
  driver.calls.clear();
}

}  // namespace

void run(std::string_view input) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(3);
  for (const auto line : split(input, '\n')) {
    if (driver.finished) return;
    if (line == ".") {
      go_on(driver);
    } else if (line == ":") {
      driver.messages(1);
    } else {
      const auto text = with_member(line, driver.node.member());
      // Between its join and the answer, a node cannot know the nonce, and takes the marker that lists it.
      const bool must_not_matter = is_foreign(text) && driver.node.joined();
      const auto before = state_of(driver);
      driver.control(text);
      if (must_not_matter) TRIBUTARY_CHECK(state_of(driver) == before);
    }
  }
}

}  // namespace tributary::fuzz
