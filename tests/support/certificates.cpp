#include "support/certificates.hpp"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace tributary::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

// What the macro EVP_EC_gen() does, without its cast.
Key make_key() { return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free}; }

void add_extension(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  if (!extension) throw std::runtime_error("cannot make a certificate for " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

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
  add_extension(made, issuer ? issuer : made, NID_basic_constraints,
                issuer ? "CA:FALSE" : "critical,CA:TRUE");
  if (issuer) add_extension(made, issuer, NID_subject_alt_name, (address ? "IP:" : "DNS:") + whom.name);
  X509_sign(made, issuer_key, EVP_sha256());
  return certificate;
}

template <class Write>
void write_pem(const std::string& path, Write write) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (!file) throw std::runtime_error("cannot write " + path);
  write(file);
  std::fclose(file);
}

}  // namespace

struct Authority::Own {
  Key key = make_key();
  Certificate certificate = make_certificate(key.get(), {"tributary tests", -400, 400}, nullptr, key.get());
};

Authority::Authority() : own_(new Own) {
  write_pem(ca_file(), [&](std::FILE* file) { PEM_write_X509(file, own_->certificate.get()); });
}
Authority::~Authority() { delete own_; }

void Authority::issue(const std::string& as, const CertificateFor& whom) const {
  const auto key = make_key();
  const auto certificate = make_certificate(key.get(), whom, own_->certificate.get(), own_->key.get());
  write_pem(cert_file(as), [&](std::FILE* file) { PEM_write_X509(file, certificate.get()); });
  write_pem(key_file(as), [&](std::FILE* file) {
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string Authority::server_config(const std::string& as, bool asks_clients) const {
  return "tls-cert-file " + cert_file(as) + "\ntls-key-file " + key_file(as) + "\ntls-ca-cert-file " +
         ca_file() + "\ntls-auth-clients " + (asks_clients ? "yes" : "no");
}

}  // namespace tributary::test
