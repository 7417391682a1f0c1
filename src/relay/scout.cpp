#include "relay/scout.hpp"

namespace tributary::relay {
namespace {

constexpr TimeMs kBetweenLooks_ms = 1000;

}  // namespace

void Scout::look(const redis::Endpoint& from, TimeMs now) {
  if (looked_at_ > 0 && now - looked_at_ < kBetweenLooks_ms) return;
  looked_at_ = now;
  asked_ = redis::at_address(from, from.others[next_++ % from.others.size()]);
  asked_.others.clear();
  connection_.open(asked_);
}

void Scout::on_commands_ready(const redis::ServerFacts& facts) {
  connection_.close();
  found_(redis::at_address(asked_, facts.at));
}

}  // namespace tributary::relay
