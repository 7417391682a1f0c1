#include "embed/consumer_options.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/text.hpp"
#include "observe/number_text.hpp"
#include "redis/password.hpp"
#include "redis/url.hpp"

namespace tributary::embed {
namespace {

using namespace std::chrono_literals;
using Problem = std::optional<std::string>;
using std::chrono::milliseconds;

struct NumberBounds {
  const char* name;
  std::uint64_t value, least, most;
};

struct TimeBounds {
  const char* name;
  milliseconds value, least, most;
  bool zero_is_fine;
};

Problem wrong_number(const NodeOptions& o) {
  constexpr auto kMostStream = 1'000'000'000'000ULL;
  const bool unlimited = o.processing_retries == ConsumerSettings::kUnlimited;
  for (const auto& [name, value, least, most] : {
           NumberBounds{"redis_port", o.redis.port, 1, 65535},
           NumberBounds{"redis_db", o.redis.database, 0, 2147483647},
           NumberBounds{"stream_maxlen", o.stream_maxlen, 0, kMostStream},
           NumberBounds{"dedup_limit", o.dedup_limit, 1000, 1'000'000'000},
           NumberBounds{"consumers", o.consumers, 1, 1000},
           NumberBounds{"processing_batch_size", o.processing_batch_size, 1, 10000},
           NumberBounds{"processing_retries", unlimited ? 0 : o.processing_retries, 0, 1000},
           NumberBounds{"processor_window", o.processor_window, 1, 1000},
           NumberBounds{"journal_limit", o.journal_limit, 1ULL << 20, 1ULL << 40},
       }) {
    if (value >= least && value <= most) continue;
    return std::string(name) + " must be from " + std::to_string(least) + " to " + std::to_string(most) +
           ", not " + std::to_string(value);
  }
  return std::nullopt;
}

Problem wrong_time(const NodeOptions& o) {
  using observe::format_duration;
  for (const auto& [name, value, least, most, zero_is_fine] : {
           TimeBounds{"connect_timeout", o.connect_timeout, 100ms, 24h, true},
           TimeBounds{"dedup_window", o.dedup_window, 1s, 24h, true},
           TimeBounds{"processing_timeout", o.processing_timeout, 1ms, 24h, true},
           TimeBounds{"lease", o.lease, 200ms, 10min, false},
           TimeBounds{"beat", o.beat, 20ms, 5min, false},
           TimeBounds{"replay_window", o.replay_window, 400ms, 1h, false},
           TimeBounds{"journal_sync", o.journal_sync, 10ms, 1h, true},
           TimeBounds{"journal_grace", o.journal_grace, 1s, 24h, true},
           TimeBounds{"idle_timeout", o.idle_timeout, 100ms, 24000h, true},
       }) {
    if ((value >= least && value <= most) || (zero_is_fine && value == 0ms)) continue;
    return std::string(name) + " must be from " + format_duration(least) + " to " + format_duration(most) +
           (zero_is_fine ? ", or 0" : "") + ", not " + format_duration(value);
  }
  return std::nullopt;
}

Problem wrong_text(const ConsumerSettings& s) {
  for (const auto& [name, text] :
       {std::pair{"consumers_list", &s.consumers_list}, std::pair{"id_member", &s.id_member}}) {
    if (text->empty()) return std::string(name) + " must not be empty";
  }
  if (s.redis_url.empty() && s.redis_host.empty()) return "redis_host must not be empty";
  if (auto problem = wrong_id_member(s.id_member)) return "id_member " + *problem;
  if (auto problem = wrong_order_key(s.order_key)) return "order_key " + *problem;
  return std::nullopt;
}

template <class Where>
Problem read_password(const char* name, const std::string& path, Where& where) {
  if (path.empty()) return std::nullopt;
  auto file = redis::read_password_file(path);
  if (!file) return std::string(name) + " " + file.error().message;
  where.password = std::move(file->password);
  if (file->may_be_read_again) where.password_file = path;
  return std::nullopt;
}

Problem set_server(const ConsumerSettings& s, redis::Endpoint& server) {
  server.host = s.redis_host;
  server.port = s.redis_port;
  if (!s.redis_url.empty()) {
    auto url = redis::parse_url(s.redis_url);
    if (!url) return "redis_url " + url.error().message;
    server = std::move(url->endpoint);
  }
  if (!s.redis_username.empty()) server.username = s.redis_username;
  if (!s.redis_password.empty()) server.password = s.redis_password;
  if (s.redis_db) server.database = *s.redis_db;
  server.tls = {server.tls.on || s.redis_tls,
                s.redis_ca_file,
                s.redis_ca_path,
                s.redis_cert_file,
                s.redis_key_file,
                s.redis_tls_name,
                s.redis_tls_insecure};
  server.sentinels.username = s.sentinel_username;
  server.sentinels.password = s.sentinel_password;
  if (auto problem = read_password("redis_password_file", s.redis_password_file, server)) return problem;
  return read_password("sentinel_password_file", s.sentinel_password_file, server.sentinels);
}

Problem set_inputs(const ConsumerSettings& s, NodeOptions& o) {
  o.channels_given = !s.input_channels.empty();
  if (o.channels_given) o.inputs.channels = s.input_channels;
  o.inputs.patterns = s.input_patterns;
  o.inputs.sharded = s.pubsub == ConsumerSettings::PubSub::sharded;
  if (auto problem = sort_names(o.inputs.channels)) return "input_channels " + *problem;
  if (auto problem = sort_names(o.inputs.patterns)) return "input_patterns " + *problem;
  return std::nullopt;
}

void set_rest(const ConsumerSettings& s, NodeOptions& o) {
  o.connect_timeout = s.connect_timeout;
  o.format.raw = s.format == ConsumerSettings::Format::raw;
  o.format.id_member = s.id_member == "none" ? "" : s.id_member;
  o.order_key = s.order_key;
  o.format.payload_entry = s.entry == ConsumerSettings::Entry::payload;
  o.stream_given = !s.output_stream.empty();
  if (o.stream_given) o.output_stream = s.output_stream;
  o.stream_maxlen = s.stream_maxlen;
  o.dedup_window = s.dedup_window;
  o.dedup_limit = s.dedup_limit;
  o.receipts = s.receipts;
  o.consumers = s.consumers;
  o.consumers_list = s.consumers_list;
  o.processing_batch_size = s.processing_batch_size;
  o.processor = s.processor;
  o.processor_window = s.processor_window;
  o.processing_timeout = s.processing_timeout;
  o.processing_retries = s.processing_retries;
  o.lease = s.lease;
  o.beat_given = s.beat.has_value();
  o.beat = s.beat.value_or(o.beat);
  o.replay_window_given = s.replay_window.has_value();
  o.replay_window = s.replay_window.value_or(o.replay_window);
  o.journal_limit = s.journal_limit;
  o.journal_dir = s.journal_dir;
  o.journal_sync = s.journal_sync;
  o.journal_grace = s.journal_grace;
  o.idle_timeout = s.idle_timeout;
}

}  // namespace

std::string member_of(std::string_view option) {
  std::string member(option);
  std::ranges::replace(member, '-', '_');
  if (option == "input-channel" || option == "input-pattern") member += 's';
  return member;
}

Result<NodeOptions> node_options(const ConsumerSettings& settings) {
  NodeOptions options;
  const auto problem = [&]() -> Problem {
    if (auto wrong = set_server(settings, options.redis)) return wrong;
    if (auto wrong = wrong_text(settings)) return wrong;
    if (auto wrong = set_inputs(settings, options)) return wrong;
    set_rest(settings, options);
    if (auto wrong = wrong_number(options)) return wrong;
    if (auto wrong = wrong_time(options)) return wrong;
    derive(options);
    return contradiction(options, member_of);
  }();
  if (problem) return Error{ErrorKind::usage, *problem};
  return options;
}

}  // namespace tributary::embed
