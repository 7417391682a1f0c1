#include "cli/options/quantity.hpp"
#include "fuzz_target.hpp"
#include "process/processors.hpp"
#include "redis/url.hpp"

// One value, taken for a duration, a size, a URL and the name of a processor.
namespace tributary::fuzz {
namespace {

void check_url(std::string_view text) {
  const auto url = redis::parse_url(text);
  if (!url) {
    TRIBUTARY_CHECK(!url.error().message.empty());
    return;
  }
  const auto& endpoint = url.value().endpoint;
  TRIBUTARY_CHECK(endpoint.has_sentinels() == endpoint.host.empty() && endpoint.port != 0);
  for (const auto& other : endpoint.others) TRIBUTARY_CHECK(!other.host.empty() && other.port != 0);
  for (const auto& one : endpoint.sentinels.addresses) TRIBUTARY_CHECK(!one.host.empty() && one.port != 0);
  TRIBUTARY_CHECK(endpoint.unix_socket.empty() || endpoint.unix_socket.starts_with('/'));
  TRIBUTARY_CHECK(endpoint.username.empty() != url.value().has_username);
  TRIBUTARY_CHECK(endpoint.password.empty() != url.value().has_password);
  // Where it connects to is shown to people; the password is not.
  if (url.value().has_password && endpoint.password.size() > 8) {
    TRIBUTARY_CHECK(text.find('@') != std::string_view::npos);
  }
}

}  // namespace

void run(std::string_view input) {
  if (const auto duration = cli::parse_duration(input)) {
    TRIBUTARY_CHECK(duration->count() >= 0 && *duration <= std::chrono::hours(24'000));
    TRIBUTARY_CHECK(cli::parse_duration(cli::format_duration(*duration)) == duration);
  }
  if (const auto size = cli::parse_size(input))
    TRIBUTARY_CHECK(cli::parse_size(cli::format_size(*size)) == size);
  check_url(input);
  constexpr std::string_view kOutside[] = {
      "exec:", "http:", "https:", "lua:", "plugin:"};  // of files, programs, the net
  for (const auto prefix : kOutside) {
    if (input.starts_with(prefix)) return;
  }
  if (const auto factory = process::make_processors(input)) {
    TRIBUTARY_CHECK(factory.value()() != nullptr);
  } else {
    TRIBUTARY_CHECK(factory.error().kind == ErrorKind::usage);
  }
}

}  // namespace tributary::fuzz
