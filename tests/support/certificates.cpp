#include "support/certificates.hpp"

#include <stdexcept>

namespace tributary::test {
namespace {

cli::Authority create(const std::string& directory) {
  auto authority = cli::Authority::create(directory);
  if (!authority) throw std::runtime_error(authority.error().message);
  return std::move(*authority);
}

}  // namespace

Authority::Authority() : own_(create(files_.path())) {}

void Authority::issue(const std::string& as, const CertificateFor& whom) const {
  if (auto issued = own_.issue(as, whom); !issued) throw std::runtime_error(issued.error().message);
}

std::string Authority::server_config(const std::string& as, bool asks_clients) const {
  return "tls-cert-file " + cert_file(as) + "\ntls-key-file " + key_file(as) + "\ntls-ca-cert-file " +
         ca_file() + "\ntls-auth-clients " + (asks_clients ? "yes" : "no");
}

}  // namespace tributary::test
