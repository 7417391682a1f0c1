// Servers that refuse INFO in scripts: those go by the identity that the connection read.
#include "integration/scripts/scripts_fixture.hpp"
#include "redis/server_check.hpp"

namespace tributary::test {
namespace {

class KnownIdentity : public ScriptsTest {
 protected:
  KnownIdentity() {
    known_identity_ = "aa/bb";
    server_.client().command({"ACL", "SETUSER", "default", "-info"});
  }
};

TEST_F(KnownIdentity, TheProbeTellsWhereScriptsMayReadIt) {
  const std::string probe(redis::kInfoInScripts);
  EXPECT_EQ(redis_.integer({"EVAL", probe, "0"}), 0);
  redis_.command({"ACL", "SETUSER", "default", "+info"});
  EXPECT_EQ(redis_.integer({"EVAL", probe, "0"}), 1);
}

TEST_F(KnownIdentity, EveryScriptGoesByWhatItIsTold) {
  EXPECT_EQ(join("a")[3], "aa/bb");
  EXPECT_EQ(beat("a")[0], "ok");
  EXPECT_EQ(join("b")[0], "ok");
  EXPECT_EQ(install("a", view(), "a/1,b/1")[0], "ok");
  EXPECT_EQ(sweep("a", {})[0], "ok");
  EXPECT_EQ(leave("b")[0], "leaving");
  EXPECT_EQ(status()["server-identity"], "aa/bb");
  EXPECT_EQ(commit("a", view() + ":0", 0, entries(view(), {1}))[0], "ok");
  known_identity_ = "aa/cc";
  EXPECT_THAT(beat("a"), ElementsAre("identity", "aa/cc"));
  EXPECT_THAT(claim("a", view() + ":0", "a"), ElementsAre("identity", "aa/cc"));
  EXPECT_THAT(revive("a", "9.x", "aa/aa", "a/1/1/0", nonce_), ElementsAre("identity", "aa/cc"));
}

TEST_F(KnownIdentity, ACommitThatIsForOneServerOnlyGoesByItToo) {
  join("a");
  const auto lane = view() + ":0";
  const auto move = [&](const std::string& condition) {
    return run(Script::commit, {"a", lane, "0", condition, "0", "n", "1", view() + ":1"});
  };
  EXPECT_THAT(move("aa/bb aa/cc"), ElementsAre("identity", "aa/cc"));
  EXPECT_THAT(move("aa/bb aa/bb"), ElementsAre("ok", "1"));
}

TEST_F(KnownIdentity, StatusOfWhoKnowsNothingSaysSo) {
  known_identity_ = "-";
  EXPECT_EQ(status()["server-identity"], "-");
}

}  // namespace
}  // namespace tributary::test
