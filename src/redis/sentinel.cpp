#include "redis/sentinel.hpp"

#include <algorithm>

#include "core/base/safe_text.hpp"
#include "core/base/text.hpp"
#include "redis/command.hpp"

namespace tributary::redis {
namespace {

std::string known_names(const ServerFacts& facts) {
  std::string names;
  for (const auto& name : facts.sentinel_services) {
    names += (names.empty() ? "" : ", ") + quoted(visible_text(name));
  }
  return names.empty() ? "and none at all" : "it watches " + names;
}

}  // namespace

Endpoint sentinel_endpoint(const Endpoint& server, std::size_t index) {
  Endpoint sentinel;
  const auto& all = server.sentinels;
  sentinel.host = all.addresses[index].host;
  sentinel.port = all.addresses[index].port;
  sentinel.username = all.username;
  sentinel.password = all.password;
  sentinel.password_file = all.password_file;
  sentinel.tls = server.tls;
  sentinel.is_sentinel = true;
  return sentinel;
}

std::string primary_questions(const Endpoint& server) {
  std::string questions;
  append_command(questions, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", server.sentinels.service});
  append_command(questions, {"SENTINEL", "MASTER", server.sentinels.service});
  return questions;
}

std::optional<Error> explain_no_sentinel(const ServerFacts& facts, const Endpoint& from) {
  if (facts.sentinel) return std::nullopt;
  return Error{ErrorKind::configuration,
               "what answers at " + from.display() + " is a Redis server, not a Sentinel; use redis://" +
                   from.display() + ", or the addresses of its Sentinels (port 26379 as a rule)"};
}

Result<PrimaryAddress> read_primary(std::span<const Reply> answers, const ServerFacts& facts,
                                    const Endpoint& server, const Endpoint& from) {
  if (auto none = explain_no_sentinel(facts, from)) return *none;
  const auto& address = answers[0];
  const auto& known = answers[1];
  if (known.is_error("ERR No such master")) {
    return Error{ErrorKind::configuration,
                 "the Sentinel at " + from.display() + " watches no primary named " +
                     quoted(visible_text(server.sentinels.service)) + "; " + known_names(facts)};
  }
  for (const auto& answer : answers) {
    if (answer.is_error()) return explain_server_error(from, answer.text);
  }
  PrimaryAddress told;
  if (address.elements.size() == 2) {
    told.address.host = address.elements[0].text;
    told.address.port = static_cast<std::uint16_t>(to_number(address.elements[1].text).value_or(0));
  }
  for (std::size_t i = 0; i + 1 < known.elements.size(); i += 2) {
    if (known.elements[i].text == "config-epoch")
      told.epoch = to_number(known.elements[i + 1].text).value_or(0);
  }
  if (told.address.host.empty() || told.address.port == 0) {
    return Error{ErrorKind::unavailable,
                 "the Sentinel at " + from.display() + " does not tell where the primary is"};
  }
  return told;
}

Failure explain_unknown_primary(const Endpoint& server, std::span<const Error> troubles) {
  const auto worst = std::ranges::find_if(troubles, [](const Error& error) {
    return error.kind == ErrorKind::configuration || error.kind == ErrorKind::no_permission;
  });
  if (worst != troubles.end()) return *worst;
  const auto count = server.sentinels.addresses.size();
  const auto first = troubles.empty() ? std::string("no answer") : troubles.front().message;
  if (count == 1 && !troubles.empty()) return troubles.front();
  return Error{ErrorKind::unavailable, "none of the " + std::to_string(count) + " Sentinels tells where " +
                                           visible_text(server.sentinels.service) + " is: " + first};
}

}  // namespace tributary::redis
