#include "process/additions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tributary::process {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_literals;

TEST(AdditionsTest, KeepsCopiesInOrder) {
  Additions additions;
  std::string name = "a", value = "\0 \r\n"s;
  additions.add(name, value);
  name = value = "b";
  additions.add(name, value);
  EXPECT_THAT(additions.fields(), ElementsAre(Field{"a", "\0 \r\n"s}, Field{"b", "b"}));
  additions.clear();
  EXPECT_THAT(additions.fields(), IsEmpty());
}

TEST(AdditionsTest, OfTheSameNameTheLastCounts) {
  Additions additions;
  additions.add("a", "1");
  additions.add("b", "2");
  additions.add("a", "3");
  EXPECT_THAT(additions.fields(), ElementsAre(Field{"a", "3"}, Field{"b", "2"}));
}

TEST(AdditionsTest, NamesThatAreOursAreRenamed) {
  Additions additions;
  additions.add("position", "1");
  additions.add("message_id", "2");
  additions.add("consumer_id", "3");
  additions.add("processor.position", "4");
  additions.add("processor.other", "5");
  EXPECT_THAT(additions.fields(),
              ElementsAre(Field{"processor.position", "1"}, Field{"processor.message_id", "2"},
                          Field{"processor.consumer_id", "3"}, Field{"processor.processor.position", "4"},
                          Field{"processor.other", "5"}));
}

TEST(AdditionsTest, NumberIsBounded) {
  Additions additions;
  for (std::size_t i = 0; i < kMaxAdditions; ++i) additions.add(std::to_string(i), "");
  EXPECT_FALSE(additions.too_many());
  EXPECT_EQ(additions.fields().size(), kMaxAdditions);
  additions.add("0", "again");
  EXPECT_FALSE(additions.too_many());
  additions.add("one more", "");
  EXPECT_TRUE(additions.too_many());
  additions.clear();
  EXPECT_FALSE(additions.too_many());
}

TEST(AdditionsTest, SizeIsBounded) {
  Additions additions;
  const std::string half(kMaxAdditionBytes / 2, 'x');
  additions.add("a", half);
  EXPECT_FALSE(additions.too_many());
  additions.add("b", half);
  EXPECT_TRUE(additions.too_many());
}

}  // namespace
}  // namespace tributary::process
