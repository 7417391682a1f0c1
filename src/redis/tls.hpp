#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"
#include "redis/server_error.hpp"

// What both kinds of connections need of OpenSSL.
namespace tributary::redis {

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

/// TLS 1.2 or later, with the endpoint's files as they are now. An error (ErrorKind::configuration) names the file that
/// cannot be used.
Result<TlsContext> make_tls_context(const Endpoint& endpoint);

/// Before the handshake: which name to ask for, and which one the certificate must be for.
void prepare_tls(SSL* ssl, const Endpoint& endpoint);

/// Why a handshake failed, or a connection broke right after it, and what to do. `code`: of OpenSSL's queue of
/// errors; 0: the other side ended the connection.
Failure explain_tls(const Endpoint& endpoint, const SSL* ssl, unsigned long code);

/// Of a server that did not answer the handshake in time, as plain servers do not.
Error explain_no_tls(const Endpoint& endpoint);

}  // namespace tributary::redis
