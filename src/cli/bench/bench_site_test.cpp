#include "cli/bench/bench_site.hpp"

#include <gtest/gtest.h>

namespace tributary::cli {
namespace {

redis::Endpoint at_host(const std::string& host) {
  redis::Endpoint endpoint;
  endpoint.host = host;
  return endpoint;
}

TEST(BenchSite, KnowsWhatIsLocal) {
  for (const auto* host : {"localhost", "127.0.0.1", "127.8.8.8", "::1"})
    EXPECT_TRUE(is_local(at_host(host))) << host;
  for (const auto* host : {"10.0.0.1", "cache.example", "localhost.example", "0.0.0.0"}) {
    EXPECT_FALSE(is_local(at_host(host))) << host;
  }
  auto endpoint = at_host("cache.example");
  endpoint.unix_socket = "/run/redis.sock";
  EXPECT_TRUE(is_local(endpoint));
}

}  // namespace
}  // namespace tributary::cli
