#include "cli/system/certificates.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace tributary::cli {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Error cannot(const std::string& what) { return {ErrorKind::software, "OpenSSL cannot make " + what}; }

// What the macro EVP_EC_gen() does, without its cast.
Key make_key() { return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free}; }

bool add_extension(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// Without an issuer it is the authority's own. Nothing if that fails.
Certificate make_certificate(EVP_PKEY* key, const CertificateFor& whom, X509* issuer, EVP_PKEY* issuer_key) {
  static long serial = 1;
  Certificate certificate(X509_new(), &X509_free);
  auto* made = certificate.get();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made), whom.from_day * 86'400L);
  X509_gmtime_adj(X509_getm_notAfter(made), whom.to_day * 86'400L);
  X509_set_pubkey(made, key);
  auto* subject = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(whom.name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, issuer ? X509_get_subject_name(issuer) : subject);
  unsigned char bytes[16];
  const bool address = inet_pton(AF_INET, whom.name.c_str(), bytes) == 1;
  const bool extended =
      add_extension(made, issuer ? issuer : made, NID_basic_constraints,
                    issuer ? "CA:FALSE" : "critical,CA:TRUE") &&
      (!issuer || add_extension(made, issuer, NID_subject_alt_name, (address ? "IP:" : "DNS:") + whom.name));
  if (!extended || X509_sign(made, issuer_key, EVP_sha256()) == 0) certificate.reset();
  return certificate;
}

// Nobody else may read it: it may be a key.
template <class Write>
Status write_pem(const std::string& path, Write write) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  std::FILE* file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "w");
  bool written = file != nullptr && write(file) == 1;
  if (file != nullptr && std::fclose(file) != 0) written = false;
  if (written) return Done{};
  return Error{ErrorKind::software, "cannot write " + path + ": " + std::strerror(errno)};
}

}  // namespace

struct Authority::Own {
  Key key;
  Certificate certificate;
};

Authority::Authority(std::string directory, std::unique_ptr<Own> own)
    : directory_(std::move(directory)), own_(std::move(own)) {}
Authority::Authority(Authority&& other) noexcept = default;
Authority& Authority::operator=(Authority&& other) noexcept = default;
Authority::~Authority() = default;

Result<Authority> Authority::create(const std::string& directory) {
  auto key = make_key();
  if (!key) return cannot("a key");
  auto certificate = make_certificate(key.get(), {"tributary, for this once", -400, 400}, nullptr, key.get());
  if (!certificate) return cannot("a certificate");
  Authority authority(directory, std::unique_ptr<Own>(new Own{std::move(key), std::move(certificate)}));
  auto written = write_pem(authority.ca_file(), [&](std::FILE* file) {
    return PEM_write_X509(file, authority.own_->certificate.get());
  });
  if (!written) return written.error();
  return authority;
}

Status Authority::issue(const std::string& as, const CertificateFor& whom) const {
  const auto key = make_key();
  if (!key) return cannot("a key");
  const auto certificate = make_certificate(key.get(), whom, own_->certificate.get(), own_->key.get());
  if (!certificate) return cannot("a certificate for " + whom.name);
  auto written =
      write_pem(cert_file(as), [&](std::FILE* file) { return PEM_write_X509(file, certificate.get()); });
  if (!written) return written;
  return write_pem(key_file(as), [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

}  // namespace tributary::cli
