#include "redis/reply_builder.hpp"

#include <new>

namespace tributary::redis {
namespace {

// Elements live in their parent's vector, which was sized when the array began: only the root is on the heap,
// so only the root is ever freed.
Reply* place(const redisReadTask* task) {
  if (task->parent == nullptr) return new Reply;
  auto& elements = static_cast<Reply*>(task->parent->obj)->elements;
  return &elements[static_cast<std::size_t>(task->idx)];
}

Reply::Type text_type(int hiredis_type) {
  if (hiredis_type == REDIS_REPLY_ERROR) return Reply::Type::error;
  if (hiredis_type == REDIS_REPLY_STATUS) return Reply::Type::status;
  return Reply::Type::string;
}

// hiredis is C: an exception must not pass through it. Null tells it "out of memory".
void* create_string(const redisReadTask* task, char* text, std::size_t length) try {
  Reply* reply = place(task);
  reply->type = text_type(task->type);
  reply->text.assign(text, length);
  return reply;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void* create_array(const redisReadTask* task, int count) try {
  if (count > kMaxReplyElements) return nullptr;
  Reply* reply = place(task);
  reply->type = Reply::Type::array;
  reply->elements.resize(static_cast<std::size_t>(count));
  return reply;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void* create_integer(const redisReadTask* task, long long value) try {
  Reply* reply = place(task);
  reply->type = Reply::Type::integer;
  reply->integer = value;
  return reply;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void* create_nil(const redisReadTask* task) try {
  Reply* reply = place(task);
  reply->type = Reply::Type::nil;
  return reply;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void free_object(void* object) { delete static_cast<Reply*>(object); }

}  // namespace

redisReplyObjectFunctions* reply_functions() {
  static redisReplyObjectFunctions functions{create_string, create_array, create_integer, create_nil,
                                             free_object};
  return &functions;
}

}  // namespace tributary::redis
