#include <hiredis/hiredis.h>

#include <cctype>
#include <string>

#include "core/base/random.hpp"
#include "fuzz_target.hpp"
#include "resp.hpp"

// Answers of the server, in random pieces (chosen by the first byte): our builder makes of them what hiredis'
// own does.
namespace tributary::fuzz {
namespace {

// An array of millions, announced in ten bytes, is believed and costs much memory for a moment; that is
// known, and here it would only take time.
bool announces_millions(std::string_view bytes) {
  std::size_t digits = 0;
  bool counting = false;
  for (const char c : bytes) {
    if (c == '*') {
      counting = true;
      digits = 0;
    } else if (counting && (std::isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '+')) {
      if (++digits > 5) return true;
    } else {
      counting = false;
    }
  }
  return false;
}

void check_same(const redis::Reply& ours, const redisReply& theirs) {
  using Type = redis::Reply::Type;
  const std::string_view text = theirs.str ? std::string_view(theirs.str, theirs.len) : std::string_view();
  switch (theirs.type) {
    case REDIS_REPLY_NIL:
      TRIBUTARY_CHECK(ours.type == Type::nil);
      return;
    case REDIS_REPLY_INTEGER:
      TRIBUTARY_CHECK(ours.type == Type::integer && ours.integer == theirs.integer);
      return;
    case REDIS_REPLY_STRING:
      TRIBUTARY_CHECK(ours.type == Type::string && ours.text == text);
      return;
    case REDIS_REPLY_STATUS:
      TRIBUTARY_CHECK(ours.type == Type::status && ours.text == text);
      return;
    case REDIS_REPLY_ERROR:
      TRIBUTARY_CHECK(ours.is_error() && ours.text == text);
      return;
    default:
      TRIBUTARY_CHECK(theirs.type == REDIS_REPLY_ARRAY);
  }
  TRIBUTARY_CHECK(ours.is_array() && ours.elements.size() == theirs.elements);
  for (std::size_t i = 0; i < theirs.elements; ++i) check_same(ours.elements[i], *theirs.element[i]);
}

/// Reads with what hiredis builds itself.
class Plain {
 public:
  ~Plain() { redisReaderFree(reader_); }
  void feed(std::string_view bytes) { redisReaderFeed(reader_, bytes.data(), bytes.size()); }
  redisReply* next() {
    void* reply = nullptr;
    return redisReaderGetReply(reader_, &reply) == REDIS_OK ? static_cast<redisReply*>(reply) : nullptr;
  }

 private:
  redisReader* reader_ = redisReaderCreate();
};

}  // namespace

void run(std::string_view input) {
  if (input.empty() || announces_millions(input)) return;
  Random random(static_cast<unsigned char>(input[0]));
  input.remove_prefix(1);
  Referee ours;
  Plain theirs;
  while (!input.empty()) {
    const auto piece = input.substr(0, 1 + random.below(16));
    input.remove_prefix(piece.size());
    ours.feed(piece);
    theirs.feed(piece);
    for (;;) {
      const auto one = ours.next();
      redisReply* other = theirs.next();
      TRIBUTARY_CHECK(one.has_value() == (other != nullptr));
      if (!one) break;
      check_same(*one, *other);
      freeReplyObject(other);
    }
  }
}

}  // namespace tributary::fuzz
