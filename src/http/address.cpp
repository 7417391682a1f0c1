#include "http/address.hpp"

#include <boost/asio/ip/address.hpp>

#include "core/base/text.hpp"

namespace tributary::http {

bool Address::is_local() const {
  return !unix_socket.empty() || (host != kAll && boost::asio::ip::make_address(host).is_loopback());
}

std::string Address::text() const {
  if (!unix_socket.empty()) return "unix:" + unix_socket;
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Address> parse_address(std::string_view text) {
  const auto wrong = [&] {
    return Error{
        ErrorKind::usage,
        "must be an address and a port, such as 127.0.0.1:9464, [::1]:9464 or *:9464, or unix:PATH, not " +
            quoted(text)};
  };
  constexpr std::string_view kUnix = "unix:";
  constexpr std::size_t kLongestPath = 107;  // what the system takes
  Address address;
  if (text.starts_with(kUnix)) {
    address.unix_socket = text.substr(kUnix.size());
    if (address.unix_socket.starts_with("//")) address.unix_socket.erase(0, 2);  // as in a URL
    if (!address.unix_socket.starts_with('/') || address.unix_socket.size() > kLongestPath) return wrong();
    return address;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  const auto port = to_number(text.substr(colon + 1));
  if (!port || *port > 65535) return wrong();
  auto host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  if (host == kAll && !brackets) {
    address.host = kAll;
    address.port = static_cast<std::uint16_t>(*port);
    return address;
  }
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(std::string(host), error);
  if (error || parsed.is_v6() != brackets) return wrong();
  address.host = parsed.to_string();
  address.port = static_cast<std::uint16_t>(*port);
  return address;
}

}  // namespace tributary::http
