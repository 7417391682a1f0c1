#pragma once

#include <hiredis/read.h>

#include <memory>

#include "redis/reply.hpp"

namespace tributary::redis {

/// Most elements accepted in one array of an answer; a server that announces more is not believed.
inline constexpr int kMaxReplyElements = 16 * 1024 * 1024;

/// Makes hiredis' reader build Reply values instead of its own: for redisReaderCreateWithFunctions(). The
/// table is shared, never changes and may be used from any thread; hiredis only wants the pointer non-const.
redisReplyObjectFunctions* reply_functions();

/// Takes over what redisReaderGetReply() or redisGetReply() handed out with these functions. Not null.
inline std::unique_ptr<Reply> take_reply(void* object) {
  return std::unique_ptr<Reply>(static_cast<Reply*>(object));
}

}  // namespace tributary::redis
