#include "cli/options/parse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "cli/options/help.hpp"
#include "cli/options/options.hpp"
#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using Variables = std::map<std::string, std::string>;

class Parse : public testing::Test {
 protected:
  void SetUp() override {
    file_ = testing::TempDir() + "tributary_parse_" +
            testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  void TearDown() override { std::filesystem::remove(file_); }
  void write(std::string_view text) { std::ofstream(file_) << text; }

  static Result<Request> try_parse(const std::vector<std::string>& words, const Variables& variables = {}) {
    return parse(words, [&](const std::string& name) -> std::optional<std::string> {
      const auto variable = variables.find(name);
      return variable == variables.end() ? std::nullopt : std::optional(variable->second);
    });
  }
  static Settings settings(const std::vector<std::string>& words, const Variables& variables = {}) {
    const auto request = try_parse(words, variables);
    if (!request) {
      ADD_FAILURE() << request.error().message;
      return {};
    }
    return std::get<Invocation>(request.value()).settings();
  }
  static Error error(const std::vector<std::string>& words, const Variables& variables = {}) {
    const auto request = try_parse(words, variables);
    if (request.ok()) {
      ADD_FAILURE() << "accepted";
      return {};
    }
    EXPECT_EQ(request.error().message.find('\n'), std::string::npos) << request.error().message;
    return request.error();
  }
  static void expect_error(const Error& error, ErrorKind kind, std::string_view part) {
    EXPECT_EQ(error.kind, kind) << error.message;
    EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
  }
  std::string file_;
};

TEST_F(Parse, DefaultsAreTheContract) {
  const auto s = settings({"consume"});
  EXPECT_EQ(s.redis.host, "localhost");
  EXPECT_EQ(s.redis.port, 6379);
  EXPECT_EQ(s.redis.database, 0U);
  EXPECT_EQ(s.consumers, 2U);
  EXPECT_EQ(s.processing_batch_size, 100U);
  EXPECT_EQ(s.log_level, LogLevel::info);
  EXPECT_THAT(s.inputs.channels, ElementsAre("messages:published"));
  EXPECT_EQ(s.output_stream, "messages:processed");
  EXPECT_EQ(s.consumers_list, "consumer:ids");
  EXPECT_EQ(s.monitoring_interval, 3s);
  EXPECT_EQ(s.publish.duration, 60s);
  EXPECT_EQ(s.publish.batch_size, 1000U);
  EXPECT_EQ(s.stream_maxlen, 0U);
  EXPECT_EQ(s.journal_limit, 256U << 20);
  EXPECT_EQ(s.lease, 2s);
  EXPECT_EQ(s.beat, 500ms);
  EXPECT_EQ(s.replay_window, 5s);
  EXPECT_EQ(s.processor, "stamp");
  EXPECT_EQ(s.processing_timeout, 0s);
  EXPECT_EQ(s.processing_retries, 3U);
  EXPECT_EQ(s.idle_timeout, 0s);
}

TEST_F(Parse, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  write("input-channel = from-file\nconsumers = 3\nmonitoring-interval = 7s\n");
  const std::vector<std::string> with_file{"consume", "--config", file_};
  const Variables variables{
      {"INPUT_CHANNEL", "from-env"}, {"CONSUMERS_COUNT", "4"}, {"MONITORING_INTERVAL", "8"}};
  auto with_flags = with_file;
  with_flags.insert(with_flags.end(),
                    {"--input-channel", "from-flag", "--consumers=5", "--monitoring-interval", "900ms"});

  auto s = settings(with_file);
  EXPECT_THAT(s.inputs.channels, ElementsAre("from-file"));
  EXPECT_EQ(s.consumers, 3U);
  EXPECT_EQ(s.monitoring_interval, 7s);
  s = settings(with_file, variables);
  EXPECT_THAT(s.inputs.channels, ElementsAre("from-env"));
  EXPECT_EQ(s.consumers, 4U);
  EXPECT_EQ(s.monitoring_interval, 8s);
  s = settings(with_flags, variables);
  EXPECT_THAT(s.inputs.channels, ElementsAre("from-flag"));
  EXPECT_EQ(s.consumers, 5U);
  EXPECT_EQ(s.monitoring_interval, 900ms);
  s = settings({"consume"}, variables);
  EXPECT_THAT(s.inputs.channels, ElementsAre("from-env"));
}

TEST_F(Parse, TheFileMayBeNamedByTheEnvironment) {
  write("consumers = 9\n");
  EXPECT_EQ(settings({"consume"}, {{"TRIBUTARY_CONFIG", file_}}).consumers, 9U);
}

TEST_F(Parse, EmptyVariablesAndThoseOfOtherCommandsDoNotCount) {
  EXPECT_EQ(settings({"consume"}, {{"REDIS_PASSWORD", ""}, {"BATCH_SIZE", "nonsense"}}).redis.password, "");
  expect_error(error({"publish"}, {{"BATCH_SIZE", "nonsense"}}), ErrorKind::usage, "BATCH_SIZE must be");
}

TEST_F(Parse, EveryOptionIsReadFromAllItsSources) {
  // Each option's own default, or something that suits its kind, must be accepted from each source.
  for (const auto& option : all_options()) {
    if (option.name.ends_with("-password-file") || option.name == "http-token-file" || option.name == "lease")
      continue;
    for (const auto& facts : all_commands()) {
      if (!option.belongs_to(facts.command)) continue;
      std::string value = option.show(default_settings(facts.command));
      if (value.empty()) value = option.value_name.empty() ? "true" : option.value_name == "N" ? "7" : "x";
      if (option.name == "redis-url") value = "redis://h";
      if (option.name == "id") value = "7-0";
      if (option.name == "http") value = "127.0.0.1:9464";
      if (option.value_name == "TIME" && value == "x") value = "1s";
      std::vector<std::string> words;
      for (const auto word : split(facts.name, ' ')) words.emplace_back(word);
      words.insert(words.end(), {"--config", file_});
      if (!facts.argument.empty()) words.emplace_back(facts.command == Command::dead_show ? "7-0" : "auto");
      if (family_of(facts) == "dead" && facts.argument.empty() && option.name != "all")
        words.insert(words.end(), {"--newer-than", "3h"});
      write(option.name + " = \"" + value + "\"\n" +
            (facts.command == Command::verify && option.name != "ledger" ? "ledger = l\n" : ""));
      EXPECT_TRUE(try_parse(words)) << option.name << ": " << try_parse(words).error().message;
      if (!option.environment.empty()) {
        EXPECT_TRUE(try_parse(words, {{option.environment, value}})) << option.name;
        EXPECT_TRUE(try_parse(words, {{option.own_environment(), value}})) << option.name;
      }
      if (!option.is_flag) continue;
      words.push_back("--" + option.name);
      if (!option.value_name.empty()) words.push_back(value);
      EXPECT_TRUE(try_parse(words)) << option.name;
    }
  }
}

TEST_F(Parse, EveryVariableHasANameOfItsOwnThatWinsOverTheShortOne) {
  const Variables variables{{"LEASE", "3s"},
                            {"TRIBUTARY_LEASE", "4s"},
                            {"REDIS_URL", "redis://:pw@short/7"},
                            {"TRIBUTARY_REDIS_HOST", "own"},
                            {"TRIBUTARY_OUTPUT_STREAM", ""},
                            {"OUTPUT_STREAM", "short"}};
  auto s = settings({"consume"}, variables);
  EXPECT_EQ(s.lease, 4s);
  EXPECT_EQ(s.redis.host, "own");
  EXPECT_EQ(s.redis.password, "pw");
  EXPECT_EQ(s.redis.database, 7U);
  EXPECT_EQ(s.output_stream, "short") << "an empty variable counts as not set";
  EXPECT_EQ(settings({"consume", "--lease", "5s"}, variables).lease, 5s);
  expect_error(error({"consume"}, {{"TRIBUTARY_LEASE", "soon"}}), ErrorKind::usage,
               "TRIBUTARY_LEASE must be");
}

TEST_F(Parse, WhatAStrongerSourceOverridesIsNotJudged) {
  const Variables bad{{"REDIS_PORT", "nonsense"}, {"LEASE", "soon"}};
  EXPECT_EQ(settings({"consume", "--redis-port", "7", "--lease", "3s"}, bad).redis.port, 7);
  EXPECT_EQ(settings({"consume", "--redis-url", "redis://h", "--lease", "3s"}, bad).redis.port, 6379);
  auto own = bad;
  own.insert({{"TRIBUTARY_REDIS_PORT", "8"}, {"TRIBUTARY_LEASE", "4s"}});
  EXPECT_EQ(settings({"consume"}, own).redis.port, 8);
  auto by_url = bad;
  by_url.insert({{"REDIS_URL", "redis://h:9"}, {"TRIBUTARY_LEASE", "4s"}});
  EXPECT_EQ(settings({"consume"}, by_url).redis.port, 9) << "of the same source the URL counts";
  write("lease = soon\nredis-password-file = /nowhere\n");
  const auto s = settings({"consume", "--config", file_}, {{"LEASE", "3s"}, {"REDIS_PASSWORD", "pw"}});
  EXPECT_EQ(s.lease, 3s);
  EXPECT_EQ(s.redis.password, "pw");
}

TEST_F(Parse, WhatKubernetesSetsForAServiceIsToldApart) {
  for (const std::string name : {"REDIS_PORT", "TRIBUTARY_REDIS_PORT", "REDIS_HOST"}) {
    const auto refused = error({"consume"}, {{name, "tcp://10.0.0.1:6379"}});
    expect_error(refused, ErrorKind::usage, name + " is \"tcp://10.0.0.1:6379\"");
    expect_error(refused, ErrorKind::usage, "enableServiceLinks: false");
    expect_error(refused, ErrorKind::usage, "TRIBUTARY_REDIS_URL");
  }
  expect_error(error({"consume", "--redis-port", "tcp://10.0.0.1:6379"}), ErrorKind::usage,
               "--redis-port must be a whole number");
}

TEST_F(Parse, ScaleTakesANumberOrAuto) {
  EXPECT_EQ(settings({"scale", "7"}).control.target, "7");
  EXPECT_EQ(settings({"scale", "--wait", "0", "0"}).control.target, "0");
  EXPECT_EQ(settings({"scale", "--minimum", "2", "auto", "--maximum=9"}).control.target, "auto");
  EXPECT_EQ(settings({"scale", "auto", "--minimum", "2"}).control.minimum, 2U);
  EXPECT_EQ(settings({"scale", "5", "--if-revision", "0"}).control.if_revision, 0U);
  EXPECT_EQ(settings({"pause"}).control.wait, 10s);
  EXPECT_TRUE(settings({"stop", "--now"}).control.now);
  expect_error(error({"scale"}), ErrorKind::usage, "scale needs a number of consumers, or auto");
  for (const auto* const wrong : {"many", "-3", "1.5", "100001", "", "7x"}) {
    expect_error(error({"scale", wrong}), ErrorKind::usage,
                 *wrong == '\0' ? "needs" : "from 0 to 100000, or auto");
  }
  expect_error(error({"scale", "3", "4"}), ErrorKind::usage, "unexpected argument 4");
  expect_error(error({"pause", "3"}), ErrorKind::usage, "unexpected argument 3");
  expect_error(error({"scale", "5", "--minimum", "2"}), ErrorKind::usage, "bounds of auto");
  expect_error(error({"scale", "auto", "--minimum", "3", "--maximum", "2"}), ErrorKind::usage,
               "above --maximum 2");
  expect_error(error({"scale", "5", "--if-revision", "x"}), ErrorKind::usage,
               "--if-revision must be a whole number");
}

TEST_F(Parse, AnAgentHasACapacityAndNoFixedNumber) {
  EXPECT_EQ(settings({"agent"}).capacity, 0U) << "its cores";
  EXPECT_EQ(settings({"agent"}, {{"CAPACITY", "12"}}).capacity, 12U);
  EXPECT_EQ(settings({"agent", "--idle-timeout", "90"}).idle_timeout, 90s);
  EXPECT_EQ(settings({"consume"}, {{"IDLE_TIMEOUT", "2m"}}).idle_timeout, 120s);
  expect_error(error({"agent", "--consumers", "3"}), ErrorKind::usage, "agent has no option --consumers");
  expect_error(error({"agent", "--capacity", "0"}), ErrorKind::usage, "--capacity must be");
  expect_error(error({"agent", "--beat", "3s"}), ErrorKind::usage, "half of --lease");
}

TEST_F(Parse, ErrorsOfTheFileNameFileAndLineAndKey) {
  const std::vector<std::string> words{"consume", "--config", file_};
  expect_error(error(words), ErrorKind::configuration, file_);
  write("# fine\n\nconsumrs = 3\n");
  expect_error(error(words), ErrorKind::configuration,
               file_ + " line 3: unknown key consumrs (did you mean consumers?)");
  write("consumers = many\n");
  expect_error(error(words), ErrorKind::configuration, file_ + " line 1: consumers must be a whole number");
  write("batch-size = many\n");  // another command's: checked all the same
  expect_error(error(words), ErrorKind::configuration, "line 1: batch-size must be");
  write("consumers\n");
  expect_error(error(words), ErrorKind::configuration, "line 1: not of the form key = value");
  write("[consume]\n");
  expect_error(error(words), ErrorKind::configuration, "line 1: sections");
  write("consumers = 1\nconsumers = 2\n");
  expect_error(error(words), ErrorKind::configuration, "line 2: consumers was already given in line 1");
  write("input-channel = \"a\n");
  expect_error(error(words), ErrorKind::configuration, "line 1: the quotes");
  expect_error(error({"consume", "--config", "/"}), ErrorKind::configuration, "it is a directory");
}

TEST_F(Parse, TheFileHasCommentsAndQuotes) {
  write(
      "# comment\n; comment\n  input-channel = a b # rest\noutput-stream=\"x # y\"  # z\nconsumers-list = "
      "'p'\r\n"
      "redis-password = secret\n");
  const auto s = settings({"consume", "--config", file_});
  EXPECT_THAT(s.inputs.channels, ElementsAre("a b"));
  EXPECT_EQ(s.output_stream, "x # y");
  EXPECT_EQ(s.consumers_list, "p");
  EXPECT_EQ(s.redis.password, "secret");
}

TEST_F(Parse, TheFileMayHaveTabsAndAByteOrderMark) {
  write("\xef\xbb\xbfinput-channel = orders\t# ours\noutput-stream\t=\ta#b\t\n");
  const auto s = settings({"consume", "--config", file_});
  EXPECT_THAT(s.inputs.channels, ElementsAre("orders"));
  EXPECT_EQ(s.output_stream, "a#b");
  write(std::string("\xff\xfei\0n\0", 6));
  expect_error(error({"consume", "--config", file_}), ErrorKind::configuration,
               "line 1: this is UTF-16; save the file as UTF-8");
}

TEST_F(Parse, WhatNobodySeesInTheFileIsRefusedUnlessInQuotes) {
  const std::vector<std::string> words{"consume", "--config", file_};
  write("input-channel = orders\n\xef\xbb\xbfoutput-stream = s\n");
  expect_error(error(words), ErrorKind::configuration,
               "line 2: the key holds the character \\xef\\xbb\\xbf,");
  write("redis-password = secret\xc2\xa0\n");
  expect_error(error(words), ErrorKind::configuration,
               "line 1: the value of redis-password holds the character \\xc2\\xa0, which cannot be seen");
  EXPECT_EQ(error(words).message.find("secret"), std::string::npos);
  write(
      "input-channel = or\xe2\x80\x8b"
      "ders\n");
  expect_error(error(words), ErrorKind::configuration, "the character \\xe2\\x80\\x8b,");
  write(std::string("input-channel = o\0\\x\n", 21));
  expect_error(error(words), ErrorKind::configuration, "the character \\x00,");
  write(
      "input-channel = \"orders\xc2\xa0\"\noutput-stream = gr\xc3\xbc\xc3\x9f"
      "e\nredis-password = \xe4\n");
  EXPECT_THAT(settings(words).inputs.channels, ElementsAre("orders\xc2\xa0"));
  EXPECT_EQ(settings(words).redis.password, "\xe4") << "in another encoding";
}

TEST_F(Parse, SectionsAreGroups) {
  write(
      "lease = 3s\ninput-channel = all\nprocessor = delay:1ms\n"
      "[group orders]\ninput-channel = a\ninput-channel = b\nprocessor = stamp\n"
      "[ group\tmessages:processed ]  # a comment\nconsumers-list = consumer:ids\nredis-host = other\n"
      "[group empty]\n");
  const auto request = try_parse({"agent", "--config", file_, "--lease", "4s"}, {{"PROCESSOR", "spin:1ms"}});
  ASSERT_TRUE(request.ok()) << request.error().message;
  const auto& groups = std::get<Invocation>(request.value()).groups;
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].output_stream, "orders");
  EXPECT_EQ(groups[0].consumers_list, "orders:consumer:ids");
  EXPECT_THAT(groups[0].inputs.channels, ElementsAre("a", "b"));
  EXPECT_EQ(groups[0].redis.host, "localhost");
  EXPECT_EQ(groups[1].output_stream, "messages:processed");
  EXPECT_EQ(groups[1].consumers_list, "consumer:ids");
  EXPECT_EQ(groups[1].redis.host, "other");
  EXPECT_EQ(groups[2].output_stream, "empty");
  EXPECT_THAT(groups[2].inputs.channels, ElementsAre("all"));
  for (const auto& group : groups) {
    EXPECT_EQ(group.lease, 4s);
    EXPECT_EQ(group.processor, "spin:1ms") << "a variable wins over sections, too";
  }
}

TEST_F(Parse, WhatASectionSaysCountsInPlaceOfWhatSetsTheSameThing) {
  write(
      "redis-url = redis://one:1/7\ninput-channels = a,b\n[group g]\nredis-host = two\ninput-channel = c\n");
  const auto s = settings({"agent", "--config", file_});
  EXPECT_EQ(s.redis.host, "two");
  EXPECT_EQ(s.redis.port, 1);
  EXPECT_EQ(s.redis.database, 7U);
  EXPECT_THAT(s.inputs.channels, ElementsAre("c"));
}

TEST_F(Parse, CommandsForOneGroupGoByItsSection) {
  write("redis-db = 1\n[group a]\nredis-db = 2\n[group b]\nconsumers-list = mine\n");
  const std::vector<std::vector<std::string>> commands{
      {"consume"}, {"scale", "3"},    {"pause"},        {"resume"},
      {"stop"},    {"forget", "db1"}, {"dead", "list"}, {"verify", "--ledger", "x"}};
  for (auto words : commands) {
    words.insert(words.end(), {"--config", file_});
    expect_error(error(words), ErrorKind::usage,
                 " is for one group: say which by --output-stream; " + file_ + " has a, b");
    expect_error(error(words, {{"OUTPUT_STREAM", "c"}}), ErrorKind::usage,
                 "OUTPUT_STREAM \"c\" is no group of " + file_ + ", which has a, b");
    words.insert(words.end(), {"--output-stream", "b"});
    EXPECT_EQ(settings(words).output_stream, "b");
    EXPECT_EQ(settings(words).redis.database, 1U);
  }
  EXPECT_EQ(settings({"stop", "--config", file_, "--output-stream", "b"}).consumers_list, "mine");
  const auto groups = [&](const std::vector<std::string>& words) {
    const auto request = try_parse(words);
    return request ? std::get<Invocation>(request.value()).groups.size() : 0;
  };
  EXPECT_EQ(groups({"status", "--config", file_}), 2U);
  EXPECT_EQ(groups({"status", "--config", file_, "--output-stream", "a"}), 1U);
  EXPECT_EQ(groups({"agent", "--config", file_, "--output-stream", "a"}), 1U);
  EXPECT_EQ(settings({"publish", "--config", file_}).redis.database, 1U) << "it knows channels, no groups";
  write("[group only]\n");
  EXPECT_EQ(settings({"stop", "--config", file_}).output_stream, "only");
}

TEST_F(Parse, WrongSectionsAreNamedByTheirLine) {
  const auto expect_wrong = [&](std::string_view text, const std::string& part) {
    write(text);
    for (const char* const command : {"agent", "publish"})
      expect_error(error({command, "--config", file_}), ErrorKind::configuration, file_ + " line " + part);
  };
  expect_wrong("[section]\n", "1: sections are of the form [group NAME], one for each group");
  expect_wrong("[groups a]\n", "1: sections are of the form");
  expect_wrong("[group a\n", "1: sections are of the form");
  expect_wrong("[\n", "1: sections are of the form");
  expect_wrong("[]\n", "1: sections are of the form");
  expect_wrong("[ group ]\n", "1: [group NAME] needs a name");
  expect_wrong("[group a\xc2\xa0z]\n", "1: the group's name holds the character \\xc2\\xa0,");
  expect_wrong("[group a]\n[group b]\n[group a]\n", "3: group a already has a section, in line 1");
  expect_wrong("[group a]\nlease=1s\n[group b]\nleese=1s\n", "4: unknown key leese (did you mean lease?)");
  expect_wrong("[group a]\nlease=1s\nlease=1s\n", "3: lease was already given in line 2");
  expect_wrong("[group a]\nlog-level=INFO\n", "2: log-level is one for all groups");
  expect_wrong("[group a]\nmonitoring-interval=1s\n", "2: monitoring-interval is one for all groups");
  expect_wrong("[group a]\nduration=1s\n", "2: duration is no setting of a group's nodes");
  expect_wrong("[group a]\noutput-stream=b\n", "2: output-stream: the section names the group");
  expect_wrong("output-stream=b\n[group a]\n", "1: output-stream: the sections name the groups");
  write("[group a]\n[group b]\nlease=1\nbeat=1\n");
  expect_error(error({"agent", "--config", file_}), ErrorKind::usage,
               "group b: --beat 1s is more than half of");
  write("[group a]\n[group b]\nlease=x\n");
  expect_error(error({"agent", "--config", file_}), ErrorKind::configuration, "line 3: lease must be a time");
}

TEST_F(Parse, GroupsThatGetInEachOthersWayAreRefused) {
  const auto expect_wrong = [&](const std::string& text, const std::string& part) {
    write(text);
    expect_error(error({"agent", "--config", file_}), ErrorKind::configuration, file_ + " line " + part);
  };
  expect_wrong("consumers-list=l\n[group a]\n[group b]\n", "3: group b has the consumers-list of group a, l");
  expect_wrong("[group a]\n[group a:dead]\n", "2: group a:dead uses a key of group a: a:dead");
  expect_wrong("receipts=r\n[group a]\n[group b]\nredis-db=1\n", "3: group b has the receipts of group a, r");
  write("consumers-list=l\n[group a]\n[group b]\nredis-db=1\n");
  EXPECT_TRUE(try_parse({"agent", "--config", file_}).ok()) << "another database";
}

TEST_F(Parse, BadArgumentsAreNamed) {
  expect_error(error({}), ErrorKind::usage, "no command");
  expect_error(error({"consum"}), ErrorKind::usage, "unknown command consum (did you mean consume?)");
  expect_error(error({"--consumers", "3", "consume"}), ErrorKind::usage, "options follow");
  expect_error(error({"consume", "--consumer", "3"}), ErrorKind::usage,
               "unknown option --consumer (did you mean --consumers?)");
  expect_error(error({"consume", "--rate=3"}), ErrorKind::usage, "consume has no option --rate");
  expect_error(error({"consume", "extra"}), ErrorKind::usage, "unexpected argument extra");
  expect_error(error({"consume", "publish"}), ErrorKind::usage, "only one command");
  expect_error(error({"consume", "--consumers"}), ErrorKind::usage, "--consumers needs a value");
  expect_error(error({"consume", "--consumers", "0"}), ErrorKind::usage,
               "--consumers must be a whole number from 1 to 1000, not \"0\"");
  expect_error(error({"consume", "--consumers", "-1"}), ErrorKind::usage, "--consumers must be");
  expect_error(error({"consume", "--processing-batch-size", "10001"}), ErrorKind::usage, "from 1 to 10000");
  expect_error(error({"consume", "--redis-port", "65536"}), ErrorKind::usage, "--redis-port");
  expect_error(error({"consume", "--redis-host", ""}), ErrorKind::usage, "--redis-host must not be empty");
  expect_error(error({"consume", "--lease", "soon"}), ErrorKind::usage, "--lease must be a time");
  expect_error(error({"consume", "--journal-limit", "1KiB"}), ErrorKind::usage,
               "--journal-limit must be a size from 1MiB");
  expect_error(error({"consume", "--log-level", "LOUD"}), ErrorKind::usage, "DEBUG, INFO");
  expect_error(error({"publish", "--size", "20"}), ErrorKind::usage, "--size must be 0 or at least");
  expect_error(error({"verify"}), ErrorKind::usage, "--ledger FILE");
  expect_error(error({"consume"}, {{"CONSUMERS_COUNT", "x"}}), ErrorKind::usage, "CONSUMERS_COUNT must be");
}

TEST_F(Parse, BeatAndReplayWindowGoByTheLeaseUnlessTheyAreGiven) {
  EXPECT_EQ(settings({"consume", "--lease", "500ms"}).beat, 125ms);
  EXPECT_EQ(settings({"consume", "--lease", "500ms"}).replay_window, 5s);
  EXPECT_EQ(settings({"consume", "--lease", "10s"}).beat, 500ms);
  EXPECT_EQ(settings({"consume", "--lease", "10s"}).replay_window, 20500ms);
  EXPECT_EQ(settings({"consume", "--lease", "500ms", "--beat", "200ms"}).beat, 200ms);
}

TEST_F(Parse, ContradictionsAreNamed) {
  expect_error(error({"consume", "--replay-window", "4s"}), ErrorKind::usage, "here 4500ms");
  expect_error(error({"consume", "--lease", "10s", "--replay-window", "5s"}), ErrorKind::usage,
               "--replay-window 5s is too short");
  expect_error(error({"consume", "--beat", "1500ms"}), ErrorKind::usage, "more than half of --lease 2s");
  expect_error(error({"consume", "--consumers-list", "messages:processed"}), ErrorKind::usage,
               "different names");
}

TEST_F(Parse, ThePasswordIsNeverAnArgument) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"consume", "--redis-password", "secret"},
        {"consume", "--redis-password=secret"},
        {"publish", "--redis-url", "redis://:secret@h"},
        {"publish", "--redis-url=redis://u:secret@h"}}) {
    const auto refused = error(words);
    expect_error(refused, ErrorKind::usage, "every user of this host can read arguments");
    EXPECT_EQ(refused.message.find("secret"), std::string::npos);
  }
  EXPECT_EQ(settings({"consume"}, {{"REDIS_PASSWORD", "secret"}}).redis.password, "secret");
  EXPECT_EQ(settings({"consume"}, {{"REDIS_URL", "redis://:secret@h"}}).redis.password, "secret");
  write("secret\n");
  EXPECT_EQ(settings({"consume", "--redis-password-file", file_}).redis.password, "secret");
  expect_error(error({"consume", "--redis-password-file", "/nowhere"}), ErrorKind::usage, "cannot be read");
}

TEST_F(Parse, AUrlFromAWeakerSourceGivesWayPartByPart) {
  auto s = settings({"consume", "--redis-host", "other"}, {{"REDIS_URL", "redis://ann:pw@h:7000/3"}});
  EXPECT_EQ(s.redis.host, "other");
  EXPECT_EQ(s.redis.port, 7000);
  EXPECT_EQ(s.redis.username, "ann");
  EXPECT_EQ(s.redis.database, 3U);
  s = settings({"consume", "--redis-host", "other"}, {{"REDIS_URL", "unix:///s"}});
  EXPECT_EQ(s.redis.unix_socket, "");
  s = settings({"consume", "--redis-url", "unix:///s"}, {{"REDIS_HOST", "other"}});
  EXPECT_EQ(s.redis.unix_socket, "/s");
}

TEST_F(Parse, SeveralChannelsAndPatterns) {
  EXPECT_THAT(settings({"consume"}).inputs.channels, ElementsAre("messages:published"));
  auto s = settings({"consume", "--input-channel", "b", "--input-channel", "a", "--input-pattern", "x*"});
  EXPECT_THAT(s.inputs.channels, ElementsAre("a", "b"));
  EXPECT_THAT(s.inputs.patterns, ElementsAre("x*"));
  EXPECT_TRUE(s.format.keeps_channel());
  s = settings({"consume", "--input-pattern", "x*"});
  EXPECT_THAT(s.inputs.channels, ElementsAre()) << "not the default besides";
  EXPECT_TRUE(s.format.keeps_channel());
  const Variables lists{{"INPUT_CHANNELS", "b,a"}, {"INPUT_PATTERNS", "y*,x*"}};
  s = settings({"consume"}, lists);
  EXPECT_THAT(s.inputs.channels, ElementsAre("a", "b"));
  EXPECT_THAT(s.inputs.patterns, ElementsAre("x*", "y*"));
  EXPECT_THAT(settings({"consume", "--input-channel", "c,d"}, lists).inputs.channels, ElementsAre("c,d"));
  s = settings({"consume"}, {{"INPUT_CHANNEL", "a,b"}});
  EXPECT_THAT(s.inputs.channels, ElementsAre("a,b"));
  EXPECT_FALSE(s.format.keeps_channel());
}

TEST_F(Parse, AShardedChannelNamesTheStream) {
  auto s = settings({"consume", "--pubsub", "sharded", "--input-channel", "orders"});
  EXPECT_TRUE(s.inputs.sharded);
  EXPECT_EQ(s.output_stream, "{orders}:processed");
  EXPECT_EQ(s.redis.key, "{orders}:processed");
  s = settings({"consume", "--pubsub", "sharded", "--output-stream", "out"});
  EXPECT_EQ(s.output_stream, "out");
  EXPECT_EQ(settings({"consume", "--input-channel", "orders"}).output_stream, "messages:processed");
  EXPECT_EQ(settings({"publish"}, {{"PUBSUB", "sharded"}}).output_stream, "{messages:published}:processed");
  expect_error(error({"consume", "--pubsub", "sharded", "--input-pattern", "a*"}), ErrorKind::usage,
               "--input-pattern: sharded Pub/Sub knows no patterns");
  expect_error(error({"consume", "--pubsub", "shard"}), ErrorKind::usage, "must be classic or sharded");
}

TEST_F(Parse, InputsThatWouldComeTwiceAreRefused) {
  expect_error(error({"consume", "--input-channel", "a", "--input-channel", "a"}), ErrorKind::usage,
               "\"a\" twice");
  expect_error(error({"consume", "--input-channels", "a,,b"}), ErrorKind::usage, "empty name");
  expect_error(error({"consume", "--input-channel", "orders.1", "--input-pattern", "orders.*"}),
               ErrorKind::usage,
               "--input-channel \"orders.1\" is among what --input-pattern \"orders.*\" matches");
  expect_error(error({"consume", "--input-channel", "tributary:{messages:processed}:control"}),
               ErrorKind::usage, "control channel");
  expect_error(error({"consume", "--input-pattern", "*"}), ErrorKind::usage, "use a narrower pattern");
}

TEST_F(Parse, TheFormatOfMessages) {
  auto s = settings({"consume", "--id-member", "/meta/id", "--entry", "payload"});
  EXPECT_EQ(s.format.id_member, "/meta/id");
  EXPECT_TRUE(s.format.payload_entry);
  EXPECT_EQ(settings({"consume", "--id-member", "none"}).format.id_member, "");
  EXPECT_TRUE(settings({"consume", "--format", "raw"}).format.raw);
  expect_error(error({"consume", "--format", "xml"}), ErrorKind::usage, "must be json or raw");
  expect_error(error({"consume", "--format", "raw", "--id-member", "id"}), ErrorKind::usage,
               "have no members");
  expect_error(error({"consume", "--id-member", "/"}), ErrorKind::usage, "JSON pointer");
}

TEST_F(Parse, EventsOfTheOwnOutputAreDoubted) {
  const auto doubt = [&](const char* pattern) {
    const auto lines = doubts(settings({"consume", "--input-pattern", pattern}), Command::consume);
    return lines.empty() ? "" : lines.front();
  };
  EXPECT_EQ(doubt("__keyevent@*__:expired"), "");
  EXPECT_NE(doubt("a.*,b.*").find("as one pattern; for several repeat --input-pattern"), std::string::npos);
  EXPECT_NE(doubt("__keyevent@0__:x*").find("each entry may become a message again"), std::string::npos);
  EXPECT_NE(doubt("__keyspace@0__:messages:*").find("each entry may become a message again"),
            std::string::npos);
}

TEST_F(Parse, NamesThatAreHardlyMeantAreDoubted) {
  const auto doubt = [](const std::string& channel, const std::string& stream = "s") {
    const auto lines = doubts(settings({"consume", "--input-channel", channel, "--output-stream", stream}),
                              Command::consume);
    return lines.empty() ? "" : lines.front();
  };
  for (const auto* const fine : {"orders", "orders:new", "a b", "{a}.b",
                                 "gr\xc3\xbc\xc3\x9f"
                                 "e"}) {
    EXPECT_EQ(doubt(fine), "") << fine;
  }
  for (const auto* const pattern : {"orders.*", "order?", "orders.[ab]", "__keyspace@0__:*"}) {
    EXPECT_NE(
        doubt(pattern).find("the name of one channel; for all channels that match it use --input-pattern"),
        std::string::npos)
        << pattern;
  }
  EXPECT_NE(
      doubt("a,b").find("--input-channel \"a,b\" is taken as it is written, as the name of one channel; for "
                        "several repeat --input-channel"),
      std::string::npos);
  EXPECT_NE(doubt("orders\n").find("\"orders\\x0a\""), std::string::npos);
  EXPECT_NE(doubt("orders", "s ").find("--output-stream \"s \""), std::string::npos);
  EXPECT_TRUE(doubts(settings({"status", "--input-channel", "a*"}), Command::status).empty());
}

TEST_F(Parse, RepeatedFlags) {
  EXPECT_EQ(settings({"consume", "--consumers", "3", "--consumers", "4"}).consumers, 4U);
  const auto s = settings({"verify", "--ledger", "a", "--ledger", "b", "--receipts", "c"});
  EXPECT_EQ(s.verify.ledgers, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(s.verify.receipts, (std::vector<std::string>{"c"}));
}

TEST_F(Parse, ValuesBehindAnEqualsSignAreTakenAsTheyAre) {
  EXPECT_EQ(settings({"consume", "--output-stream=a=b"}).output_stream, "a=b");
  EXPECT_FALSE(settings({"status", "--json=false"}).json);
  expect_error(error({"status", "--json=no"}), ErrorKind::usage, "--json must be true or false");
  expect_error(error({"consume", "--output-stream=", "x"}), ErrorKind::usage, "unexpected argument x");
  expect_error(error({"consume", "--output-stream="}), ErrorKind::usage, "--output-stream must not be empty");
  expect_error(error({"consume", "--config="}), ErrorKind::usage, "--config must not be empty");
}

TEST_F(Parse, NothingIsAnOptionBehindTwoDashes) {
  EXPECT_EQ(settings({"scale", "--", "5"}).control.target, "5");
  expect_error(error({"scale", "--", "--json"}), ErrorKind::usage, "not \"--json\"");
}

TEST_F(Parse, LevelsInAnyCase) {
  EXPECT_EQ(settings({"status", "--log-level", "debug"}).log_level, LogLevel::debug);
}

TEST_F(Parse, LevelsAsOtherProgramsCallThem) {
  const auto level = [](const std::string& name) {
    return settings({"status"}, {{"LOGLEVEL", name}}).log_level;
  };
  EXPECT_EQ(level("warn"), LogLevel::warning);
  EXPECT_EQ(level("err"), LogLevel::error);
  EXPECT_EQ(level("FATAL"), LogLevel::critical);
  EXPECT_EQ(level("trace"), LogLevel::debug);
}

TEST_F(Parse, HostsAsTheyStandInUrls) {
  EXPECT_EQ(settings({"status", "--redis-host", "[::1]"}).redis.host, "::1");
  EXPECT_EQ(settings({"status", "--redis-host", "[::1]"}).redis.display(), "[::1]:6379");
  EXPECT_EQ(settings({"status", "--redis-host", "fe80::1:2"}).redis.host, "fe80::1:2");
  for (const auto* const host : {"localhost:6380", "[::1]:6380"}) {
    expect_error(error({"status"}, {{"REDIS_HOST", host}}), ErrorKind::usage,
                 "the port goes into --redis-port");
  }
}

TEST_F(Parse, DeadLetters) {
  const auto s = settings({"dead", "list", "--id", "12-3,4-5", "--id", "007-0", "--reason", "not valid",
                           "--newer-than", "2h", "--older-than", "1.5m"});
  EXPECT_EQ(s.dead.ids, (std::vector<std::string>{"12-3", "4-5", "7-0"}));
  EXPECT_EQ(s.dead.reason, "not valid");
  EXPECT_EQ(s.dead.newer_than, 2h);
  EXPECT_EQ(s.dead.older_than, 90s);
  EXPECT_EQ(s.dead.limit, 100U);
  EXPECT_EQ(settings({"dead", "retry", "--all"}).dead.limit, 0U);
  EXPECT_EQ(settings({"dead", "retry", "--all"}, {{"PROCESSOR", "delay:1ms"}}).processor, "delay:1ms");
  EXPECT_EQ(settings({"dead", "show", "12-3", "--raw"}).dead.ids, std::vector<std::string>{"12-3"});
  EXPECT_TRUE(settings({"dead", "drop", "--reason", "x", "--yes"}).yes);
}

TEST_F(Parse, DeadLettersWrong) {
  const auto expect_usage = [](const std::vector<std::string>& words, std::string_view part) {
    expect_error(error(words), ErrorKind::usage, part);
  };
  expect_usage({"dead"}, "dead needs an action");
  expect_usage({"dead", "--output-stream", "x"}, "dead needs an action");
  expect_usage({"dead", "lst"}, "unknown action lst (did you mean list?); see tributary dead --help");
  expect_usage({"deed", "list"}, "did you mean dead?");
  expect_usage({"dead", "list", "now"}, "dead list: unexpected argument now; see tributary dead list --help");
  expect_usage({"dead", "list", "--all"}, "dead list has no option --all");
  expect_usage({"dead", "show"}, "dead show needs an id");
  expect_usage({"dead", "show", "12"}, "an id is such as");
  expect_usage({"dead", "show", "1-2", "--raw", "--json"}, "choose one");
  expect_usage({"dead", "retry"}, "or --all");
  expect_usage({"dead", "drop", "--limit", "5"}, "or --all");
  expect_usage({"dead", "drop", "--all", "--reason", "x"}, "--all means every");
  expect_usage({"dead", "list", "--newer-than", "1h", "--older-than", "1h"}, "no dead letter is older");
  for (const char* const id : {"", ",", "1-2,", "1", "1-2 3-4"}) {
    expect_usage({"dead", "list", "--id", id}, "--id must be an id");
  }
}

TEST_F(Parse, SettingsWithoutTheirFeatureAreDoubted) {
  const auto doubt = [&](const std::vector<std::string>& words) {
    const auto lines = doubts(settings(words), Command::consume);
    return lines.empty() ? "" : lines.front();
  };
  EXPECT_EQ(doubt({"consume", "--dedup-limit", "5000"}),
            "--dedup-limit has no effect without --dedup-window");
  EXPECT_EQ(doubt({"consume", "--dedup-limit", "5000", "--dedup-window", "1m"}), "");
  EXPECT_EQ(doubt({"consume", "--journal-grace", "5m"}),
            "--journal-grace has no effect without --journal-dir");
  EXPECT_EQ(doubt({"consume", "--journal-sync", "1s"}), "--journal-sync has no effect without --journal-dir");
  EXPECT_EQ(doubt({"consume", "--journal-grace", "5m", "--journal-dir", "/tmp/j"}), "");
}

TEST_F(Parse, HelpAndVersion) {
  const auto text = [&](const std::vector<std::string>& words) {
    const auto request = try_parse(words);
    return request ? std::get<Notice>(request.value()).text : request.error().message;
  };
  EXPECT_EQ(text({"--version"}), "tributary 0.1.0\n");
  EXPECT_EQ(text({"--help"}), general_help());
  EXPECT_EQ(text({"-h"}), general_help());
  EXPECT_EQ(text({"publish", "--help"}), command_help(Command::publish));
  EXPECT_EQ(text({"publish", "--nonsense", "-h"}), command_help(Command::publish));
  EXPECT_EQ(text({"--nonsense", "--help"}), general_help());
  EXPECT_EQ(text({"dead", "--help"}), family_help("dead"));
  EXPECT_EQ(text({"dead", "retry", "-h"}), command_help(Command::dead_retry));
  for (const auto* const version : {"-v", "-V", "version"}) EXPECT_EQ(text({version}), text({"--version"}));
  EXPECT_EQ(text({"help"}), general_help());
  EXPECT_EQ(text({"help", "publish"}), command_help(Command::publish));
  EXPECT_EQ(text({"publish", "help"}), command_help(Command::publish));
  EXPECT_EQ(text({"scale", "help"}), command_help(Command::scale));
  EXPECT_EQ(text({"help", "dead"}), family_help("dead"));
  EXPECT_EQ(text({"dead", "help"}), family_help("dead"));
  EXPECT_EQ(text({"help", "dead", "retry"}), command_help(Command::dead_retry));
  for (const auto line : split(general_help(), '\n')) EXPECT_LE(line.size(), 100U) << line;
  for (const auto& facts : all_commands()) {
    const auto help = command_help(facts.command);
    for (const auto line : split(help, '\n')) EXPECT_LE(line.size(), 100U) << line;
    for (const auto& option : all_options()) {
      if (!option.belongs_to(facts.command) || !option.is_flag) continue;
      EXPECT_NE(help.find("--" + option.name), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace tributary::cli
