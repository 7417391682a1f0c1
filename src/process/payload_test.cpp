#include "process/payload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstring>
#include <memory>
#include <regex>
#include <string>

#include "core/base/random.hpp"
#include "tributary/message.hpp"

namespace tributary::process {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_literals;

/// A payload as it lies in a journal: not one byte more than the padding behind it, and that full
/// of other things.
class Lying {
 public:
  explicit Lying(std::string_view payload, std::string_view behind = R"({"message_id":"next"}  )")
      : size_(payload.size()), bytes_(new char[payload.size() + kPayloadPadding]) {
    std::copy(payload.begin(), payload.end(), bytes_.get());
    for (std::size_t i = 0; i < kPayloadPadding; ++i) bytes_[size_ + i] = behind[i % behind.size()];
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

class PayloadTest : public testing::Test {
 protected:
  /// The reason why the payload is bad; "" if it is good.
  std::string reason(std::string_view payload) {
    lying_ = std::make_unique<Lying>(payload);
    return parser_.parse(lying_->view()) ? "" : std::string(parser_.reason());
  }
  /// The members of a payload that must be good.
  const std::vector<Field>& members(std::string_view payload) {
    EXPECT_EQ(reason(payload), "") << payload.substr(0, 200);
    return parser_.parsed().members;
  }
  /// The text of the member "v" with this JSON as its value, or "bad: <reason>".
  std::string value(std::string_view json) {
    const auto why = reason(R"({"message_id":"a","v":)" + std::string(json) + "}");
    if (!why.empty()) return "bad: " + why;
    EXPECT_EQ(parser_.parsed().members.size(), 2U);
    return std::string(parser_.parsed().members.at(1).value);
  }
  /// All that was read from the last payload.
  std::string text() {
    auto all = std::string(parser_.parsed().message_id.value_or("(none)"));
    for (const auto& member : parser_.parsed().members) {
      all += "|" + std::string(member.name) + "=" + std::string(member.value);
    }
    return all;
  }
  std::string id(std::string_view payload) {
    EXPECT_EQ(reason(payload), "") << payload;
    return std::string(parser_.parsed().message_id.value());
  }

  PayloadParser parser_;
  std::unique_ptr<Lying> lying_;
};

const std::string kBad = "bad: not valid JSON";

TEST_F(PayloadTest, ReadsTheUsualMessage) {
  EXPECT_THAT(members(R"({"message_id": "3f2504e0-4f89-11d3-9a0c-0305e82c3301"})"),
              ElementsAre(Field{"message_id", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"}));
  EXPECT_EQ(parser_.parsed().message_id, "3f2504e0-4f89-11d3-9a0c-0305e82c3301");
}

TEST_F(PayloadTest, KeepsMembersInOrderStringsUnescapedOthersAsPublished) {
  EXPECT_THAT(members("{\"s\":\"a\\n\\u00e9\\\"\", \"message_id\":\"x\",\"n\": 1.50 ,\"t\":true,\"f\":false,"
                      "\"z\":null,\"o\": { \"k\" : [ 1 , \"\\n\" ] } ,\"a\":[],\"e\":\"\",\"\":0}"),
              ElementsAre(Field{"s", "a\n\xc3\xa9\""}, Field{"message_id", "x"}, Field{"n", "1.50"},
                          Field{"t", "true"}, Field{"f", "false"}, Field{"z", "null"},
                          Field{"o", "{ \"k\" : [ 1 , \"\\n\" ] }"}, Field{"a", "[]"}, Field{"e", ""},
                          Field{"", "0"}));
}

TEST_F(PayloadTest, MessageIdIsAStringOrANumberAsWritten) {
  EXPECT_EQ(id(R"({"message_id":""})"), "");
  EXPECT_EQ(id(R"({"message_id":"a\u0000\t\"b"})"), "a\0\t\"b"s);
  EXPECT_EQ(id(R"({"message_\u0069d":7})"), "7");
  EXPECT_EQ(id(R"({"message_id": -0 })"), "-0");
  EXPECT_EQ(id(R"({"message_id":1e400})"), "1e400");
  EXPECT_EQ(id(R"({"message_id":12345678901234567890123})"), "12345678901234567890123");
  EXPECT_EQ(id(R"({"message_id":1.0E+2})"), "1.0E+2");
}

TEST_F(PayloadTest, SaysWhatIsWrong) {
  EXPECT_EQ(reason(""), "empty payload");
  for (const auto* payload :
       {" ", "7", "\"message_id\"", "[{\"message_id\":1}]", "null", "hello", "\\", "}", ","}) {
    EXPECT_EQ(reason(payload), "not a JSON object") << payload;
  }
  EXPECT_EQ(reason("\0\0"s), "not a JSON object");
  EXPECT_EQ(reason("{}"), "no message_id");
  EXPECT_EQ(reason(R"({"Message_id":1,"messageid":2,"message_id ":3})"), "no message_id");
  EXPECT_EQ(reason(R"({"a":{"message_id":1}})"), "no message_id");
  for (const auto* value : {"null", "true", "false", "{}", "[]", "[\"a\"]"}) {
    EXPECT_EQ(reason(R"({"message_id":)"s + value + "}"), "message_id is neither string nor number") << value;
  }
  EXPECT_EQ(reason("\xff\xfe"), "invalid UTF-8");
  EXPECT_EQ(reason("{\"message_id\":\"\xc3\"}"), "invalid UTF-8");
  EXPECT_EQ(reason("{\"message_id\":1,\"a\":[\"\xed\xa0\x80\"]}"), "invalid UTF-8");
  EXPECT_EQ(reason("{\"message_id\":1,\"\xc0\x80\":1}"), "invalid UTF-8");
  EXPECT_EQ(reason("{\"message_id\":1"), "not valid JSON");
  EXPECT_EQ(reason("{\"message_id\":\"1"), "not valid JSON");
}

TEST_F(PayloadTest, IsGoodAgainAfterABadOne) {
  EXPECT_NE(reason("{\"message_id\":1,\"a\":tru}"), "");
  EXPECT_NE(reason("[[["), "");
  EXPECT_THAT(members(R"({"message_id":"ok"})"), ElementsAre(Field{"message_id", "ok"}));
}

TEST_F(PayloadTest, AllowsSpaceAroundButNothingElse) {
  EXPECT_THAT(members(" \t\r\n{ \"message_id\" : 1 } \n\t "), ElementsAre(Field{"message_id", "1"}));
  const auto good = R"({"message_id":1})"s;
  EXPECT_EQ(reason("\xef\xbb\xbf" + good), "begins with a byte order mark");
  for (const auto& behind : {"}"s, "{"s, "]"s, ","s, "1"s, "\""s, "x"s, "\0"s, "\f"s, good, "null"s, ":"s}) {
    EXPECT_NE(reason(good + behind), "") << behind;
    EXPECT_NE(reason(good + " " + behind + " "), "") << behind;
  }
  EXPECT_EQ(reason(good + good), "something behind the JSON object");
}

TEST_F(PayloadTest, FindsBrokenJsonAnywhere) {
  for (const auto* json : {"tru",
                           "True",
                           "nul",
                           "nulll",
                           "truefalse",
                           "falsy",
                           "undefined",
                           "NaN",
                           "Infinity",
                           "'a'",
                           "a",
                           "+1",
                           "01",
                           "-",
                           "-01",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "1.e5",
                           "0x10",
                           "1_000",
                           "1 2",
                           "--1",
                           "1a",
                           "1\"a\"",
                           "true\"a\"",
                           "\"a\"\"b\"",
                           "\"a\"b",
                           "[",
                           "]",
                           "[1",
                           "1]",
                           "[1,]",
                           "[,1]",
                           "[,]",
                           "[1 2]",
                           "[1:2]",
                           "[}",
                           "{]",
                           "{",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\" 1}",
                           "{\"a\":1,}",
                           "{,}",
                           "{1:2}",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\":1,\"b\"}",
                           "{a:1}",
                           "[1}",
                           "{\"a\":1]",
                           "[[[1,2],[3,tru]]]",
                           "[{\"a\":[{\"b\":01}]}]",
                           "[\"\\x\"]",
                           "[\"\\u12\"]",
                           "{\"\\q\":1}",
                           "\"\\",
                           "\"\\u12g4\"",
                           "\"\t\"",
                           "\"\n\"",
                           "[\"\x01\"]",
                           "{\"\x1f\":1}",
                           "1//c",
                           "/**/1",
                           "",
                           ",",
                           ":",
                           "1,",
                           "1,,\"a\":2",
                           "1\f",
                           "\x7f",
                           "[1,2",
                           "{\"a\":[}",
                           "[1]]",
                           "{}}",
                           "{\"a\":{\"b\":1}",
                           "[{\"a\":1}",
                           "[\"a\",{\"b\":[1,{}]]"}) {
    EXPECT_EQ(value(json).substr(0, 4), "bad:") << json;
    EXPECT_NE(reason(R"({"v":)"s + json + R"(,"message_id":1})"), "") << json;
    EXPECT_NE(reason(R"({"message_id":)"s + json + "}"), "") << json;
  }
}

TEST_F(PayloadTest, NumbersOfAnySizeStayAsTheyAre) {
  for (const auto* json :
       {"0", "-0", "1e400", "-1e-400", "12345678901234567890123", "0.10", "1E5", "1e+05", "9.99e-0",
        "18446744073709551616", "0.00000000000000000000000000000000000000000000000000001"}) {
    EXPECT_EQ(value(json), json);
    EXPECT_EQ(value("[ " + std::string(json) + " ]"), "[ " + std::string(json) + " ]");
  }
}

TEST_F(PayloadTest, TheIdMayBeAnyMember) {
  MessageFormat format;
  const auto read = [&](std::string member, std::string payload) {
    format.id_member = std::move(member);
    PayloadParser parser(format);
    const auto size = payload.size();
    payload.append(kPayloadPadding, '"');
    if (!parser.parse({payload.data(), size})) return "bad: " + std::string(parser.reason());
    return std::string(parser.parsed().message_id.value_or("(none)"));
  };
  EXPECT_EQ(read("id", R"({"id":"a","message_id":"b"})"), "a");
  EXPECT_EQ(read("id", R"({"id": 12, "x": null})"), "12");
  EXPECT_EQ(read("id", R"({"message_id":"b"})"), "bad: no id");
  EXPECT_EQ(read("id", R"({"id":[]})"), "bad: id is neither string nor number");
  EXPECT_EQ(read("/id", R"({"id":"a"})"), "a");
  EXPECT_EQ(read("/meta/id", R"({"meta":{"x":1,"id":"a\u0041"},"n":2})"), "aA");
  EXPECT_EQ(read("/meta/id", R"({"meta":{"id":7}})"), "7");
  EXPECT_EQ(read("/meta/0/id", R"({"meta":[{"id":-7.5e3}]})"), "-7.5e3");
  EXPECT_EQ(read("/meta/id", R"({"meta":{"id":"x"},"meta":{"id":"y"}})"), "y") << "the last one counts";
  EXPECT_EQ(read("/meta/id", R"({"meta":{"id":"\ud800"}})"), "\xef\xbf\xbd");
  EXPECT_EQ(read("/meta/id", R"({"meta":{"id":{}}})"), "bad: /meta/id is neither string nor number");
  EXPECT_EQ(read("/meta/id", R"({"meta":{"id":true}})"), "bad: /meta/id is neither string nor number");
  EXPECT_EQ(read("/meta/id", R"({"meta":{}})"), "bad: no /meta/id");
  EXPECT_EQ(read("/meta/id", R"({"meta":"x"})"), "bad: no /meta/id");
  EXPECT_EQ(read("/meta/id", R"({"id":"x"})"), "bad: no /meta/id");
  EXPECT_EQ(read("/a~1b/id", R"({"a/b":{"id":"x"}})"), "x");
  EXPECT_EQ(read("", R"({"message_id":true})"), "(none)");
  EXPECT_EQ(read("", R"({"a":"b"})"), "(none)");
  EXPECT_EQ(read("", R"([])"), "bad: not a JSON object");
  format.raw = true;
  EXPECT_EQ(read("message_id", "\xff{"), "(none)");
}

TEST_F(PayloadTest, EscapesAndSurrogates) {
  EXPECT_EQ(value(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(value(R"("\u0041\u00df\u6771\uD83D\uDE00\u0000z")"), "A\xc3\x9f\xe6\x9d\xb1\xf0\x9f\x98\x80\0z"s);
  EXPECT_EQ(value(R"("\uffff\ufffd")"), "\xef\xbf\xbf\xef\xbf\xbd");
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(value(R"("\ud800")"), mark);
  EXPECT_EQ(value(R"("a\ud83dx\ude00\n")"), "a" + mark + "x" + mark + "\n");
  EXPECT_EQ(value(R"("\ude00\ud83d\ud83d\ude00")"), mark + mark + "\xf0\x9f\x98\x80");
  EXPECT_EQ(id(R"({"message_id":"\ud800","\udc00":1})"), mark);
  EXPECT_EQ(parser_.parsed().members.at(1).name, mark);
  EXPECT_EQ(value(R"({"x":"\ud800"})"), R"({"x":"\ud800"})") << "JSON text stays as it is";
  for (const auto* bad :
       {R"("\ud800\u")", R"("\ud800\u00")", R"("\ud800\")", R"("\ud800\x")", R"("\udxyz")", R"("\ud800)"}) {
    EXPECT_EQ(value(bad), kBad) << bad;
  }
  for (const auto* half :
       {R"("\ud800")", R"("\udc00")", R"("\udfffx")", R"("\ud800\ud800")", R"("\ud800\u0041")",
        R"("\ud83dx\ude00")", R"("\ude00\ud83d")", R"("\ud800\n")", R"("a\udbff")"}) {
    for (const auto& text : {"[" + std::string(half) + "]", "{" + std::string(half) + ":1}"}) {
      EXPECT_EQ(value(text), text);
    }
  }
}

TEST_F(PayloadTest, EveryByteInAString) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = "a" + std::string(1, static_cast<char>(byte)) + "b";
    const auto got = value("\"" + text + "\"");
    if (byte < 0x20 || byte == '"' || byte == '\\') {
      const bool backspace = byte == '\\';  // \b is an escape
      EXPECT_EQ(got, backspace ? "a\b" : kBad) << byte;
    } else if (byte >= 0x80) {
      EXPECT_EQ(got, "bad: invalid UTF-8") << byte;
    } else {
      EXPECT_EQ(got, text) << byte;
    }
    char escaped[16];
    std::snprintf(escaped, sizeof escaped, "\"\\u%04x\"", static_cast<unsigned>(byte));
    const auto expected = byte < 0x80 ? std::string(1, static_cast<char>(byte))
                                      : std::string{static_cast<char>(0xc0 | (byte >> 6)),
                                                    static_cast<char>(0x80 | (byte & 0x3f))};
    EXPECT_EQ(value(escaped), expected) << byte;
  }
}

TEST_F(PayloadTest, OfDuplicatesTheLastCountsInThePlaceOfTheFirst) {
  EXPECT_THAT(members(R"({"a":1,"message_id":"x","a":"2","b":3,"\u0061":[4],"message_id":5})"),
              ElementsAre(Field{"a", "[4]"}, Field{"message_id", "5"}, Field{"b", "3"}));
  EXPECT_EQ(parser_.parsed().message_id, "5");
  EXPECT_EQ(reason(R"({"message_id":"x","message_id":null})"), "message_id is neither string nor number");
  EXPECT_EQ(reason(R"({"message_id":{},"message_id":1})"), "");
}

TEST_F(PayloadTest, DuplicatesAmongManyMembers) {
  std::string payload = R"({"message_id":0)";
  for (int round = 0; round < 3; ++round) {
    for (int i = 1; i < 1000; ++i)
      payload += ",\"m" + std::to_string(i) + "\":" + std::to_string(1000 * round + i);
  }
  const auto& all = members(payload + "}");
  ASSERT_EQ(all.size(), 1000U);
  for (std::size_t i = 1; i < 1000; ++i) {
    EXPECT_EQ(all[i].name, "m" + std::to_string(i));
    EXPECT_EQ(all[i].value, std::to_string(2000 + i));
  }
}

TEST_F(PayloadTest, MembersAreBounded) {
  std::string payload = R"({"message_id":0)";
  for (int i = 1; i < 1000; ++i) payload += ",\"m" + std::to_string(i) + "\":1";
  EXPECT_EQ(members(payload + "}").size(), kMaxMembers);
  EXPECT_EQ(reason(payload + ",\"one more\":1}"), "more than 1000 members");
}

TEST_F(PayloadTest, NestingIsBounded) {
  const auto nested = [](int levels, const std::string& open, const std::string& close) {
    std::string json;
    for (int i = 0; i < levels; ++i) json += open;
    json += "1";
    for (int i = 0; i < levels; ++i) json += close;
    return json;
  };
  for (const auto& [open, close] : {std::pair{"["s, "]"s}, std::pair{"{\"a\": "s, " }"s}}) {
    const auto deepest = nested(kMaxDepth - 1, open, close);  // the message itself is the first level
    EXPECT_EQ(value(deepest), deepest);
    EXPECT_EQ(value(nested(kMaxDepth, open, close)), "bad: nested deeper than 1000 levels");
    EXPECT_EQ(value(nested(1100, open, close)), "bad: nested deeper than 1000 levels");
    EXPECT_EQ(value(nested(100'000, open, close)), "bad: nested deeper than 1000 levels");
    EXPECT_EQ(value(nested(500, open, "")), kBad);
  }
  EXPECT_EQ(reason(std::string(100'000, '[')), "not a JSON object");
  EXPECT_EQ(reason(std::string(100'000, '{')), "not valid JSON");
}

TEST_F(PayloadTest, NoPrefixIsAcceptedWhateverLiesBehind) {
  const auto whole =
      R"( {"a":[1,{"b":[true,null,-1.5e3]}],"message_id":"x\ud83d\ude00","c":{"d":{"e":"f"}},"n":12} )"s;
  const auto end = whole.size() - 1;  // without the space behind
  EXPECT_EQ(reason(whole), "");
  for (std::size_t length = 0; length < end; ++length) {
    const auto rest = whole.substr(length) + std::string(kPayloadPadding, ' ');  // as if it went on
    for (const auto& behind : {rest, "}"s, "]"s, "\""s, ","s, ":"s, "1"s, "\0"s, "{"s, "}]"s, "]}"s, "\"}"s,
                               ",\"a\":1}"s, "\\"s, " "s, "e}"s}) {
      const Lying lying(whole.substr(0, length), behind);
      EXPECT_FALSE(parser_.parse(lying.view())) << whole.substr(0, length) << " before " << behind;
    }
  }
}

TEST_F(PayloadTest, WhatLiesBehindDoesNotMatter) {
  const auto payload = R"({"message_id":"x\n","a":[1,{"b":2}],"n":12})"s;
  for (int byte = 0; byte < 256; ++byte) {
    const Lying lying(payload, std::string(1, static_cast<char>(byte)));
    ASSERT_TRUE(parser_.parse(lying.view())) << byte;
    EXPECT_THAT(parser_.parsed().members,
                ElementsAre(Field{"message_id", "x\n"}, Field{"a", R"([1,{"b":2}])"}, Field{"n", "12"}));
  }
}

TEST_F(PayloadTest, LargePayloadsThenSmallOnes) {
  const std::string large(5 << 20, 'x');
  const auto& read = members(R"({"message_id":"a","data":")" + large + R"(","b":")" + "\\t" + large + "\"}");
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[1].value, large);
  EXPECT_EQ(read[2].value, "\t" + large);
  EXPECT_EQ(id(R"({"message_id":"small\n"})"), "small\n");
  EXPECT_EQ(reason(std::string(5 << 20, '\xff')), "invalid UTF-8");
  EXPECT_EQ(reason("{" + std::string(5 << 20, ' ')), "not valid JSON");
}

/// What another parser says: good or not.
bool is_good(std::string payload) {
  // It refuses half of a surrogate pair, we do not.
  static const std::regex half(
      R"((^|[^\\])((?:\\\\)*)\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|[c-fC-F][0-9a-fA-F]{2}))");
  static const std::regex pair(R"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})");
  if (payload.find("\\u") != std::string::npos) {
    payload = std::regex_replace(payload, pair, "\\u0020");
    for (int i = 0; i < 3; ++i) payload = std::regex_replace(payload, half, "$1$2\\u0020");
  }
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::json::error_code error;
  const auto value = boost::json::parse({payload.data(), payload.size()}, error, {}, options);
  if (error || !value.is_object()) return false;
  const auto* id = value.as_object().if_contains("message_id");
  return id != nullptr && (id->is_string() || id->is_number());
}

TEST_F(PayloadTest, AgreesWithAnotherParserOnDamagedPayloads) {
  const std::string samples[] = {
      R"({"message_id":"3f2504e0"})", R"({"message_id": 12, "a": [1, {"b": -2.5e3}, "x"], "c": null})",
      R"({"t":true,"message_id":"\ud83d\ude00\n","o":{"k":"v","l":[]},"f":false})",
      "{\"message_id\":\"\xc3\xa9\xe6\x9d\xb1\xf0\x9f\x98\x80\",\"e\":{},\"s\":\"\\\\\"}"};
  const std::string spice = "{}[]\":,\\ u0d8c1-+.eEtrfn\n\t\x01\x80\xc3\xff";
  Random random(1);
  int good = 0;
  const int rounds = 60'000;
  for (int round = 0; round < rounds; ++round) {
    auto payload = samples[random.below(std::size(samples))];
    for (auto changes = 1 + random.below(2); changes > 0; --changes) {
      const auto at = random.below(payload.size());
      const auto byte = spice[random.below(spice.size())];
      switch (random.below(4)) {
        case 0:
          payload[at] = byte;
          break;
        case 1:
          payload.insert(at, 1, byte);
          break;
        case 2:
          payload.erase(at, 1);
          break;
        case 3:
          payload.insert(at, payload.substr(random.below(payload.size()), random.below(12)));
          break;
      }
    }
    const bool expected = is_good(payload);
    const auto why = reason(payload);
    EXPECT_EQ(why.empty(), expected) << payload << " " << why;
    good += expected ? 1 : 0;
  }
  EXPECT_GT(good, rounds / 20);  // else this compares nothing
  EXPECT_LT(good, rounds / 2);
}

// Objects of plain strings are read by a short way: with a space in front, the same goes the long one.
TEST_F(PayloadTest, TheShortWayAndTheLongOneAgreeOnEveryByte) {
  const std::string good = R"({"id":"0123","message_id":"0123456789abcdef","z":""})";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      auto payload = good;
      payload[at] = static_cast<char>(byte);
      const auto why = reason(payload);
      const auto short_way = text();
      const auto long_why = reason(" " + payload);
      ASSERT_EQ(why, long_why) << at << " " << byte;
      if (!why.empty()) continue;
      ASSERT_EQ(short_way, text()) << at << " " << byte;
    }
  }
}

}  // namespace
}  // namespace tributary::process
