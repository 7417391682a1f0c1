#pragma once

#include <cstdint>
#include <string>

namespace tributary::redis {

/// Where the server is and who we are there.
struct Endpoint {
  std::string host = "localhost";
  std::uint16_t port = 6379;
  std::string unix_socket;  ///< path; if not empty, host and port are not used
  std::string username;     ///< empty: none (AUTH with the password alone)
  std::string password;     ///< never printed, logged or shown in errors
  std::string
      password_file;  ///< path of what to read `password` from anew for each connection; empty: it stays
  std::uint32_t database = 0;

  /// For messages: "localhost:6379", "[::1]:6379" or the socket's path. Never the password.
  std::string display() const {
    if (!unix_socket.empty()) return unix_socket;
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
};

}  // namespace tributary::redis
