// What a user may get wrong on the command line, in the environment or in a configuration file: one line that
// names it, the right exit code, nothing started.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/node.hpp"
#include "support/temporary_directory.hpp"

namespace tributary::test {
namespace {

using Words = std::vector<std::string>;

struct Mistake {
  Words arguments;
  int status;
  Words parts;  ///< of the line
  Words environment = {};
};

void expect_mistake(const Mistake& mistake) {
  std::string command;
  for (const auto& word : mistake.environment) command += word + " ";
  command += "tributary";
  for (const auto& word : mistake.arguments) command += " " + word;
  SCOPED_TRACE(command);
  const auto result = run_tributary(mistake.arguments, mistake.environment, std::chrono::seconds(20));
  EXPECT_EQ(result.status, mistake.status);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(result.err.starts_with("tributary: ")) << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  for (const auto& part : mistake.parts) EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
}

TEST(CommandLine, Commands) {
  expect_mistake({{}, 64, {"no command", "tributary --help"}});
  expect_mistake({{"consum"}, 64, {"unknown command consum", "did you mean consume?"}});
  expect_mistake({{"--lease", "1s"}, 64, {"--lease", "follow"}});
  expect_mistake({{"consume", "publish"}, 64, {"only one command"}});
  expect_mistake({{"consume", "now"}, 64, {"unexpected argument now"}});
}

TEST(CommandLine, Options) {
  expect_mistake(
      {{"consume", "--consumer", "3"}, 64, {"unknown option --consumer", "did you mean --consumers?"}});
  expect_mistake({{"consume", "--bogus=1"}, 64, {"unknown option --bogus"}});
  expect_mistake({{"publish", "--consumers", "3"}, 64, {"publish has no option --consumers"}});
  expect_mistake({{"consume", "-x"}, 64, {"-x"}});
  expect_mistake({{"consume", "--lease"}, 64, {"--lease needs a value"}});
  expect_mistake({{"consume", "--redis-password", "x"}, 64, {"REDIS_PASSWORD"}});
}

TEST(CommandLine, Numbers) {
  for (const char* const value : {"0", "-1", "1001", "2.5", "two", "", "1e3", "99999999999999999999", "3 "}) {
    expect_mistake({{"consume", "--consumers", value}, 64, {"--consumers", "from 1 to 1000"}});
  }
  expect_mistake({{"consume", "--processing-batch-size", "10001"}, 64, {"--processing-batch-size", "10000"}});
  expect_mistake({{"consume", "--redis-port", "65536"}, 64, {"--redis-port", "65535"}});
  expect_mistake({{"consume", "--redis-db", "-1"}, 64, {"--redis-db"}});
  expect_mistake({{"publish", "--batch-size", "0"}, 64, {"--batch-size"}});
  expect_mistake({{"publish", "--rate", "fast"}, 64, {"--rate", "\"fast\""}});
}

TEST(CommandLine, TimesAndSizes) {
  for (const char* const value : {"0", "-1s", "soon", "1x", "199ms", "11m", "1e3s", "", "inf", "nan"}) {
    expect_mistake({{"consume", "--lease", value}, 64, {"--lease", "200ms"}});
  }
  expect_mistake({{"consume", "--journal-limit", "1MB"}, 64, {"--journal-limit", "MiB"}});
  expect_mistake({{"consume", "--journal-limit", "1"}, 64, {"--journal-limit", "1MiB"}});
  expect_mistake({{"consume", "--monitoring-interval", "0"}, 64, {"--monitoring-interval"}});
  expect_mistake({{"publish", "--duration", "0"}, 64, {"--duration"}});
}

TEST(CommandLine, Words) {
  expect_mistake({{"consume", "--processor", "nonsense"}, 64, {"\"nonsense\"", "stamp", "delay:"}});
  expect_mistake({{"consume", "--processor", "delay:fast"}, 64, {"delay:5ms"}});
  expect_mistake({{"consume", "--processor", "flaky:101"}, 64, {"flaky:10"}});
  expect_mistake({{"consume", "--log-level", "LOUD"}, 64, {"--log-level", "CRITICAL", "\"LOUD\""}});
  expect_mistake({{"consume", "--redis-url", "http://localhost"}, 64, {"--redis-url"}});
  expect_mistake({{"consume", "--redis-host", ""}, 64, {"--redis-host"}});
  expect_mistake({{"consume", "--redis-host", "redis://localhost"}, 64, {"--redis-url"}});
  expect_mistake({{"consume", "--input-channel", ""}, 64, {"--input-channel"}});
}

TEST(CommandLine, Contradictions) {
  expect_mistake({{"consume", "--lease", "1s", "--beat", "600ms"}, 64, {"--beat", "half of --lease"}});
  expect_mistake(
      {{"consume", "--replay-window", "4s"}, 64, {"--replay-window", "two leases and a beat", "4500ms"}});
  expect_mistake({{"consume", "--consumers-list", "messages:processed"}, 64, {"--consumers-list"}});
  expect_mistake({{"verify"}, 64, {"--ledger", "--receipts"}});
}

TEST(CommandLine, Environment) {
  const auto wrong = [](const std::string& name, const std::string& value, const Words& parts = {}) {
    Words all = {name + " "};
    all.insert(all.end(), parts.begin(), parts.end());
    expect_mistake({{name == "TARGET_DURATION" || name == "BATCH_SIZE" ? "publish" : "consume"},
                    64,
                    all,
                    {name + "=" + value}});
  };
  wrong("REDIS_PORT", "http", {"65535"});
  wrong("REDIS_DB", "x");
  wrong("CONSUMERS_COUNT", "0", {"1000"});
  wrong("PROCESSING_BATCH_SIZE", "many");
  wrong("LOGLEVEL", "VERBOSE", {"DEBUG"});
  wrong("MONITORING_INTERVAL", "0");
  wrong("TARGET_DURATION", "-3");
  wrong("BATCH_SIZE", "0");
  wrong("STREAM_MAXLEN", "-1");
  wrong("JOURNAL_LIMIT", "none");
  wrong("LEASE", "1ms");
  wrong("PROCESSING_TIMEOUT", "x");
  wrong("PROCESSING_RETRIES", "1001");
}

class ConfigurationFile : public testing::Test {
 protected:
  void expect_mistake_in(const std::string& text, const Words& parts) {
    write_file(file_, text);
    Words all = {file_};
    all.insert(all.end(), parts.begin(), parts.end());
    expect_mistake({{"consume", "--config", file_}, 78, all});
  }
  TemporaryDirectory files_;
  std::string file_ = files_.file("tributary.conf");
};

TEST_F(ConfigurationFile, Mistakes) {
  expect_mistake_in("# fine\nconsumer = 3\n", {"line 2", "unknown key consumer", "did you mean consumers?"});
  expect_mistake_in("consumers = 0\n", {"line 1", "consumers must be", "1000"});
  expect_mistake_in("consumers 3\n", {"line 1", "key = value"});
  expect_mistake_in("[redis]\nhost = x\n", {"line 1", "sections"});
  expect_mistake_in("lease = 1s\n\nlease = 2s\n", {"line 3", "line 1"});
  expect_mistake_in("input-channel = \"half\n", {"line 1", "quotes"});
  expect_mistake_in("REDIS_HOST = x\n", {"line 1", "REDIS_HOST"});
}

TEST_F(ConfigurationFile, Unreadable) {
  expect_mistake({{"consume", "--config", files_.file("none")}, 78, {files_.file("none"), "No such file"}});
  expect_mistake({{"consume", "--config", files_.path()}, 78, {files_.path(), "directory"}});
  expect_mistake({{"consume", "--config", ""}, 64, {"--config"}});
  expect_mistake({{"consume"}, 78, {files_.file("none")}, {"TRIBUTARY_CONFIG=" + files_.file("none")}});
}

TEST_F(ConfigurationFile, WeakerThanEnvironmentAndFlag) {
  // Each value is wrong in its own way: what is complained about is what counted.
  write_file(file_, "redis-host = from-file.invalid\n");
  const Words base = {"publish", "--count", "1", "--config", file_};
  expect_mistake({base, 69, {"from-file.invalid"}});
  expect_mistake({base, 69, {"from-environment.invalid"}, {"REDIS_HOST=from-environment.invalid"}});
  Words with_flag = base;
  with_flag.insert(with_flag.end(), {"--redis-host", "from-flag.invalid"});
  expect_mistake({with_flag, 69, {"from-flag.invalid"}, {"REDIS_HOST=from-environment.invalid"}});
}

TEST(CommandLine, FilesToRead) {
  expect_mistake({{"verify", "--ledger", "/nonexistent/ledger"}, 66, {"/nonexistent/ledger"}});
  expect_mistake({{"verify", "--receipts", "/nonexistent/receipts"}, 66, {"/nonexistent/receipts"}});
  TemporaryDirectory files;
  write_file(files.file("ledger"), "a 1\nthis is no ledger\n");
  expect_mistake({{"verify", "--ledger", files.file("ledger")}, 65, {files.file("ledger"), "line 2"}});
  expect_mistake({{"consume", "--redis-password-file", "/nonexistent"}, 64, {"/nonexistent"}});
}

TEST(CommandLine, Help) {
  const auto general = run_tributary({"--help"});
  EXPECT_EQ(general.status, 0);
  for (const char* const command : {"consume", "publish", "status", "verify", "demo"}) {
    EXPECT_NE(general.out.find(command), std::string::npos);
    const auto help = run_tributary({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_EQ(help.err, "");
    EXPECT_NE(help.out.find("--log-level"), std::string::npos) << command;
    EXPECT_NE(help.out.find("LOGLEVEL"), std::string::npos) << command;
  }
  const auto consume = run_tributary({"consume", "-h"}).out;
  for (const char* const text : {"REDIS_HOST",
                                 "[localhost]",
                                 "REDIS_PORT",
                                 "[6379]",
                                 "CONSUMERS_COUNT",
                                 "[2]",
                                 "PROCESSING_BATCH_SIZE",
                                 "[100]",
                                 "LOGLEVEL",
                                 "[INFO]",
                                 "INPUT_CHANNEL",
                                 "[messages:published]",
                                 "OUTPUT_STREAM",
                                 "[messages:processed]",
                                 "MONITORING_INTERVAL",
                                 "[3s]",
                                 "CONSUMERS_LIST",
                                 "[consumer:ids]",
                                 "REDIS_USERNAME",
                                 "REDIS_PASSWORD",
                                 "REDIS_DB",
                                 "STREAM_MAXLEN",
                                 "JOURNAL_LIMIT",
                                 "[256MiB]",
                                 "LEASE",
                                 "[2s]",
                                 "PROCESSING_TIMEOUT",
                                 "PROCESSING_RETRIES"}) {
    EXPECT_NE(consume.find(text), std::string::npos) << text;
  }
  const auto publish = run_tributary({"publish", "--help"}).out;
  for (const char* const text : {"TARGET_DURATION", "BATCH_SIZE", "[1000]"}) {
    EXPECT_NE(publish.find(text), std::string::npos) << text;
  }
}

TEST(CommandLine, Version) {
  const auto result = run_tributary({"--version"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out, "tributary 0.1.0\n");
}

}  // namespace
}  // namespace tributary::test
