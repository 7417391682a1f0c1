#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/group/node.hpp"
#include "explore/calls.hpp"
#include "explore/digest.hpp"
#include "explore/pool.hpp"

namespace tributary::explore {

/// A message that a node received, and where it put it.
struct Receipt {
  std::uint64_t message = 0;
  std::string view;
  std::uint64_t position = 0;
};

/// One process: the real core, and what the relay keeps beside it. A value.
struct Member {
  group::Node node;
  TimeMs now = 1'000'000;  ///< its clock
  std::uint32_t index = 0;
  std::uint32_t generation = 0;  ///< member ids it had
  std::uint32_t nonces = 0;      ///< made for views and groups
  bool finished = false;
  std::string error;              ///< if it finished with one
  std::vector<Receipt> receipts;  ///< for the verdict: what it received under views with lanes

  Member(group::NodeSettings settings, std::uint32_t which);
  void digest(Digest& out) const;
};

/// What an event made a process do, in order.
struct Outcome {
  struct Act {
    enum class Kind { request, subscribe, drop_subscriber, drop_commands };
    Kind kind;
    Id request = 0;
  };
  Id member = 0;
  std::vector<Act> acts;
  std::vector<std::string> reports;
  std::vector<Receipt> received;  ///< one at most
};

inline std::string payload_of(std::uint64_t message) { return "m" + std::to_string(message); }

/// Does for the core what the relay does. `requests` receives the calls made.
Outcome happen(Member& member, const Event& event, Pool<Request>& requests);

}  // namespace tributary::explore
