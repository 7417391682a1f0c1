#include "relay/whereabouts.hpp"

#include <utility>

#include "relay/scout.hpp"

namespace tributary::relay {

Whereabouts::Whereabouts(redis::EventLoop& loop, redis::Endpoint named, Moved moved)
    : loop_(loop),
      endpoint_(named),
      moved_(std::move(moved)),
      sentinels_(loop, std::move(named),
                 [this](const redis::Endpoint& to) { moved_(to, "the Sentinels name"); }) {}

Whereabouts::~Whereabouts() = default;

void Whereabouts::locate(std::function<void()> found, std::function<void(const redis::Failure&)> failed) {
  sentinels_.locate(
      [this, found = std::move(found)](const redis::Endpoint& server) {
        if (server.has_sentinels()) endpoint_ = server;
        found();
      },
      std::move(failed));
}

void Whereabouts::take(const redis::ServerFacts& facts) {
  endpoint_ = redis::at_address(endpoint_, facts.at);
  endpoint_.others = facts.cluster_nodes;
  std::erase(endpoint_.others, facts.at);
}

void Whereabouts::try_another() {
  if (endpoint_.others.empty()) return;
  endpoint_.others.push_back(endpoint_.address());
  endpoint_ = redis::at_address(endpoint_, endpoint_.others.front());
  endpoint_.others.erase(endpoint_.others.begin());
}

void Whereabouts::ask_others() {
  if (endpoint_.others.empty()) return;
  if (!scout_) {
    scout_ = std::make_unique<Scout>(loop_, [this](const redis::Endpoint& to) {
      if (to.address() != endpoint_.address()) moved_(to, "the cluster names");
    });
  }
  scout_->look(endpoint_, loop_.now_ms());
}

}  // namespace tributary::relay
