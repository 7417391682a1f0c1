#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tributary::redis {

/// How a connection is encrypted. The files are read anew for each connection, so that new ones need no restart.
struct Tls {
  bool on = false;
  std::string ca_file, ca_path;     ///< whom to trust; both empty: whom the system trusts
  std::string cert_file, key_file;  ///< who we are, if the server wants to know
  std::string name;                 ///< that the server's certificate must be for; empty: the host
  bool insecure = false;            ///< encrypts, and checks nothing
};

/// "localhost:6379", "[::1]:6379".
inline std::string address_text(std::string_view host, std::uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  return (is_ipv6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port);
}

struct Address {
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const Address&, const Address&) = default;
};

/// Those who watch the primary and tell where it is.
struct Sentinels {
  std::vector<Address> addresses;  ///< empty: there are none, the server's own address is known
  std::string service;             ///< their name of the primary
  std::string username, password;  ///< who we are there
  std::string password_file;       ///< read anew for each connection; empty: `password` stays
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
  Sentinels sentinels;          ///< if any, `host` and `port` are what they told last; `host` is empty before
  bool is_sentinel = false;     ///< this is one of them itself
  std::vector<Address> others;  ///< more nodes of the same cluster: any may be asked
  std::string key;              ///< in a cluster the node is meant that has this key; empty: any

  bool has_sentinels() const { return !sentinels.addresses.empty(); }
  Address address() const { return {host, port}; }
  const std::string& tls_name() const { return tls.name.empty() ? host : tls.name; }
  /// For messages: "localhost:6379", "[::1]:6379", the socket's path, "primary (10.0.0.1:6379)". Never the password.
  std::string display() const {
    if (!unix_socket.empty()) return unix_socket;
    if (!has_sentinels()) return address_text(host, port);
    return sentinels.service + (host.empty() ? "" : " (" + address_text(host, port) + ")");
  }
};

/// The same with another address.
inline Endpoint at_address(Endpoint server, const Address& address) {
  server.host = address.host;
  server.port = address.port;
  server.unix_socket.clear();
  return server;
}

}  // namespace tributary::redis
