#pragma once

#include <string>

#include "support/temporary_directory.hpp"

namespace tributary::test {

/// Who a certificate is for, and how long it is good, in days from now.
struct CertificateFor {
  std::string name = "localhost";  ///< a host name or an address
  int from_day = -1, to_day = 30;
};

/// An authority of its own, which issues certificates: files in a directory that goes with it.
class Authority {
 public:
  Authority();
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  std::string ca_file() const { return files_.file("ca.pem"); }
  /// Writes `<as>.pem` and `<as>.key`, in place of older ones.
  void issue(const std::string& as, const CertificateFor& whom = {}) const;
  std::string cert_file(const std::string& as) const { return files_.file(as + ".pem"); }
  std::string key_file(const std::string& as) const { return files_.file(as + ".key"); }

  /// Lines of redis.conf for a server with the certificate `as`.
  std::string server_config(const std::string& as, bool asks_clients = false) const;

 private:
  struct Own;
  TemporaryDirectory files_;
  Own* own_;
};

}  // namespace tributary::test
