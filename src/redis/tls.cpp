#include "redis/tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace tributary::redis {
namespace {

std::string last_error() {
  char text[256];
  ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
  const auto* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason ? reason : text;
}

Error unusable(const char* option, const std::string& file) {
  return {ErrorKind::configuration, std::string(option) + " " + file + " cannot be used: " + last_error()};
}

bool is_address(const std::string& name) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, name.c_str(), bytes) == 1 || inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

Failure wrong(const Endpoint& endpoint, const std::string& what) {
  return Error{ErrorKind::unavailable, "cannot trust Redis at " + endpoint.display() + ": " + what};
}

Failure wrong_certificate(const Endpoint& endpoint, long verdict) {
  const auto& name = endpoint.tls_name();
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return wrong(endpoint, "its certificate has expired; renew it there");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return wrong(endpoint, "its certificate is not valid yet; check the clocks");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return wrong(endpoint, "its certificate is not for " + name +
                                 "; use the name that it is for as the host, or in --redis-tls-name");
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return wrong(endpoint,
                   "its certificate is signed by nobody trusted here; give the file of who signed it with "
                   "--redis-ca-file");
    default:
      return wrong(endpoint,
                   std::string("its certificate is refused: ") + X509_verify_cert_error_string(verdict));
  }
}

}  // namespace

Result<TlsContext> make_tls_context(const Endpoint& endpoint) {
  const auto& tls = endpoint.tls;
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) return Error{ErrorKind::software, "OpenSSL cannot be used: " + last_error()};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  if (!tls.ca_file.empty() && SSL_CTX_load_verify_file(context.get(), tls.ca_file.c_str()) != 1)
    return unusable("--redis-ca-file", tls.ca_file);
  if (!tls.ca_path.empty() && SSL_CTX_load_verify_dir(context.get(), tls.ca_path.c_str()) != 1)
    return unusable("--redis-ca-path", tls.ca_path);
  if (tls.ca_file.empty() && tls.ca_path.empty() && !tls.insecure)
    SSL_CTX_set_default_verify_paths(context.get());
  if (!tls.cert_file.empty() && SSL_CTX_use_certificate_chain_file(context.get(), tls.cert_file.c_str()) != 1)
    return unusable("--redis-cert-file", tls.cert_file);
  const auto& key = tls.key_file.empty() ? tls.cert_file : tls.key_file;
  if (!key.empty() && SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    return unusable("--redis-key-file", key);
  SSL_CTX_set_verify(context.get(), tls.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  return context;
}

void prepare_tls(SSL* ssl, const Endpoint& endpoint) {
  const auto& name = endpoint.tls_name();
  if (is_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
    return;
  }
  std::string asked = name;
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, asked.data());
  SSL_set1_host(ssl, name.c_str());
}

Failure explain_tls(const Endpoint& endpoint, const SSL* ssl, unsigned long code) {
  const auto verdict = SSL_get_verify_result(ssl);
  if (!endpoint.tls.insecure && verdict != X509_V_OK) return wrong_certificate(endpoint, verdict);
  const std::string at = "what answers at " + endpoint.display();
  switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_UNEXPECTED_MESSAGE: {
      Failure failure(
          Error{ErrorKind::unavailable,
                at + " does not speak TLS; use redis:// in place of rediss://, or the port that does"});
      failure.hopeless = true;
      return failure;
    }
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return Error{ErrorKind::no_permission,
                   at + " wants a certificate of ours; give one with --redis-cert-file and --redis-key-file"};
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
      return Error{
          ErrorKind::no_permission,
          at + " refuses our certificate (" + ERR_reason_error_string(code) + "); check --redis-cert-file"};
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
      return Error{ErrorKind::unavailable, at + " speaks only TLS older than 1.2"};
    default:
      break;
  }
  if (code == 0 && SSL_is_init_finished(ssl)) {
    const bool given = !endpoint.tls.cert_file.empty();
    return Error{
        ErrorKind::no_permission,
        at + " ended the connection after the TLS handshake: perhaps it " +
            (given ? "refuses our certificate; check --redis-cert-file"
                   : "wants a certificate of ours; give one with --redis-cert-file and --redis-key-file")};
  }
  const auto* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return Error{ErrorKind::unavailable, "no TLS with Redis at " + endpoint.display() + ": " +
                                           (reason ? reason : "it ended the connection; does it speak TLS?")};
}

Error explain_no_tls(const Endpoint& endpoint) {
  return {ErrorKind::unavailable, "what is at " + endpoint.display() +
                                      " does not answer a TLS handshake; use redis:// in place of rediss://, "
                                      "or the port that speaks TLS"};
}

}  // namespace tributary::redis
