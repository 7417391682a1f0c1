// retry.lua, which moves dead letters to the output stream, run by a real server.
#include <algorithm>
#include <thread>

#include "integration/scripts/scripts_fixture.hpp"
#include "support/group_snapshot.hpp"

namespace tributary::test {
namespace {

class RetryScript : public testing::Test {
 protected:
  RedisServer server_;
  TestClient redis_ = server_.client();

  /// Adds a dead letter; its id.
  std::string letter(const std::string& position) {
    return redis_.text({"XADD", "out:dead", "*", "payload", "{}", "position", position});
  }
  // A letter with its result, as the script takes it.
  static Words plain(const std::string& id, const std::string& position) {
    return {id, "t", "1", "message_id", "c1", "m" + position, position};
  }
  static Words general(const std::string& id, const std::string& position) {
    return {id, "g", "1", "6", "message_id", "m", "extra", "1", "position", position};
  }
  static Words dropped(const std::string& id, const std::string& position) {
    return {id, "n", "1", position};
  }

  static redis::Reply run(TestClient& client, const std::vector<Words>& results,
                          const std::string& bound = "0") {
    Words command{"EVAL", body_of(redis::retry_script()), "2", "out", "out:dead", bound};
    for (const auto& words : results) command.insert(command.end(), words.begin(), words.end());
    return client.command(command);
  }
  Words retry(const std::vector<Words>& results, const std::string& bound = "0") {
    return words_of(run(redis_, results, bound));
  }
  std::int64_t length(const std::string& stream) { return redis_.integer({"XLEN", stream}); }
};

TEST_F(RetryScript, MovesEachInItsForm) {
  const auto a = letter("1.a:1"), b = letter("1.a:2"), c = letter("1.a:3"), d = letter("1.a:4");
  EXPECT_THAT(retry({plain(a, "1.a:1"), general(b, "1.a:2"), dropped(c, "1.a:3")}),
              ElementsAre("appended", "appended", "dropped"));
  const auto entries = read_entries(redis_, "out");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_THAT(entries[0], ElementsAre("message_id", "m1.a:1", "consumer_id", "c1", "processed", "1",
                                      "position", "1.a:1"));
  EXPECT_THAT(entries[1], ElementsAre("message_id", "m", "extra", "1", "position", "1.a:2"));
  const auto left = read_entries(redis_, "out:dead");
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(value_of(left[0], "position"), "1.a:4");
}

TEST_F(RetryScript, ASecondTimeDoesNothing) {
  const auto a = letter("1.a:1"), b = letter("1.a:2");
  EXPECT_THAT(retry({plain(a, "1.a:1")}), ElementsAre("appended"));
  EXPECT_THAT(retry({plain(a, "1.a:1"), plain(b, "1.a:2"), plain(b, "1.a:2")}),
              ElementsAre("gone", "appended", "gone"));
  EXPECT_THAT(retry({dropped(a, "1.a:1")}), ElementsAre("gone"));
  EXPECT_EQ(length("out"), 2);
  EXPECT_EQ(length("out:dead"), 0);
}

TEST_F(RetryScript, TwoAtOnceAppendEachOnce) {
  constexpr int kLetters = 3000;
  std::vector<Words> results;
  for (int i = 0; i < kLetters; ++i) {
    const auto position = "1.a:" + std::to_string(i);
    results.push_back(plain(letter(position), position));
  }
  std::vector<std::thread> people;
  std::vector<int> moved(4);
  for (std::size_t person = 0; person < moved.size(); ++person) {
    people.emplace_back([&, person] {
      auto client = server_.client();
      for (std::size_t i = 0; i < results.size(); i += 50) {
        const std::vector<Words> batch(results.begin() + static_cast<std::ptrdiff_t>(i),
                                       results.begin() + static_cast<std::ptrdiff_t>(i) + 50);
        const auto reply = run(client, batch);
        for (const auto& word : reply.elements) moved[person] += word.text == "appended";
      }
    });
  }
  for (auto& person : people) person.join();
  EXPECT_EQ(moved[0] + moved[1] + moved[2] + moved[3], kLetters);
  EXPECT_EQ(length("out"), kLetters);
  EXPECT_EQ(length("out:dead"), 0);
  std::vector<std::string> positions;
  for (const auto& entry : read_entries(redis_, "out")) positions.push_back(value_of(entry, "position"));
  std::ranges::sort(positions);
  EXPECT_EQ(std::ranges::adjacent_find(positions), positions.end());
}

TEST_F(RetryScript, WithoutDeadLettersNothingIsMade) {
  EXPECT_THAT(retry({plain("5-0", "1.a:1"), dropped("6-0", "1.a:2")}), ElementsAre("gone", "gone"));
  EXPECT_EQ(redis_.integer({"EXISTS", "out", "out:dead"}), 0);
}

TEST_F(RetryScript, WhatCannotBeAppendedStays) {
  const auto a = letter("1.a:1"), b = letter("1.a:2");
  redis_.command({"SET", "out", "no stream"});
  EXPECT_THAT(retry({dropped(a, "1.a:1"), plain(b, "1.a:2"), plain(b, "1.a:2")}),
              ElementsAre("dropped", "failed", StartsWith("WRONGTYPE")));
  EXPECT_EQ(length("out:dead"), 1);
  EXPECT_EQ(redis_.text({"GET", "out"}), "no stream");
}

TEST_F(RetryScript, DeadLettersOfAnotherTypeAreRefused) {
  redis_.command({"SET", "out:dead", "no stream"});
  EXPECT_THAT(retry({plain("5-0", "1.a:1")}), ElementsAre(HasSubstr("WRONGTYPE")));
  EXPECT_EQ(redis_.integer({"EXISTS", "out"}), 0);
}

TEST_F(RetryScript, WhoMayNotDeleteAppendsNothing) {
  const auto a = letter("1.a:1");
  redis_.command({"ACL", "SETUSER", "adder", "on", "nopass", "~*", "+@all", "-xdel"});
  auto adder = server_.client();
  adder.command({"AUTH", "adder", "x"});
  EXPECT_TRUE(run(adder, {plain(a, "1.a:1")}).is_error());
  redis_.command({"ACL", "SETUSER", "remover", "on", "nopass", "~*", "+@all", "-xadd"});
  auto remover = server_.client();
  remover.command({"AUTH", "remover", "x"});
  const auto answer = run(remover, {plain(a, "1.a:1")});
  EXPECT_TRUE(answer.is_error() || (answer.is_array() && answer.elements.at(0).text == "failed"));
  EXPECT_EQ(length("out"), 0);
  EXPECT_EQ(length("out:dead"), 1);
}

TEST_F(RetryScript, AFullServerRefusesAndNothingMoves) {
  const auto a = letter("1.a:1");
  redis_.command({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_THAT(retry({plain(a, "1.a:1")}), ElementsAre(StartsWith("OOM")));
  redis_.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(length("out:dead"), 1);
  EXPECT_THAT(retry({plain(a, "1.a:1")}), ElementsAre("appended"));
}

TEST_F(RetryScript, TheBoundOfTheStreamHolds) {
  std::vector<Words> results;
  for (int i = 0; i < 1000; ++i) results.push_back(plain(letter("1.a:" + std::to_string(i)), "1.a:1"));
  retry(results, "100");
  EXPECT_LE(length("out"), 200) << "about 100: whole nodes of the stream go";
  EXPECT_EQ(length("out:dead"), 0);
}

TEST_F(RetryScript, LargeEntriesFit) {
  const auto a = letter("1.a:1");
  Words words{a, "g", "1", "4002"};
  for (int i = 0; i < 2000; ++i) words.insert(words.end(), {"field" + std::to_string(i), "value"});
  words.insert(words.end(), {"position", "1.a:1"});
  EXPECT_THAT(retry({words}), ElementsAre("appended"));
  EXPECT_EQ(read_entries(redis_, "out").at(0).size(), 4002U);
}

}  // namespace
}  // namespace tributary::test
