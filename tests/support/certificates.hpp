#pragma once

#include <string>

#include "cli/system/certificates.hpp"
#include "support/temporary_directory.hpp"

namespace tributary::test {

using cli::CertificateFor;

/// An authority whose files are in a directory that goes with it. Throws std::runtime_error where it cannot write them.
class Authority {
 public:
  Authority();

  std::string ca_file() const { return own_.ca_file(); }
  /// Writes `<as>.pem` and `<as>.key`, in place of older ones.
  void issue(const std::string& as, const CertificateFor& whom = {}) const;
  std::string cert_file(const std::string& as) const { return own_.cert_file(as); }
  std::string key_file(const std::string& as) const { return own_.key_file(as); }

  /// Lines of redis.conf for a server with the certificate `as`.
  std::string server_config(const std::string& as, bool asks_clients = false) const;

 private:
  TemporaryDirectory files_;
  cli::Authority own_;
};

}  // namespace tributary::test
