#include "redis/server_error.hpp"

#include <gtest/gtest.h>

namespace tributary::redis {
namespace {

TEST(ServerError, AnAnswerToAuthIsNeverRepeated) {
  for (const auto* answer :
       {"WRONGPASS invalid hunter2", "ERR hunter2", "LOADING hunter2", "-DENIED hunter2",
        "ERR max number of clients reached hunter2", "ERR max number of clients hunter2"}) {
    const auto error = explain_auth_error(Endpoint(), answer);
    EXPECT_EQ(error.message.find("hunter2"), std::string::npos) << error.message;
  }
}

TEST(ServerError, ARightThatAScriptLacksIsRecognisedInTheWordsOfEachServer) {
  for (const auto* answer :
       {"ERR The user executing the script can't run this command or subcommand script: 5e3c, on "
        "@user_script:1.",
        "ERR The user executing the script can't access at least one of the keys mentioned in the command "
        "arguments",
        "ERR ACL failure in script: User u has no permissions to run the 'xadd' command script: 5e3c, on "
        "@user_script:1.",
        "ERR ACL failure in script: No permissions to access a key"}) {
    const auto error = explain_server_error(Endpoint(), answer);
    EXPECT_EQ(error.kind, ErrorKind::no_permission) << answer;
    EXPECT_NE(error.message.find("ACL LOG"), std::string::npos) << error.message;
  }
}

}  // namespace
}  // namespace tributary::redis
