#include "relay/ending.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tributary::relay {
namespace {

using testing::HasSubstr;

Error explained(const group::Ending& why) {
  group::NodeSettings settings;
  settings.group = "out";
  settings.fingerprint = "mine";
  return explain_ending(why, settings);
}

TEST(EndingTest, TheLineNamesBothSides) {
  EXPECT_THAT(explained(group::WrongType{"KEY", "list", "hash"}).message,
              HasSubstr("'KEY' holds a list, not a hash"));
  EXPECT_THAT(explained(group::ListInUse{"LIST", "theirs"}).message, HasSubstr("'theirs', not 'out'"));
  EXPECT_THAT(explained(group::OtherFingerprint{"theirs"}).message,
              HasSubstr("[theirs], this node has [mine]"));
}

TEST(EndingTest, AnotherProtocolVersionThenTheLineSaysWhatToDo) {
  const auto later = std::to_string(std::stoi(group::kProtocolVersion) + 1);
  for (const auto& [theirs, advice] :
       std::vector<std::pair<std::string, std::string>>{{"0", "'tributary stop', upgrade every node"},
                                                        {later, "upgrade tributary on this host"},
                                                        {later + "b", "upgrade"}}) {
    const auto error = explained(group::OtherProtocol{theirs});
    EXPECT_EQ(error.kind, ErrorKind::temporary);
    EXPECT_THAT(error.message, HasSubstr("protocol version " + theirs));
    EXPECT_THAT(error.message, HasSubstr(advice));
  }
}

}  // namespace
}  // namespace tributary::relay
