#pragma once

#include <hiredis/read.h>

#include <memory>
#include <optional>
#include <string_view>

#include "redis/reply_builder.hpp"

namespace tributary::fuzz {

/// Reads answers with hiredis, the referee for all that is in Redis' protocol.
class Referee {
 public:
  Referee() : reader_(redisReaderCreateWithFunctions(redis::reply_functions())) {}

  void feed(std::string_view bytes) { redisReaderFeed(reader_.get(), bytes.data(), bytes.size()); }
  /// The next whole answer; nothing if there is none yet, or if what was fed is broken.
  std::optional<redis::Reply> next() {
    void* object = nullptr;
    if (broken_ || redisReaderGetReply(reader_.get(), &object) != REDIS_OK) broken_ = true;
    if (broken_ || object == nullptr) return std::nullopt;
    return std::move(*redis::take_reply(object));
  }
  bool broken() const { return broken_; }

 private:
  struct Free {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };
  std::unique_ptr<redisReader, Free> reader_;
  bool broken_ = false;
};

}  // namespace tributary::fuzz
