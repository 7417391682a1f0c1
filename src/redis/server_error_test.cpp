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

}  // namespace
}  // namespace tributary::redis
