#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "redis/inputs.hpp"

namespace tributary::redis {

/// Reads what a RESP2 subscriber connection receives, in place and without copying: pushes of data channels,
/// by name or by pattern, and of a control channel; the confirmations of the subscription, and its end. hiredis'
/// reader would make five allocations of each message.
///
/// Redis sends a message once for each subscription that it matches. It counts once here: for its channel's
/// name, else for the first of the patterns.
class PushParser {
 public:
  PushParser(Inputs inputs, std::string control_channel);

  /// Called with views into the buffer that was handed to read().
  struct Sink {
    virtual ~Sink() = default;
    virtual void on_data(std::string_view payload, std::string_view channel) = 0;
    virtual void on_control(std::string_view payload) = 0;
    virtual void on_subscribed(std::size_t subscriptions) = 0;
    virtual void on_error(std::string_view text) = 0;
    /// The server ended the subscription of a sharded channel: its slot is no longer there. Nothing is read behind it.
    virtual void on_unsubscribed() = 0;
  };

  struct Progress {
    std::size_t consumed = 0;  ///< bytes of whole frames
    std::size_t missing = 0;  ///< at least so many bytes are needed to complete the next frame (0: not known)
    bool broken = false;      ///< not RESP: the connection cannot be trusted any more
  };
  /// Reads all whole frames of `bytes`.
  Progress read(std::string_view bytes, Sink& sink);

 private:
  enum class Step { frame, incomplete, broken, end };
  Step read_frame(std::string_view bytes, Sink& sink, std::size_t& length, std::size_t& missing);
  void read_message(std::string_view channel, std::string_view payload, Sink& sink);
  void read_match(std::string_view pattern, std::string_view channel, std::string_view payload, Sink& sink);
  bool counts(std::string_view pattern, std::string_view channel) const;
  void remember(std::string_view pattern, std::string_view channel);

  Inputs inputs_;
  std::string control_channel_;
  // Of the last data message that counted: every byte of a push before its payload's length, and the channel.
  std::string data_prefix_;  // empty: there was none yet
  std::string data_channel_;
};

}  // namespace tributary::redis
