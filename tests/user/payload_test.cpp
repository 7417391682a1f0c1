// Payloads of every kind, good and bad: what becomes of them, field by field.
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

class Payloads : public Scenario {
 protected:
  struct Outcome {
    EntryFields entry;   // of the output stream, without consumer_id and position
    EntryFields letter;  // of the dead-letter stream, the same
  };

  void SetUp() override { start_node({"--consumers", "1"}); }
  void TearDown() override {
    const auto published = appended() + entries_added(client_, "messages:processed:dead");
    EXPECT_EQ(published, sent_);
    stop_nodes();
    expect_nothing_left_open();
  }

  // Publishes a message and tells what became of it.
  Outcome outcome_of(const std::string& payload) {
    const auto appended_before = appended();
    const auto dead_before = entries_added(client_, "messages:processed:dead");
    ++sent_;
    EXPECT_EQ(client_.integer({"PUBLISH", "messages:published", payload}), 1);
    const auto is_in = [&] {
      return appended() + entries_added(client_, "messages:processed:dead") > appended_before + dead_before;
    };
    EXPECT_TRUE(wait_until(is_in, kPatience)) << payload.substr(0, 100);
    Outcome outcome;
    if (appended() > appended_before) outcome.entry = newest("messages:processed");
    if (entries_added(client_, "messages:processed:dead") > dead_before) {
      outcome.letter = newest("messages:processed:dead");
    }
    return outcome;
  }

  void expect_entry(const std::string& payload, EntryFields members) {
    members.insert(members.end(), {"processed", "1"});
    const auto outcome = outcome_of(payload);
    EXPECT_EQ(outcome.entry, members) << payload.substr(0, 200);
    EXPECT_EQ(outcome.letter, EntryFields{}) << payload.substr(0, 200);
  }

  void expect_dead(const std::string& payload, const std::string& reason) {
    const auto outcome = outcome_of(payload);
    const EntryFields expected = {"payload", payload, "reason", reason, "attempts", "0"};
    EXPECT_EQ(outcome.entry, EntryFields{}) << payload.substr(0, 200);
    EXPECT_TRUE(outcome.letter == expected)
        << payload.substr(0, 200) << " -> " << value_of(outcome.letter, "reason");
  }

 private:
  EntryFields newest(const std::string& stream) {
    const auto reply = client_.command({"XREVRANGE", stream, "+", "-", "COUNT", "1"});
    EntryFields fields;
    if (reply.elements.empty()) return fields;
    for (const auto& text : reply.elements[0].elements.at(1).elements) fields.push_back(text.text);
    // Ours are last, so they are the last of their name.
    const auto now = group();
    EXPECT_EQ(take(fields, "consumer_id"), now.consumer_ids.at(0));
    EXPECT_EQ(take(fields, "position"), now.view + ":" + std::to_string(sent_));
    return fields;
  }
  static std::string take(EntryFields& fields, const std::string& name) {
    for (std::size_t i = fields.size() - fields.size() % 2; i >= 2; i -= 2) {
      if (fields[i - 2] != name) continue;
      auto value = fields[i - 1];
      const auto at = fields.begin() + static_cast<std::ptrdiff_t>(i) - 2;
      fields.erase(at, at + 2);
      return value;
    }
    return "(no field " + name + ")";
  }

  std::int64_t sent_ = 0;
};

TEST_F(Payloads, Good) {
  expect_entry(R"({"message_id":"a"})", {"message_id", "a"});
  expect_entry("  \n{ \"message_id\" : \"a\" }\r\n", {"message_id", "a"});
  expect_entry(R"({"message_id":42})", {"message_id", "42"});
  expect_entry(R"({"message_id":-1.50e+7})", {"message_id", "-1.50e+7"});
  expect_entry(R"({"message_id":123456789012345678901234567890})",
               {"message_id", "123456789012345678901234567890"});
  expect_entry(R"({"message_id":""})", {"message_id", ""});
  expect_entry(R"({"a":1,"message_id":"x","b":"two","c":null,"d":true,"e":1.0})",
               {"a", "1", "message_id", "x", "b", "two", "c", "null", "d", "true", "e", "1.0"});
  expect_entry(R"({"message_id":"x","o":{"a":[1, {"b":"\u00e9"}]},"l":[ ]})",
               {"message_id", "x", "o", R"({"a":[1, {"b":"\u00e9"}]})", "l", "[ ]"});
  expect_entry(R"({"message_id":"x","":"no name"})", {"message_id", "x", "", "no name"});
}

TEST_F(Payloads, OfMembersWithTheSameNameTheLastCounts) {
  expect_entry(R"({"message_id":"first","a":1,"message_id":"last","a":2})", {"message_id", "last", "a", "2"});
  expect_entry(R"({"message_id":"x","a":1,"\u0061":2})", {"message_id", "x", "a", "2"});
  expect_dead(R"({"message_id":"first","message_id":null})", "message_id is neither string nor number");
}

TEST_F(Payloads, MembersNamedLikeOursAreKept) {
  expect_entry(
      R"({"message_id":"x","consumer_id":"me","processed":"0","position":"here"})",
      {"message_id", "x", "message.consumer_id", "me", "message.processed", "0", "message.position", "here"});
  expect_entry(R"({"position":"1","message.position":"2","message_id":"x"})",
               {"message.position", "1", "message.message.position", "2", "message_id", "x"});
  expect_entry(R"({"message_id":"x","payload":"p","reason":"r","message.id":"i"})",
               {"message_id", "x", "payload", "p", "reason", "r", "message.id", "i"});
}

TEST_F(Payloads, NothingInAMemberBreaksAnEntry) {
  // Every code point that needs one or two bytes, as name and as value, however written.
  std::string escaped, raw;
  for (unsigned code = 0; code < 0x100; ++code) {
    constexpr char kDigits[] = "0123456789abcdef";
    escaped += std::string("\\u00") + kDigits[code / 16] + kDigits[code % 16];
    if (code < 0x80) raw += static_cast<char>(code);
    if (code >= 0x80) raw += {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))};
  }
  expect_entry(R"({"message_id":")" + escaped + R"(","n)" + escaped + R"(":")" + escaped + R"("})",
               {"message_id", raw, "n" + raw, raw});
  // Bytes of UTF-8 without escapes: every byte that may occur in it, from three planes.
  const std::string wide = "\xe2\x82\xac\xf0\x9f\x90\x9f\xed\x9f\xbf\xef\xbf\xbd\xf4\x8f\xbf\xbf";
  expect_entry(R"({"message_id":")" + wide + R"("})", {"message_id", wide});
  expect_entry(R"({"message_id":"x","protocol":"$5\r\nhello\r\n*1\r\n"})",
               {"message_id", "x", "protocol", "$5\r\nhello\r\n*1\r\n"});
  expect_entry(R"({"message_id":"x","pair":"\ud83d\udc1f"})",
               {"message_id", "x", "pair", "\xf0\x9f\x90\x9f"});
}

TEST_F(Payloads, Bad) {
  expect_dead("", "empty payload");
  expect_dead(" ", "not a JSON object");
  expect_dead("hello", "not a JSON object");
  expect_dead("42", "not a JSON object");
  expect_dead("null", "not a JSON object");
  expect_dead("[]", "not a JSON object");
  expect_dead(R"(["message_id"])", "not a JSON object");
  expect_dead("{}", "no message_id");
  expect_dead(R"({"id":"a"})", "no message_id");
  expect_dead(R"({"Message_ID":"a"})", "no message_id");
  expect_dead(R"({"o":{"message_id":"inside"}})", "no message_id");
  for (const char* const value : {"null", "true", "[]", "{}", R"(["a"])", R"({"a":1})"}) {
    expect_dead(std::string(R"({"message_id":)") + value + "}", "message_id is neither string nor number");
  }
  for (const char* const text :
       {"{", R"({"message_id":"a")", R"({"message_id":"a"}})", R"({"message_id":"a",})",
        R"({"message_id":a})", R"({'message_id':'a'})", R"({"message_id":"a" "b":1})",
        R"({"message_id":"a","b":01})", R"({"message_id":"a","b":+1})", R"({"message_id":"a","b":NaN})",
        R"({"message_id":"a","b":[1,]})", R"({"message_id":"a","b":"\x"})", "{\"message_id\":\"a\nb\"}",
        R"({"message_id":"a"}{"message_id":"b"})"}) {
    const auto letter = outcome_of(text).letter;
    EXPECT_EQ(value_of(letter, "payload"), text);
    EXPECT_TRUE(value_of(letter, "reason") == "not valid JSON" ||
                value_of(letter, "reason") == "something behind the JSON object")
        << text << ": " << value_of(letter, "reason");
  }
}

TEST_F(Payloads, Binary) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  expect_dead(bytes, "invalid UTF-8");
  expect_dead(std::string(1, '\0'), "not a JSON object");
  expect_dead("\xff", "invalid UTF-8");
  expect_dead("{\"message_id\":\"\xff\"}", "invalid UTF-8");
  expect_dead("{\"message_id\":\"\xc0\x80\"}", "invalid UTF-8");
  expect_dead("\xef\xbb\xbf{\"message_id\":\"after a byte order mark\"}", "begins with a byte order mark");
  expect_dead("*1\r\n$4\r\nPING\r\n", "not a JSON object");
  for (int byte = 0; byte < 256; byte += 5) {
    const std::string one(1, static_cast<char>(byte));
    EXPECT_EQ(value_of(outcome_of(one).letter, "payload"), one);
  }
}

TEST_F(Payloads, LargeAndDeep) {
  const std::string megabytes(3 << 20, 'x');
  expect_entry(R"({"message_id":"large","data":")" + megabytes + R"("})",
               {"message_id", "large", "data", megabytes});
  expect_dead(megabytes, "not a JSON object");

  const std::string levels = std::string(999, '[') + std::string(999, ']');
  expect_entry(R"({"message_id":"deep","d":)" + levels + "}", {"message_id", "deep", "d", levels});
  const std::string too_many = std::string(100000, '[') + std::string(100000, ']');
  expect_dead(R"({"message_id":"too deep","d":)" + too_many + "}", "nested deeper than 1000 levels");

  std::string members = R"({"message_id":"many")";
  EntryFields expected = {"message_id", "many"};
  for (int i = 1; i < 1000; ++i) {
    members += ",\"" + std::to_string(i) + "\":" + std::to_string(i);
    expected.insert(expected.end(), {std::to_string(i), std::to_string(i)});
  }
  expect_entry(members + "}", expected);
  expect_dead(members + R"(,"one more":1})", "more than 1000 members");
}

}  // namespace
}  // namespace tributary::test
