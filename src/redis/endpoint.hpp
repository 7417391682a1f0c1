#pragma once

#include <cstdint>
#include <string>

namespace tributary::redis {

/// How a connection is encrypted. The files are read anew for each connection, so that new ones need no restart.
struct Tls {
  bool on = false;
  std::string ca_file, ca_path;     ///< whom to trust; both empty: whom the system trusts
  std::string cert_file, key_file;  ///< who we are, if the server wants to know
  std::string name;                 ///< that the server's certificate must be for; empty: the host
  bool insecure = false;            ///< encrypts, and checks nothing
};

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
  Tls tls;

  const std::string& tls_name() const { return tls.name.empty() ? host : tls.name; }
  /// For messages: "localhost:6379", "[::1]:6379" or the socket's path. Never the password.
  std::string display() const {
    if (!unix_socket.empty()) return unix_socket;
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
};

}  // namespace tributary::redis
