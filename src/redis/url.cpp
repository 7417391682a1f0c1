#include "redis/url.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "core/base/text.hpp"

namespace tributary::redis {
namespace {

constexpr std::uint16_t kSentinelPort = 26379;
constexpr std::size_t kMostAddresses = 32;

Error bad_url(std::string_view what) {
  return {ErrorKind::usage, "is not a usable Redis URL: " + std::string(what)};
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned byte = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* end = text.data() + i + 3;
    if (const auto [at, error] = std::from_chars(text.data() + i + 1, end, byte, 16);
        error != std::errc() || at != end)
      return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

// Takes "user:password@" off the front of `rest`.
Status take_credentials(std::string_view& rest, std::string_view authority, Url& url) {
  const auto at = authority.rfind('@');
  if (at == std::string_view::npos) return Done{};
  const auto credentials = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const auto colon = credentials.find(':');
  const auto username = percent_decoded(credentials.substr(0, colon));
  if (!username) return bad_url("% must be followed by two hexadecimal digits");
  url.endpoint.username = *username;
  url.has_username = !username->empty();
  if (colon == std::string_view::npos) return Done{};
  const auto password = percent_decoded(credentials.substr(colon + 1));
  if (!password) return bad_url("% must be followed by two hexadecimal digits");
  url.endpoint.password = *password;
  url.has_password = !password->empty();
  return Done{};
}

Status take_database(std::string_view text, Url& url) {
  const auto number = to_number(text);
  if (!number || *number > std::numeric_limits<std::int32_t>::max())
    return bad_url("the database must be a number");
  url.endpoint.database = static_cast<std::uint32_t>(*number);
  url.has_database = true;
  return Done{};
}

// Takes "?db=N" off the end of `rest`.
Status take_query(std::string_view& rest, Url& url) {
  const auto mark = rest.find('?');
  if (mark == std::string_view::npos) return Done{};
  const auto query = rest.substr(mark + 1);
  rest = rest.substr(0, mark);
  if (!query.starts_with("db=")) return bad_url("the only parameter known is ?db=NUMBER");
  return take_database(query.substr(3), url);
}

Result<Address> parse_address(std::string_view text, std::uint16_t port) {
  Address address{std::string(text), port};
  const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  if (text.starts_with('[') && bracket == std::string_view::npos) return bad_url("\"[\" without \"]\"");
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const auto number = to_number(text.substr(colon + 1));
    if (!number || *number == 0 || *number > 65535)
      return bad_url("the port must be a number from 1 to 65535");
    address.host = text.substr(0, colon);
    address.port = static_cast<std::uint16_t>(*number);
  }
  if (bracket != std::string_view::npos) address.host = text.substr(1, bracket - 1);
  if (address.host.empty()) return bad_url("the host is missing");
  return address;
}

Result<std::vector<Address>> parse_addresses(std::string_view text, std::uint16_t port) {
  std::vector<Address> addresses;
  if (text.empty()) return bad_url("the host is missing");
  for (const auto part : split(text, ',')) {
    auto address = parse_address(part, port);
    if (!address) return address.error();
    addresses.push_back(std::move(*address));
  }
  if (addresses.size() > kMostAddresses)
    return bad_url("it names more than " + std::to_string(kMostAddresses) + " hosts");
  return addresses;
}

Status take_host_and_port(std::string_view text, Url& url) {
  auto hosts = parse_addresses(text, url.endpoint.port);
  if (!hosts) return hosts.error();
  url.endpoint = at_address(std::move(url.endpoint), hosts->front());
  url.endpoint.others.assign(hosts->begin() + 1, hosts->end());
  return Done{};
}

// Behind the addresses comes the name of the primary, which a plain URL has not.
Status take_sentinels(std::string_view text, Url& url) {
  url.endpoint.host.clear();
  auto sentinels = parse_addresses(text, kSentinelPort);
  if (!sentinels) return sentinels.error();
  url.endpoint.sentinels.addresses = std::move(*sentinels);
  return Done{};
}

// What is in front of the path, and what is behind it. A password may hold a bare "/", so the authority ends at the first
// one behind the last "@".
struct Divided {
  std::string_view authority, path;
};

Divided divide(std::string_view rest) {
  const auto at = rest.rfind('@');
  const auto slash = rest.find('/', at == std::string_view::npos ? 0 : at);
  return {rest.substr(0, slash),
          slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1)};
}

Result<Url> parse_tcp(std::string_view rest) {
  Url url;
  if (auto done = take_query(rest, url); !done) return done.error();
  const auto [authority, database] = divide(rest);
  auto host = authority;
  if (auto done = take_credentials(host, authority, url); !done) return done.error();
  if (auto done = take_host_and_port(host, url); !done) return done.error();
  if (!database.empty()) {
    if (auto done = take_database(database, url); !done) return done.error();
  }
  return url;
}

Result<Url> parse_sentinel(std::string_view rest) {
  Url url;
  if (auto done = take_query(rest, url); !done) return done.error();
  const auto [authority, path] = divide(rest);
  auto hosts = authority;
  if (auto done = take_credentials(hosts, authority, url); !done) return done.error();
  if (auto done = take_sentinels(hosts, url); !done) return done.error();
  const auto slash = path.find('/');
  const auto service = percent_decoded(path.substr(0, slash));
  if (!service) return bad_url("% must be followed by two hexadecimal digits");
  if (service->empty())
    return bad_url("the name of the primary is missing, as in redis+sentinel://host:26379/mymaster");
  url.endpoint.sentinels.service = *service;
  if (slash != std::string_view::npos && slash + 1 < path.size()) {
    if (auto done = take_database(path.substr(slash + 1), url); !done) return done.error();
  }
  return url;
}

Result<Url> parse_unix(std::string_view rest) {
  Url url;
  if (auto done = take_query(rest, url); !done) return done.error();
  // Here the path may hold "@", so credentials are looked for only in front of the first "/".
  if (auto done = take_credentials(rest, rest.substr(0, rest.find('/')), url); !done) return done.error();
  if (!rest.starts_with('/') || rest.size() < 2)
    return bad_url("unix:// needs an absolute path, e.g. unix:///run/redis.sock");
  url.endpoint.unix_socket = rest;
  return url;
}

}  // namespace

Result<Url> parse_url(std::string_view url) {
  if (url.find('\0') != std::string_view::npos) return bad_url("it holds a zero byte");
  const auto after = [&](std::string_view scheme) { return url.substr(scheme.size()); };
  if (url.starts_with("redis://")) return parse_tcp(after("redis://"));
  if (url.starts_with("unix://")) return parse_unix(after("unix://"));
  if (url.starts_with("redis+sentinel://")) return parse_sentinel(after("redis+sentinel://"));
  const auto with_tls = [](Result<Url> told) {
    if (told) told->endpoint.tls.on = true;
    return told;
  };
  if (url.starts_with("rediss://")) return with_tls(parse_tcp(after("rediss://")));
  if (url.starts_with("rediss+sentinel://")) return with_tls(parse_sentinel(after("rediss+sentinel://")));
  return bad_url("it must start with redis://, rediss://, redis+sentinel://, rediss+sentinel:// or unix://");
}

}  // namespace tributary::redis
