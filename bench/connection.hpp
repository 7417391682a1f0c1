#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tributary::bench {

/// Why a figure could not be taken, in one line. Thrown, because it ends the whole run; main() says it.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A connection to a server's Unix socket with nothing in between: no buffers, no parsing. Throws Failure
/// when it breaks. Belongs to one thread, but one may send while another receives.
class Connection {
 public:
  explicit Connection(const std::string& socket_path);
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
  int descriptor_;
};

}  // namespace tributary::bench
