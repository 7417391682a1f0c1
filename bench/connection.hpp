#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tributary::bench {

/// Why a figure could not be taken, in one line. Thrown, because it ends the whole run; main() says it.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A connection to a server with nothing in between: no buffers, no parsing. Throws Failure when it breaks. Belongs to
/// one thread, but without TLS one may send while another receives.
class Connection {
 public:
  /// Where: the path of a Unix socket; "PORT" of 127.0.0.1; or "PORT DIRECTORY": the same by TLS, with ca.pem, client.pem and
  /// client.key of that directory.
  explicit Connection(const std::string& address);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  void send(std::string_view bytes);

  enum class Wait { no, yes };
  /// Reads what there is, at most `size` bytes; 0 if there is nothing (only with Wait::no).
  std::size_t receive(char* data, std::size_t size, Wait wait);
  /// Ends both directions: another thread's receive() throws.
  void shut_down();

 private:
  void begin_tls(const std::string& directory);
  std::size_t receive_tls(char* data, std::size_t size, Wait wait);
  void wait_for_socket(int result);

  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  int descriptor_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace tributary::bench
