#include "process/processors/exec_request.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace tributary::process {
namespace {

using namespace std::string_view_literals;

std::string request(const Message& message, bool json) {
  std::string line;
  append_request(line, message, json);
  return line;
}

TEST(ExecRequestTest, IsOneLineOfJson) {
  EXPECT_EQ(
      request({R"({"message_id":"a1"})", "a1", "7.v:12", "orders", 2}, true),
      R"({"position":"7.v:12","message_id":"a1","channel":"orders","attempt":2,"payload":{"message_id":"a1"}})"
      "\n");
}

TEST(ExecRequestTest, LineEndsBetweenTokensAreBlanks) {
  EXPECT_EQ(request({"{\r\n\"a\": \"\\n\"\n}", "", "1", "c", 1}, true),
            "{\"position\":\"1\",\"channel\":\"c\",\"attempt\":1,\"payload\":{  \"a\": \"\\n\" }}\n");
}

TEST(ExecRequestTest, NamesAreEscapedAndMadeUtf8) {
  EXPECT_EQ(
      request({"{}", "a\"\\\n\x01\xc3\xa9", "1", "a\xff\"", 1}, true),
      "{\"position\":\"1\",\"message_id\":\"a\\\"\\\\\\n\\u0001\xc3\xa9\",\"channel\":\"a\xef\xbf\xbd\\\"\","
      "\"attempt\":1,\"payload\":{}}\n");
}

TEST(ExecRequestTest, OtherPayloadsAreStringsIfTheyAreUtf8) {
  const std::string before = "{\"position\":\"1\",\"channel\":\"c\",\"attempt\":1,";
  EXPECT_EQ(request({"a\nb\0"sv, "", "1", "c", 1}, false), before + "\"payload\":\"a\\nb\\u0000\"}\n");
  EXPECT_EQ(request({"", "", "1", "c", 1}, false), before + "\"payload\":\"\"}\n");
  EXPECT_EQ(request({"\xff", "", "1", "c", 1}, false), before + "\"payload_base64\":\"/w==\"}\n");
  EXPECT_EQ(request({"\xff\x01", "", "1", "c", 1}, false), before + "\"payload_base64\":\"/wE=\"}\n");
  EXPECT_EQ(request({"\xff\x01z\xc3", "", "1", "c", 1}, false),
            before + "\"payload_base64\":\"/wF6ww==\"}\n");
}

}  // namespace
}  // namespace tributary::process
