#include <algorithm>
#include <string>

#include "fuzz_target.hpp"
#include "redis/server_check.hpp"
#include "redis/server_error.hpp"

// What a server says of itself, and its error answers.
namespace tributary::fuzz {
namespace {

constexpr std::string_view kPassword = "hunter2";

void check_error(const Error& error) { TRIBUTARY_CHECK(!error.message.empty()); }

}  // namespace

void run(std::string_view input) {
  redis::Endpoint endpoint;
  endpoint.password = kPassword;
  const auto facts = redis::parse_info(input);
  for (const bool trimmed : {false, true}) {
    const auto verdict = redis::check_server(facts, endpoint, trimmed);
    if (verdict.refusal) check_error(*verdict.refusal);
    TRIBUTARY_CHECK(verdict.refusal || (facts.look_alike.empty() && facts.role != "slave"));
  }
  check_error(redis::explain_server_error(endpoint, input));
  const auto refused = redis::explain_auth_error(endpoint, input);
  check_error(refused);
  TRIBUTARY_CHECK(refused.message.find(kPassword) == std::string::npos);
}

}  // namespace tributary::fuzz
