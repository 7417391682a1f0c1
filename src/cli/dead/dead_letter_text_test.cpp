#include "cli/dead/dead_letter_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace tributary::cli {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;

redis::Reply text(std::string value) {
  redis::Reply reply;
  reply.type = redis::Reply::Type::string;
  reply.text = std::move(value);
  return reply;
}

redis::Reply array(std::vector<redis::Reply> elements) {
  redis::Reply reply;
  reply.type = redis::Reply::Type::array;
  reply.elements = std::move(elements);
  return reply;
}

redis::Reply entry(const std::string& id, const std::vector<std::string>& fields) {
  std::vector<redis::Reply> values;
  for (const auto& field : fields) values.push_back(text(field));
  return array({text(id), array(values)});
}

StoredLetter letter(const std::string& payload = "{}", const std::string& reason = "no message_id") {
  return *parse_letter(
      entry("1795446663144-7", {"message_id", "m1", "payload", payload, "reason", reason, "attempts", "4",
                                "consumer_id", "h-1-ab.1", "position", "3.a:9"}));
}

TEST(EntryIds, AreReadAndWritten) {
  EXPECT_EQ(parse_entry_id("12-3")->text(), "12-3");
  EXPECT_EQ(parse_entry_id("0012-03")->text(), "12-3");
  for (const char* const wrong : {"", "12", "-", "12-", "-3", "12-3-4", "a-1", "12- 3", "-1-2", "*"}) {
    EXPECT_FALSE(parse_entry_id(wrong)) << wrong;
  }
  EXPECT_LT(*parse_entry_id("9-9"), *parse_entry_id("10-0"));
}

TEST(DeadLetters, AreReadFromEntries) {
  const auto read = letter();
  EXPECT_EQ(read.id.text(), "1795446663144-7");
  EXPECT_EQ(read.time(), "2026-11-23 15:11:03Z");
  EXPECT_EQ(read.message_id, "m1");
  EXPECT_EQ(read.payload, "{}");
  EXPECT_EQ(read.attempts, "4");
  EXPECT_EQ(read.position, "3.a:9");
}

TEST(DeadLetters, ThatOthersWroteAreNoProblem) {
  const auto read = parse_letter(entry("5-0", {"what", "ever", "odd"}));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->payload || read->position || read->reason);
  EXPECT_FALSE(parse_letter(text("x")));
  EXPECT_FALSE(parse_letter(entry("x", {})));
  EXPECT_THAT(letter_text(*read), HasSubstr("payload      -\n"));
  EXPECT_THAT(letter_json(*read), HasSubstr("\"payload\":null"));
}

TEST(DeadLetters, AreShownSafely) {
  const auto shown = letter_text(letter("{\"a\":\x1b[2J}\n\xff", "bad\x1b[31m"));
  EXPECT_THAT(shown, HasSubstr("reason       bad\\x1b[31m\n"));
  EXPECT_THAT(shown, HasSubstr("payload      12 bytes\n\n{\"a\":\\x1b[2J}\n\\xff\n"));
  EXPECT_THAT(shown, Not(HasSubstr("\x1b")));
}

TEST(DeadLetters, AsJsonHoldTextOrBase64) {
  const auto good = boost::json::parse(letter_json(letter("{\"a\": \"\u00e9\"}"))).as_object();
  EXPECT_EQ(good.at("payload").as_string(), "{\"a\": \"\u00e9\"}");
  EXPECT_TRUE(good.at("payload_base64").is_null());
  EXPECT_EQ(good.at("attempts").to_number<int>(), 4);
  EXPECT_EQ(good.at("payload_bytes").to_number<int>(), 11);
  const auto bad = boost::json::parse(letter_json(letter("\xff\x00"s, "cut \xc3"))).as_object();
  EXPECT_TRUE(bad.at("payload").is_null());
  EXPECT_EQ(bad.at("payload_base64").as_string(), "/wA=");
  EXPECT_EQ(bad.at("reason").as_string(), "cut \ufffd");
}

LetterList list_of(int count, std::uint64_t matched) {
  LetterList list;
  list.stream = "out:dead";
  list.in_stream = 12;
  list.matched = matched;
  for (int i = 0; i < count; ++i) {
    list.letters.push_back(letter());
    list.sizes.push_back(1234);
    list.reasons.add(i == 0 ? "not valid JSON" : "no message_id");
  }
  return list;
}

TEST(DeadLetters, AreListedAndCountedByReason) {
  const auto shown = letter_list_text(list_of(3, 12));
  EXPECT_THAT(
      shown,
      HasSubstr("1795446663144-7  2026-11-23 15:11:03Z         4  1,234  m1          no message_id\n"));
  EXPECT_THAT(shown, HasSubstr("\n12 dead letters in out:dead; the oldest 3 are shown (--limit)\n"));
  EXPECT_THAT(shown, HasSubstr("  count  reason\n      2  no message_id\n      1  not valid JSON\n"));
  auto filtered = list_of(2, 2);
  filtered.filtered = true;
  EXPECT_THAT(letter_list_text(filtered), HasSubstr("12 dead letters in out:dead; 2 of them chosen\n"));
  const auto json = boost::json::parse(letter_list_json(list_of(3, 12))).as_object();
  EXPECT_EQ(json.at("dead_letters").as_array().size(), 3U);
  EXPECT_EQ(json.at("chosen").to_number<int>(), 12);
  EXPECT_EQ(json.at("reasons").at(0).at("count").to_number<int>(), 2);
}

TEST(DeadLetters, NoneIsSaid) {
  LetterList list;
  list.stream = "out:dead";
  EXPECT_EQ(letter_list_text(list), "no dead letters in out:dead\n");
  list.in_stream = 5;
  EXPECT_EQ(letter_list_text(list), "none of the 5 dead letters in out:dead match\n");
}

TEST(ReasonCounts, AreBounded) {
  ReasonCounts counts;
  for (std::size_t i = 0; i < ReasonCounts::kMostReasons + 5; ++i) counts.add("reason " + std::to_string(i));
  counts.add("reason 7");
  const auto sorted = counts.sorted();
  EXPECT_EQ(sorted.size(), ReasonCounts::kMostReasons + 1);
  EXPECT_EQ(sorted.front(), (std::pair<std::string, std::uint64_t>("reason 7", 2)));
  EXPECT_EQ(sorted.back(), (std::pair<std::string, std::uint64_t>("(other reasons)", 5)));
  EXPECT_THAT(counts.table(1), HasSubstr("1,004  (other reasons)"));
}

}  // namespace
}  // namespace tributary::cli
