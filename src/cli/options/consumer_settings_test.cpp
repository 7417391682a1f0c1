// That a consumer in somebody's program goes by the same settings as `tributary consume`.
#include <gtest/gtest.h>

#include <functional>

#include "cli/options/parse.hpp"
#include "embed/consumer_options.hpp"

namespace tributary::cli {
namespace {

using namespace std::chrono_literals;

Result<Request> consume(std::vector<std::string> flags) {
  flags.insert(flags.begin(), "consume");
  return parse(flags, [](const std::string&) { return std::nullopt; });
}

TEST(ConsumerSettings, HaveTheDefaultsOfTheCommandLine) {
  const auto request = consume({});
  ASSERT_TRUE(request);
  const embed::NodeOptions theirs = std::get<Invocation>(request.value()).settings();
  const auto options = embed::node_options({});
  ASSERT_TRUE(options);
  const auto& ours = options.value();
  EXPECT_EQ(ours.redis.display(), theirs.redis.display());
  EXPECT_EQ(ours.redis.database, theirs.redis.database);
  EXPECT_EQ(ours.connect_timeout, theirs.connect_timeout);
  EXPECT_EQ(ours.inputs.channels, theirs.inputs.channels);
  EXPECT_EQ(ours.inputs.patterns, theirs.inputs.patterns);
  EXPECT_EQ(ours.format.raw, theirs.format.raw);
  EXPECT_EQ(ours.format.id_member, theirs.format.id_member);
  EXPECT_EQ(ours.format.payload_entry, theirs.format.payload_entry);
  EXPECT_EQ(ours.format.channel, theirs.format.channel);
  EXPECT_EQ(ours.output_stream, theirs.output_stream);
  EXPECT_EQ(ours.stream_maxlen, theirs.stream_maxlen);
  EXPECT_EQ(ours.dedup_window, theirs.dedup_window);
  EXPECT_EQ(ours.dedup_limit, theirs.dedup_limit);
  EXPECT_EQ(ours.receipts, theirs.receipts);
  EXPECT_EQ(ours.consumers, theirs.consumers);
  EXPECT_EQ(ours.consumers_list, theirs.consumers_list);
  EXPECT_EQ(ours.processing_batch_size, theirs.processing_batch_size);
  EXPECT_EQ(ours.processor, theirs.processor);
  EXPECT_EQ(ours.processor_window, theirs.processor_window);
  EXPECT_EQ(ours.processing_timeout, theirs.processing_timeout);
  EXPECT_EQ(ours.processing_retries, theirs.processing_retries);
  EXPECT_EQ(ours.lease, theirs.lease);
  EXPECT_EQ(ours.beat, theirs.beat);
  EXPECT_EQ(ours.replay_window, theirs.replay_window);
  EXPECT_EQ(ours.journal_limit, theirs.journal_limit);
  EXPECT_EQ(ours.journal_dir, theirs.journal_dir);
  EXPECT_EQ(ours.journal_sync, theirs.journal_sync);
  EXPECT_EQ(ours.journal_grace, theirs.journal_grace);
  EXPECT_EQ(ours.idle_timeout, theirs.idle_timeout);
}

struct Case {
  const char* flag;
  const char* value;
  std::function<void(ConsumerSettings&)> set;
};

TEST(ConsumerSettings, HaveTheBoundsOfTheCommandLine) {
  const std::vector<Case> cases = {
      {"redis-port", "0", [](auto& s) { s.redis_port = 0; }},
      {"redis-db", "2147483647", [](auto& s) { s.redis_db = 2147483647; }},
      {"redis-db", "2147483648", [](auto& s) { s.redis_db = 2147483648; }},
      {"redis-url", "http://x", [](auto& s) { s.redis_url = "http://x"; }},
      {"connect-timeout", "100ms", [](auto& s) { s.connect_timeout = 100ms; }},
      {"connect-timeout", "99ms", [](auto& s) { s.connect_timeout = 99ms; }},
      {"input-channel", "", [](auto& s) { s.input_channels = {""}; }},
      {"input-pattern", "*", [](auto& s) { s.input_patterns = {"*"}; }},
      {"input-pattern", "orders.*", [](auto& s) { s.input_patterns = {"orders.*"}; }},
      {"pubsub", "sharded", [](auto& s) { s.pubsub = ConsumerSettings::PubSub::sharded; }},
      {"id-member", "/", [](auto& s) { s.id_member = "/"; }},
      {"order-key", "/a~2", [](auto& s) { s.order_key = "/a~2"; }},
      {"order-key", "/a~1b", [](auto& s) { s.order_key = "/a~1b"; }},
      {"order-key", "channel", [](auto& s) { s.order_key = "channel"; }},
      {"id-member", "none", [](auto& s) { s.id_member = "none"; }},
      {"output-stream", "consumer:ids", [](auto& s) { s.output_stream = "consumer:ids"; }},
      {"stream-maxlen", "1000000000000", [](auto& s) { s.stream_maxlen = 1000000000000; }},
      {"stream-maxlen", "1000000000001", [](auto& s) { s.stream_maxlen = 1000000000001; }},
      {"dedup-window", "999ms", [](auto& s) { s.dedup_window = 999ms; }},
      {"dedup-window", "1s", [](auto& s) { s.dedup_window = 1s; }},
      {"dedup-window", "24h", [](auto& s) { s.dedup_window = 24h; }},
      {"dedup-window", "25h", [](auto& s) { s.dedup_window = 25h; }},
      {"dedup-limit", "999", [](auto& s) { s.dedup_limit = 999; }},
      {"dedup-limit", "1000000001", [](auto& s) { s.dedup_limit = 1000000001; }},
      {"consumers", "0", [](auto& s) { s.consumers = 0; }},
      {"consumers", "1000", [](auto& s) { s.consumers = 1000; }},
      {"consumers", "1001", [](auto& s) { s.consumers = 1001; }},
      {"processing-batch-size", "0", [](auto& s) { s.processing_batch_size = 0; }},
      {"processing-batch-size", "10000", [](auto& s) { s.processing_batch_size = 10000; }},
      {"processing-batch-size", "10001", [](auto& s) { s.processing_batch_size = 10001; }},
      {"processor-window", "1000", [](auto& s) { s.processor_window = 1000; }},
      {"processor-window", "1001", [](auto& s) { s.processor_window = 1001; }},
      {"processing-timeout", "24h", [](auto& s) { s.processing_timeout = 24h; }},
      {"processing-timeout", "25h", [](auto& s) { s.processing_timeout = 25h; }},
      {"processing-retries", "1000", [](auto& s) { s.processing_retries = 1000; }},
      {"processing-retries", "1001", [](auto& s) { s.processing_retries = 1001; }},
      {"processing-retries", "unlimited", [](auto& s) { s.processing_retries = s.kUnlimited; }},
      {"lease", "200ms", [](auto& s) { s.lease = 200ms; }},
      {"lease", "199ms", [](auto& s) { s.lease = 199ms; }},
      {"lease", "10m", [](auto& s) { s.lease = 10min; }},
      {"lease", "601s", [](auto& s) { s.lease = 601s; }},
      {"beat", "20ms", [](auto& s) { s.beat = 20ms; }},
      {"beat", "19ms", [](auto& s) { s.beat = 19ms; }},
      {"beat", "1001ms", [](auto& s) { s.beat = 1001ms; }},
      {"replay-window", "4499ms", [](auto& s) { s.replay_window = 4499ms; }},
      {"replay-window", "4500ms", [](auto& s) { s.replay_window = 4500ms; }},
      {"replay-window", "61m", [](auto& s) { s.replay_window = 61min; }},
      {"journal-limit", "1MiB", [](auto& s) { s.journal_limit = 1 << 20; }},
      {"journal-limit", "1048575", [](auto& s) { s.journal_limit = (1 << 20) - 1; }},
      {"journal-limit", "1025GiB", [](auto& s) { s.journal_limit = 1025ULL << 30; }},
      {"journal-sync", "10ms", [](auto& s) { s.journal_sync = 10ms; }},
      {"journal-sync", "9ms", [](auto& s) { s.journal_sync = 9ms; }},
      {"journal-grace", "24h", [](auto& s) { s.journal_grace = 24h; }},
      {"journal-grace", "25h", [](auto& s) { s.journal_grace = 25h; }},
      {"idle-timeout", "99ms", [](auto& s) { s.idle_timeout = 99ms; }},
  };
  for (const auto& [flag, value, set] : cases) {
    ConsumerSettings settings;
    set(settings);
    const auto request = consume({std::string("--") + flag, value});
    const auto options = embed::node_options(settings);
    EXPECT_EQ(options.ok(), request.ok()) << flag << " " << value;
    if (options.ok()) continue;
    EXPECT_EQ(options.error().kind, ErrorKind::usage);
    EXPECT_EQ(options.error().message.find("--"), std::string::npos) << options.error().message;
  }
}

TEST(ConsumerSettings, ErrorsNameTheMembers) {
  ConsumerSettings settings;
  settings.beat = 1500ms;
  EXPECT_EQ(embed::node_options(settings).error().message,
            "beat 1500ms is more than half of lease 2s: one late beat would count as a death");
  settings = {};
  settings.input_channels = {"orders.a"};
  settings.input_patterns = {"orders.*"};
  EXPECT_EQ(embed::node_options(settings).error().message,
            "input_channels \"orders.a\" is among what input_patterns \"orders.*\" matches; leave it away");
  settings = {};
  settings.lease = 100ms;
  EXPECT_EQ(embed::node_options(settings).error().message, "lease must be from 200ms to 600s, not 100ms");
}

TEST(ConsumerSettings, SingleOnesWinOverTheUrl) {
  ConsumerSettings settings;
  settings.redis_url = "redis://joe:first@example.org:7000/3";
  auto options = embed::node_options(settings);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->redis.display(), "example.org:7000");
  EXPECT_EQ(options->redis.username, "joe");
  EXPECT_EQ(options->redis.password, "first");
  EXPECT_EQ(options->redis.database, 3U);
  settings.redis_password = "second";
  settings.redis_db = 0;
  options = embed::node_options(settings);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->redis.username, "joe");
  EXPECT_EQ(options->redis.password, "second");
  EXPECT_EQ(options->redis.database, 0U);
}

}  // namespace
}  // namespace tributary::cli
