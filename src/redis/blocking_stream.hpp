#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"
#include "redis/tls.hpp"

namespace tributary::redis {

struct Timeouts {
  std::chrono::milliseconds connect{5000};
  std::chrono::milliseconds answer{60000};  ///< for one answer, or for the server to take more bytes
};

/// A connection to the endpoint, TCP or Unix, with or without TLS, whose calls wait. Errors are one clear line; after one
/// it is of no more use.
class BlockingStream {
 public:
  static Result<BlockingStream> connect(const Endpoint& endpoint, const Timeouts& timeouts);
  BlockingStream(BlockingStream&& other) noexcept;
  BlockingStream& operator=(BlockingStream&& other) noexcept;
  ~BlockingStream();

  /// All of it.
  Status write(std::string_view bytes);
  /// At least one byte. Nothing is not an error: the other side ended the connection.
  Result<std::size_t> read(std::span<char> space);

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  BlockingStream(const Endpoint& endpoint, const Timeouts& timeouts)
      : endpoint_(endpoint), timeouts_(timeouts) {}
  Status open();
  Status open_address(int family, const void* address, unsigned size);
  Status shake_hands();
  Error failed() const;

  Endpoint endpoint_;
  Timeouts timeouts_;
  int socket_ = -1;
  TlsContext context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  bool heard_ = false;
};

}  // namespace tributary::redis
