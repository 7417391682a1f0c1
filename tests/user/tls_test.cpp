// TLS: a group at work over it, certificates that are not good, and new ones while it runs.
#include <signal.h>

#include "support/certificates.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

RedisServer::Options with_tls(const Authority& authority, const std::string& as, bool asks_clients = false) {
  return {.config = {authority.server_config(as, asks_clients)}, .tcp = true, .tls = true};
}

class Tls : public testing::Test {
 protected:
  Tls() { authority_.issue("server"); }

  std::string url(const RedisServer& server) const {
    return "rediss://localhost:" + std::to_string(server.port());
  }

  Authority authority_;
};

TEST_F(Tls, AGroupWorksOverItAndNewCertificatesNeedNoRestart) {
  RedisServer server(with_tls(authority_, "server"));
  const Flags flags = {"--redis-url", url(server), "--redis-ca-file", authority_.ca_file()};
  const auto run = [&](Flags words) {
    words.insert(words.end(), flags.begin(), flags.end());
    return run_tributary(words, {}, kPatience);
  };
  Flags node_flags = {"consume"};
  node_flags.insert(node_flags.end(), flags.begin(), flags.end());
  for (const auto& flag : quick_times()) node_flags.push_back(flag);
  node_flags.insert(node_flags.begin(), tributary_binary());
  ChildProcess node(node_flags, clean_environment());
  auto client = server.client();
  ASSERT_TRUE(wait_until(
      [&] {
        return client.integer({"LLEN", "consumer:ids"}) == 2;
      },
      kPatience))
      << node.err();
  TemporaryDirectory files;
  EXPECT_EQ(run({"publish", "--count", "20000", "--size", "500", "--ledger", files.file("ledger")}).status,
            0);
  EXPECT_TRUE(wait_until([&] { return entries_added(client, "messages:processed") == 20'000; }, kPatience));

  // Another authority altogether: what the node trusts is read again.
  Authority other;
  other.issue("server");
  for (const auto& [from, to] : {std::pair(other.ca_file(), authority_.ca_file()),
                                 std::pair(other.cert_file("server"), authority_.cert_file("server")),
                                 std::pair(other.key_file("server"), authority_.key_file("server"))}) {
    write_file(to, read_file(from));
  }
  client.command({"CONFIG", "SET", "tls-cert-file", authority_.cert_file("server")});
  client.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  client.command({"CLIENT", "KILL", "TYPE", "pubsub"});
  EXPECT_TRUE(
      wait_until([&] { return node.err().find("connected to localhost") != std::string::npos; }, kPatience))
      << node.err();
  EXPECT_TRUE(wait_until(
      [&] {
        return client.integer({"PUBSUB", "NUMPAT"}) == 0 && client.integer({"LLEN", "consumer:ids"}) == 2;
      },
      kPatience));
  node.signal(SIGTERM);
  EXPECT_EQ(node.wait(kPatience), 0) << node.err();
  const auto audit = run({"verify", "--ledger", files.file("ledger")});
  EXPECT_EQ(audit.status, 0) << audit.out << audit.err;
}

TEST_F(Tls, CertificatesThatAreNotGoodAreNamed) {
  RedisServer server(with_tls(authority_, "server"));
  const auto at = url(server);
  const auto port = std::to_string(server.port());
  expect_refused({"--redis-url", at}, 69,
                 "its certificate is signed by nobody trusted here; give the file of who signed it with "
                 "--redis-ca-file");
  expect_refused({"--redis-url", "rediss://127.0.0.1:" + port, "--redis-ca-file", authority_.ca_file()}, 69,
                 "its certificate is not for 127.0.0.1; use the name that it is for as the host, or in "
                 "--redis-tls-name");
  expect_refused({"--redis-url", at, "--redis-ca-file", "/nonexistent.pem"}, 78,
                 "--redis-ca-file /nonexistent.pem cannot be used: ");
  expect_refused({"--redis-url", "redis://localhost:" + port}, 69, "expects TLS; use rediss://");
  const auto named = run_tributary({"status", "--redis-url", "rediss://127.0.0.1:" + port, "--redis-ca-file",
                                    authority_.ca_file(), "--redis-tls-name", "localhost"});
  EXPECT_NE(named.err.find("no group"), std::string::npos) << named.err;
  const auto insecure = run_tributary({"status", "--redis-url", at, "--redis-tls-insecure"});
  EXPECT_NE(insecure.err.find("--redis-tls-insecure checks nothing"), std::string::npos) << insecure.err;
  EXPECT_NE(insecure.err.find("no group"), std::string::npos) << insecure.err;
}

TEST_F(Tls, AnExpiredCertificateIsNamed) {
  authority_.issue("server", {"localhost", -20, -10});
  RedisServer server(with_tls(authority_, "server"));
  expect_refused({"--redis-url", url(server), "--redis-ca-file", authority_.ca_file()}, 69,
                 "its certificate has expired; renew it there");
}

TEST_F(Tls, AServerThatWantsToKnowItsClients) {
  authority_.issue("us", {"client"});
  Authority strange;
  strange.issue("us", {"client"});
  RedisServer server(with_tls(authority_, "server", true));
  const Flags trusting = {"--redis-url", url(server), "--redis-ca-file", authority_.ca_file()};
  expect_refused(trusting, 77,
                 "wants a certificate of ours; give one with --redis-cert-file and --redis-key-file");
  auto with = [&](const Authority& of) {
    auto flags = trusting;
    flags.insert(flags.end(),
                 {"--redis-cert-file", of.cert_file("us"), "--redis-key-file", of.key_file("us")});
    return flags;
  };
  expect_refused(with(strange), 77, "refuses our certificate");
  auto words = with(authority_);
  words.insert(words.begin(), "status");
  const auto known = run_tributary(words);
  EXPECT_NE(known.err.find("no group"), std::string::npos) << known.err;
}

TEST_F(Tls, APortWithoutItIsNamed) {
  RedisServer server({.tcp = true});
  expect_refused({"--redis-url", url(server)}, 69,
                 "does not answer a TLS handshake; use redis:// in place of rediss://");
}

}  // namespace
}  // namespace tributary::test
