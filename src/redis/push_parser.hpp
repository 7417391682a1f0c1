#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tributary::redis {

/// Reads what a RESP2 subscriber connection receives, in place and without copying: "message" pushes of
/// two channels, and the confirmations of the subscription. hiredis' reader would make five allocations
/// of each message.
class PushParser {
 public:
  PushParser(std::string data_channel, std::string control_channel);

  /// Called with views into the buffer that was handed to read().
  struct Sink {
    virtual ~Sink() = default;
    virtual void on_data(std::string_view payload) = 0;
    virtual void on_control(std::string_view payload) = 0;
    virtual void on_subscribed(std::size_t channels) = 0;
    virtual void on_error(std::string_view text) = 0;
  };

  struct Progress {
    std::size_t consumed = 0;  ///< bytes of whole frames
    std::size_t missing = 0;  ///< at least so many bytes are needed to complete the next frame (0: not known)
    bool broken = false;      ///< not RESP: the connection cannot be trusted any more
  };
  /// Reads all whole frames of `bytes`.
  Progress read(std::string_view bytes, Sink& sink);

 private:
  enum class Step { frame, incomplete, broken };
  Step read_frame(std::string_view bytes, Sink& sink, std::size_t& length, std::size_t& missing);

  std::string data_channel_;
  std::string control_channel_;
  std::string data_prefix_;  ///< every byte of a data message before its payload's length
};

}  // namespace tributary::redis
