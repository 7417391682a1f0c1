#include "redis/sentinel.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tributary::redis {
namespace {

Reply reply(Reply::Type type, std::string text = {}) {
  Reply made;
  made.type = type;
  made.text = std::move(text);
  return made;
}

class SentinelTest : public testing::Test {
 protected:
  SentinelTest() {
    server_.host.clear();
    server_.sentinels = {{{"10.0.0.1", 26379}, {"10.0.0.2", 26380}}, "main", "watcher", "secret", ""};
    facts_.sentinel = true;
    facts_.sentinel_services = {"main", "other"};
    from_ = sentinel_endpoint(server_, 1);
  }
  std::string refused(const Reply& address, const Reply& known) const {
    const std::vector<Reply> answers{address, known};
    const auto told = read_primary(answers, facts_, server_, from_);
    return told ? "" : told.error().message;
  }

  Endpoint server_, from_;
  ServerFacts facts_;
};

TEST_F(SentinelTest, IsAServerWithItsOwnUser) {
  EXPECT_EQ(from_.display(), "10.0.0.2:26380");
  EXPECT_EQ(from_.username, "watcher");
  EXPECT_EQ(from_.password, "secret");
  EXPECT_FALSE(from_.has_sentinels());
}

Reply list(const std::vector<std::string>& parts) {
  auto made = reply(Reply::Type::array);
  for (const auto& part : parts) made.elements.push_back(reply(Reply::Type::string, part));
  return made;
}

// The leader of a fail-over knows the epoch, and whom it promotes, before it takes the old primary off its books.
TEST_F(SentinelTest, TellsTheAddressOfThePromotedAndTheEpoch) {
  const std::vector<Reply> answers{list({"10.0.0.7", "6380"}), list({"name", "main", "ip", "10.0.0.1", "port",
                                                                     "6379", "config-epoch", "4"})};
  const auto told = read_primary(answers, facts_, server_, from_);
  ASSERT_TRUE(told);
  EXPECT_EQ(told.value().address, (Address{"10.0.0.7", 6380}));
  EXPECT_EQ(told.value().epoch, 4U);
  EXPECT_EQ(at_address(server_, told.value().address).display(), "main (10.0.0.7:6380)");
}

TEST_F(SentinelTest, AnswersThatAreNoUseAreNamed) {
  const auto nothing = reply(Reply::Type::nil);
  EXPECT_EQ(
      refused(nothing, reply(Reply::Type::error, "ERR No such master with that name")),
      "the Sentinel at 10.0.0.2:26380 watches no primary named \"main\"; it watches \"main\", \"other\"");
  EXPECT_NE(refused(reply(Reply::Type::array), list({})).find("does not tell where the primary is"),
            std::string::npos);
  EXPECT_NE(refused(nothing, nothing).find("does not tell"), std::string::npos);
  facts_.sentinel = false;
  EXPECT_NE(refused(nothing, nothing).find("not a Sentinel; use redis://10.0.0.2:26380"), std::string::npos);
}

TEST_F(SentinelTest, WhatNoWaitingHelpsIsSaidInPlaceOfTheRest) {
  const Error away{ErrorKind::unavailable, "away"}, wrong{ErrorKind::configuration, "wrong"};
  const std::vector<Error> both{away, wrong};
  EXPECT_EQ(explain_unknown_primary(server_, both).message, "wrong");
  const std::vector<Error> one{away};
  EXPECT_EQ(explain_unknown_primary(server_, one).message,
            "none of the 2 Sentinels tells where main is: away");
}

}  // namespace
}  // namespace tributary::redis
