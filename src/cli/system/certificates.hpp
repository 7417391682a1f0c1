#pragma once

#include <memory>
#include <string>

#include "core/base/result.hpp"

namespace tributary::cli {

/// Who a certificate is for, and how long it is good, in days from now.
struct CertificateFor {
  std::string name = "localhost";  ///< a host name or an address
  int from_day = -1, to_day = 30;
};

/// An authority of its own, which issues certificates for private servers and their clients: files in a directory.
class Authority {
 public:
  /// Writes `ca.pem`. Errors: the directory cannot be written to.
  static Result<Authority> create(const std::string& directory);
  Authority(Authority&& other) noexcept;
  Authority& operator=(Authority&& other) noexcept;
  ~Authority();

  std::string ca_file() const { return directory_ + "/ca.pem"; }
  /// Writes `<as>.pem` and `<as>.key`, which only we can read, in place of older ones.
  Status issue(const std::string& as, const CertificateFor& whom = {}) const;
  std::string cert_file(const std::string& as) const { return directory_ + "/" + as + ".pem"; }
  std::string key_file(const std::string& as) const { return directory_ + "/" + as + ".key"; }

 private:
  struct Own;
  Authority(std::string directory, std::unique_ptr<Own> own);

  std::string directory_;
  std::unique_ptr<Own> own_;
};

}  // namespace tributary::cli
