#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace tributary::http {

/// Where to listen: an address and a port, or the path of a Unix socket.
/// All addresses of this host, of IPv4 and, where there is any, of IPv6.
inline constexpr std::string_view kAll = "*";

struct Address {
  std::string host;         ///< a numeric address, or kAll
  std::uint16_t port = 0;   ///< 0: a free one
  std::string unix_socket;  ///< in place of both

  /// Nobody outside this host can reach it.
  bool is_local() const;
  /// "127.0.0.1:9464", "[::1]:9464", "unix:/run/x.sock".
  std::string text() const;
};

/// "ADDRESS:PORT", with an IPv6 address in brackets, "localhost" for 127.0.0.1 and "*" for all; or
/// "unix:PATH". An error goes on from the setting's name.
Result<Address> parse_address(std::string_view text);

}  // namespace tributary::http
