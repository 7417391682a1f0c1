#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/group/actions.hpp"

namespace tributary::sim {

inline constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

/// One server process, as its subscribers know it: everything it ever published, in its one order.
struct Life {
  struct Item {
    bool data = false;
    bool foreign = false;       // control: published by somebody else than a script
    std::uint32_t message = 0;  // data: which one
    std::string text;
  };
  std::string run_id;
  std::vector<Item> items;
  bool alive = true;    // it feeds its subscribers
  std::string refusal;  // what a process that does not have the group any more answers; empty: nothing
};

struct Request {
  std::uint64_t number = 0;  // on its connection
  group::CallId id = 0;
  bool load_scripts = false;  // SCRIPT LOAD of them all
  group::AnyCall call;
  bool transaction = false;  // a commit that does not go by the script
};

/// A command connection, with what is on its way in both directions.
struct CommandLink {
  std::size_t node = 0;
  std::size_t life = 0;
  std::string identity;    // of the server, when it was made
  bool open = true;        // as the client sees it
  bool deaf = false;       // half-open: no request arrives
  bool mute = false;       // half-open: no answer arrives
  std::uint64_t sent = 0;  // requests
  std::uint64_t arrived = 0;
  std::uint64_t reach = kNever;  // requests from this number on never arrive
  TimeMs release_at = 0;         // requests under way do not arrive before: that is how they come late
  TimeMs last_arrival = 0, last_reply = 0;
};

/// A subscriber connection: the server's output buffer is what lies between the cursor and the end of the
/// life's items.
struct SubscriberLink {
  std::size_t node = 0;
  std::size_t life = 0;
  bool open = true;            // as the client sees it
  bool mute = false;           // half-open: nothing arrives, no end is seen
  std::size_t cursor = 0;      // items read by the client
  std::uint64_t end = kNever;  // what lies behind never arrives: then the connection ends
  std::size_t pace = 64;       // items in one read
  TimeMs interval = 0;         // between reads
  bool scheduled = false;
  bool paused = false;  // the client does not read
};

}  // namespace tributary::sim
