#include "redis/reply_builder.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace tributary::redis {
namespace {

struct Reader {
  redisReader* reader = redisReaderCreateWithFunctions(reply_functions());
  ~Reader() { redisReaderFree(reader); }

  void feed(std::string_view bytes) { redisReaderFeed(reader, bytes.data(), bytes.size()); }
  std::unique_ptr<Reply> next() {
    void* object = nullptr;
    EXPECT_EQ(redisReaderGetReply(reader, &object), REDIS_OK) << reader->errstr;
    return object == nullptr ? nullptr : take_reply(object);
  }
};

TEST(ReplyBuilder, BuildsEveryType) {
  Reader reader;
  reader.feed("+OK\r\n-ERR no\r\n:-7\r\n$-1\r\n");
  reader.feed(std::string_view("$3\r\na\0b\r\n", 9));
  auto reply = reader.next();
  EXPECT_EQ(reply->type, Reply::Type::status);
  EXPECT_EQ(reply->text, "OK");
  reply = reader.next();
  EXPECT_TRUE(reply->is_error("ERR"));
  reply = reader.next();
  EXPECT_EQ(reply->integer, -7);
  EXPECT_TRUE(reader.next()->is_nil());
  EXPECT_EQ(reader.next()->text, std::string("a\0b", 3));
}

TEST(ReplyBuilder, BuildsNestedArraysWhereverTheBytesAreCut) {
  const std::string_view bytes = "*3\r\n$1\r\na\r\n*2\r\n:1\r\n*1\r\n$2\r\nbc\r\n*0\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Reader reader;
    reader.feed(bytes.substr(0, cut));
    auto reply = reader.next();
    if (reply == nullptr) {
      reader.feed(bytes.substr(cut));
      reply = reader.next();
    }
    ASSERT_NE(reply, nullptr) << "cut at " << cut;
    ASSERT_EQ(reply->elements.size(), 3U);
    EXPECT_EQ(reply->elements[1].elements[1].elements[0].text, "bc");
    EXPECT_TRUE(reply->elements[2].is_array());
  }
}

TEST(ReplyBuilder, AnUnfinishedReplyIsFreedWithItsReader) {
  Reader reader;
  reader.feed("*2\r\n$1\r\na\r\n");
  EXPECT_EQ(reader.next(), nullptr);
}

TEST(ReplyBuilder, ABelievableBoundOnArrays) {
  Reader reader;
  reader.feed("*2000000000\r\n");
  void* object = nullptr;
  EXPECT_EQ(redisReaderGetReply(reader.reader, &object), REDIS_ERR);
}

}  // namespace
}  // namespace tributary::redis
