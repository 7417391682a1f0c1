#include "cli/options/options.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>

#include "cli/group/entry_id.hpp"
#include "cli/options/option_kinds.hpp"
#include "cli/publish/publish_payload.hpp"
#include "core/plan/desired.hpp"
#include "redis/url.hpp"

namespace tributary::cli {
namespace {

constexpr unsigned bit(Command command) { return static_cast<unsigned>(command); }
constexpr unsigned kAgent = bit(Command::agent);
constexpr unsigned kFixed = bit(Command::consume);
constexpr unsigned kConsume = kFixed | kAgent;  // whatever runs a node
constexpr unsigned kScale = bit(Command::scale);
constexpr unsigned kStop = bit(Command::stop);
constexpr unsigned kControl = kScale | bit(Command::pause) | bit(Command::resume) | kStop;
constexpr unsigned kPublish = bit(Command::publish);
constexpr unsigned kStatus = bit(Command::status);
constexpr unsigned kVerify = bit(Command::verify);
constexpr unsigned kDemo = bit(Command::demo);
constexpr unsigned kDeadList = bit(Command::dead_list);
constexpr unsigned kDeadShow = bit(Command::dead_show);
constexpr unsigned kDeadRetry = bit(Command::dead_retry);
constexpr unsigned kDeadDrop = bit(Command::dead_drop);
constexpr unsigned kDeadMany = kDeadList | kDeadRetry | kDeadDrop;
constexpr unsigned kDead = kDeadMany | kDeadShow;
constexpr unsigned kBench = bit(Command::bench);
constexpr unsigned kServer =
    kConsume | kPublish | kStatus | kVerify | kControl | kDead | kBench;  // those that are told a server
constexpr unsigned kAll = kServer | kDemo;

constexpr std::size_t kMaxPasswordBytes = 4096;

// Shorthand for the field of Settings that an option is bound to.
#define FIELD(path) \
  [](auto& s) -> auto& { return s.path; }

/// Collects the declarations; `group` heads all that follow it.
class Declarations {
 public:
  void group(std::string name) { group_ = std::move(name); }
  Option& add(unsigned commands, std::string name, std::string environment, std::string value_name,
              std::string help) {
    auto& option = options_.emplace_back();
    option.name = std::move(name);
    option.environment = std::move(environment);
    option.group = group_;
    option.value_name = std::move(value_name);
    option.help = std::move(help);
    option.commands = commands;
    return option;
  }
  std::vector<Option> take() { return std::move(options_); }

 private:
  std::string group_;
  std::vector<Option> options_;
};

// Remembers that somebody set the option.
template <class Field>
void note_given(Option& option, Field given) {
  option.set = [set = option.set, given](Settings& settings, const Values& values, Source source) {
    given(settings) = true;
    return set(settings, values, source);
  };
}

Problem set_url(Settings& settings, const Values& values, Source source) {
  const auto url = redis::parse_url(values[0]);
  if (!url) return url.error().message;
  const auto& told = url.value();
  if (told.has_password && source == Source::flag) {
    return "must not hold a password: every user of this host can read arguments; set REDIS_URL or "
           "REDIS_PASSWORD in "
           "the environment, or use --redis-password-file";
  }
  settings.redis.host = told.endpoint.host;
  settings.redis.port = told.endpoint.port;
  settings.redis.unix_socket = told.endpoint.unix_socket;
  if (told.has_username) settings.redis.username = told.endpoint.username;
  if (told.has_password) settings.redis.password = told.endpoint.password;
  if (told.has_database) settings.redis.database = told.endpoint.database;
  return std::nullopt;
}

Problem set_host(Settings& settings, const Values& values, Source) {
  if (values[0].empty()) return "must not be empty";
  if (values[0].find("://") != std::string::npos)
    return "must be a host name or address; for a URL use --redis-url";
  settings.redis.host = values[0];
  settings.redis.unix_socket.clear();  // a host told here wins over a socket told by a weaker source
  return std::nullopt;
}

Problem set_password(Settings& settings, const Values& values, Source) {
  settings.redis.password = values[0];
  return std::nullopt;
}

Problem set_password_file(Settings& settings, const Values& values, Source) {
  std::ifstream file(values[0], std::ios::binary);
  std::string password(kMaxPasswordBytes + 1, '\0');
  file.read(password.data(), static_cast<std::streamsize>(password.size()));
  if (!file.is_open() || file.bad()) return "cannot be read: " + values[0];
  password.resize(static_cast<std::size_t>(file.gcount()));
  if (password.size() > kMaxPasswordBytes) return "holds more than a password: " + values[0];
  while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
  if (password.empty()) return "is empty: " + values[0];
  settings.redis.password = password;
  return std::nullopt;
}

constexpr std::array<std::string_view, 5> kLevelNames{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};

Problem set_log_level(Settings& settings, const Values& values, Source) {
  std::string name = values[0];
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const auto level = std::find(kLevelNames.begin(), kLevelNames.end(), name);
  if (level == kLevelNames.end())
    return "must be DEBUG, INFO, WARNING, ERROR or CRITICAL, not " + quoted(values[0]);
  settings.log_level = static_cast<LogLevel>(std::distance(kLevelNames.begin(), level));
  return std::nullopt;
}

std::string nothing(const Settings&) { return {}; }

/// Of numbers that say by 0 that they were not given.
template <class Field>
std::function<std::string(const Settings&)> nothing_if_zero(Field field) {
  return [field](const Settings& s) { return field(s) == 0 ? std::string() : std::to_string(field(s)); };
}

void declare_redis(Declarations& all) {
  all.group("Redis");
  auto& url = all.add(kServer, "redis-url", "REDIS_URL", "URL",
                      "the server as one URL: redis://host:port/db or unix:///path/to.sock?db=0");
  url.set = set_url;
  url.show = nothing;
  auto& host = all.add(kServer, "redis-host", "REDIS_HOST", "HOST", "host name or address");
  host.set = set_host;
  host.show = [](const Settings& s) { return s.redis.host; };
  bind_number(all.add(kServer, "redis-port", "REDIS_PORT", "N", "port"), 1, 65535, FIELD(redis.port));
  bind_number(all.add(kServer, "redis-db", "REDIS_DB", "N", "database"), 0, 2147483647,
              FIELD(redis.database));
  bind_text(all.add(kServer, "redis-username", "REDIS_USERNAME", "NAME",
                    "user name, if the server has several users"),
            FIELD(redis.username));
  auto& password =
      all.add(kServer, "redis-password", "REDIS_PASSWORD", "PASSWORD",
              "password; only by environment or file, because everybody on a host can read arguments");
  password.is_flag = false;
  password.set = set_password;
  password.show = nothing;
  auto& password_file = all.add(kServer, "redis-password-file", "REDIS_PASSWORD_FILE", "FILE",
                                "file that holds the password and nothing else");
  password_file.set = set_password_file;
  password_file.show = nothing;
  bind_duration(all.add(kConsume, "connect-timeout", "CONNECT_TIMEOUT", "TIME",
                        "give up when the server cannot be reached for so long at start; 0: wait for ever"),
                "100ms", "24h", true, FIELD(connect_timeout));
}

void declare_messages(Declarations& all) {
  all.group("Messages");
  bind_text(all.add(kConsume | kPublish | kStatus, "input-channel", "INPUT_CHANNEL", "NAME",
                    "channel that messages are published on"),
            FIELD(input_channel));
  bind_text(all.add(kConsume | kStatus | kVerify | kControl | kDead, "output-stream", "OUTPUT_STREAM", "NAME",
                    "stream that messages are appended to; also names the group"),
            FIELD(output_stream));
  bind_number(all.add(kConsume | kDeadRetry, "stream-maxlen", "STREAM_MAXLEN", "N",
                      "trim the stream to about so many entries; 0: never"),
              0, 1'000'000'000'000, FIELD(stream_maxlen));
  bind_text(all.add(kConsume, "receipts", "RECEIPTS", "FILE",
                    "record position and id of every message received, for verify --receipts"),
            FIELD(receipts));
}

void declare_processing(Declarations& all) {
  all.group("Processing");
  bind_number(all.add(kFixed | kDemo | kBench, "consumers", "CONSUMERS_COUNT", "N", "consumers of this node"),
              1, 1000, FIELD(consumers));
  auto& capacity =
      all.add(kAgent, "capacity", "CAPACITY", "N",
              "how many consumers this host should carry, compared with other hosts; default: its cores");
  bind_number(capacity, 1, 4096, FIELD(capacity));
  capacity.show = nothing_if_zero(FIELD(capacity));
  bind_number(all.add(kConsume, "processing-batch-size", "PROCESSING_BATCH_SIZE", "N",
                      "messages of a batch, of which a commit takes up to five: low for latency, 100 to 1000 "
                      "for throughput"),
              1, 10000, FIELD(processing_batch_size));
  auto& processor = all.add(
      kConsume | kDeadRetry, "processor", "PROCESSOR", "NAME",
      "what is done with a message: stamp (adds processed=1); to try things out: delay:TIME, spin:TIME, "
      "flaky:PERCENT");
  bind_text(processor, FIELD(processor));
  processor.choices = {"stamp", "delay:", "spin:", "flaky:"};
  bind_duration(all.add(kConsume, "processing-timeout", "PROCESSING_TIMEOUT", "TIME",
                        "most time for one message; 0: no limit"),
                "1ms", "24h", true, FIELD(processing_timeout));
  bind_number(all.add(kConsume | kDeadRetry, "processing-retries", "PROCESSING_RETRIES", "N",
                      "times a failed message is tried again before it is a dead letter"),
              0, 1000, FIELD(processing_retries));
}

void declare_group(Declarations& all) {
  all.group("Group");
  bind_text(all.add(kConsume | kStatus | kControl, "consumers-list", "CONSUMERS_LIST", "NAME",
                    "Redis list that holds the ids of the active consumers"),
            FIELD(consumers_list));
  bind_duration(all.add(kConsume, "lease", "LEASE", "TIME", "a node silent for so long is taken to be gone"),
                "200ms", "10m", false, FIELD(lease));
  auto& beat = all.add(kConsume, "beat", "BEAT", "TIME",
                       "time between signs of life; at most half a lease; not given, at most a quarter");
  bind_duration(beat, "20ms", "5m", false, FIELD(beat));
  note_given(beat, FIELD(beat_given));
  auto& window = all.add(kConsume, "replay-window", "REPLAY_WINDOW", "TIME",
                         "how long messages are kept after their commit, in case Redis loses its last "
                         "writes; at least two leases "
                         "and a beat; not given, it is made so long");
  bind_duration(window, "400ms", "1h", false, FIELD(replay_window));
  note_given(window, FIELD(replay_window_given));
  bind_size(all.add(kConsume, "journal-limit", "JOURNAL_LIMIT", "SIZE", "most memory for messages received"),
            "1MiB", "1024GiB", FIELD(journal_limit));
  bind_duration(all.add(kConsume, "idle-timeout", "IDLE_TIMEOUT", "TIME",
                        "end when nothing was received for so long; 0: never"),
                "100ms", "24000h", true, FIELD(idle_timeout));
}

void declare_control(Declarations& all) {
  all.group("Change");
  auto& minimum = all.add(kScale, "minimum", "", "N", "with auto: never fewer consumers than this");
  bind_number(minimum, 1, plan::kMostConsumers, FIELD(control.minimum));
  minimum.show = nothing_if_zero(FIELD(control.minimum));
  auto& maximum = all.add(kScale, "maximum", "", "N", "with auto: never more consumers than this");
  bind_number(maximum, 1, plan::kMostConsumers, FIELD(control.maximum));
  maximum.show = nothing_if_zero(FIELD(control.maximum));
  bind_switch(all.add(kStop, "now", "", "",
                      "without draining: what no remaining node can append goes to the loss ledger"),
              FIELD(control.now));
  auto& revision = all.add(kControl, "if-revision", "", "N",
                           "change only if the desired state has this revision (status shows it)");
  revision.set = [](Settings& s, const Values& values, Source) -> Problem {
    s.control.if_revision = to_number(values[0]);
    if (s.control.if_revision) return std::nullopt;
    return "must be a whole number, not " + quoted(values[0]);
  };
  revision.show = [](const Settings& s) {
    return s.control.if_revision ? std::to_string(*s.control.if_revision) : "";
  };
  bind_duration(all.add(kControl, "wait", "", "TIME",
                        "wait at most so long until the group shows the change; 0: do not wait"),
                "1ms", "24h", true, FIELD(control.wait));
}

std::string not_an_id(std::string_view text) {
  return "must be an id such as 1795446663144-0, or several with commas between, not " + quoted(text);
}

Problem set_ids(Settings& settings, const Values& values, Source) {
  settings.dead.ids.clear();
  for (const auto& value : values) {
    for (const auto part : split(value, ',')) {
      const auto id = parse_entry_id(part);
      if (!id) return not_an_id(part);
      settings.dead.ids.push_back(id->text());
    }
    if (value.empty()) return not_an_id(value);
  }
  return std::nullopt;
}

void declare_dead_letters(Declarations& all) {
  all.group("Which dead letters");
  auto& ids = all.add(kDeadMany, "id", "", "ID[,ID...]", "those with these ids; may be repeated");
  ids.repeatable = true;
  ids.set = set_ids;
  ids.show = nothing;
  bind_text(all.add(kDeadMany, "reason", "", "TEXT", "those whose reason has this in it"),
            FIELD(dead.reason));
  const auto nothing_if_none = [](auto field) {
    return [field](const Settings& s) {
      return field(s).count() == 0 ? std::string() : format_duration(field(s));
    };
  };
  auto& older = all.add(kDeadMany, "older-than", "", "TIME", "those that became one longer ago; 0: any");
  bind_duration(older, "1ms", "24000h", true, FIELD(dead.older_than));
  older.show = nothing_if_none(FIELD(dead.older_than));
  auto& newer =
      all.add(kDeadMany, "newer-than", "", "TIME", "those that became one in the last such time; 0: any");
  bind_duration(newer, "1ms", "24000h", true, FIELD(dead.newer_than));
  newer.show = nothing_if_none(FIELD(dead.newer_than));
  bind_number(all.add(kDeadMany, "limit", "", "N", "of those the oldest N; 0: all"), 0, 1'000'000'000'000,
              FIELD(dead.limit));
  bind_switch(all.add(kDeadRetry | kDeadDrop, "all", "", "", "every dead letter, instead of a filter"),
              FIELD(dead.all));
  all.group("How");
  bind_switch(all.add(kDeadDrop | kBench, "yes", "", "", "do not ask first"), FIELD(yes));
  bind_switch(
      all.add(kDeadShow, "raw", "", "", "write the payload's bytes as they were published, nothing else"),
      FIELD(dead.raw));
}

void declare_publishing(Declarations& all) {
  all.group("Publishing");
  auto& duration = all.add(kPublish | kDemo, "duration", "TARGET_DURATION", "TIME", "how long to publish");
  bind_duration(duration, "100ms", "24000h", false, FIELD(publish.duration));
  note_given(duration, FIELD(publish.duration_given));
  bind_number(all.add(kPublish, "batch-size", "BATCH_SIZE", "N",
                      "messages in a batch; batches have random pauses of 0.1 to 0.5 s between them"),
              1, 1'000'000, FIELD(publish.batch_size));
  bind_number(all.add(kPublish | kDemo, "rate", "", "N",
                      "messages per second, evenly, instead of batches with pauses; 0: off"),
              0, 10'000'000, FIELD(publish.rate));
  bind_number(all.add(kPublish, "count", "", "N",
                      "stop after so many messages; without a rate as fast as they go; 0: off"),
              0, 1'000'000'000'000, FIELD(publish.count));
  auto& size = all.add(kPublish | kBench, "size", "", "SIZE", "");
  size.help = "bytes of each payload, filled up with a member \"data\"; 0: only the id";
  bind_size(size, "0", "512MiB", FIELD(publish.payload_size));
  size.set = [set = size.set](Settings& s, const Values& values, Source source) -> Problem {
    if (auto problem = set(s, values, source)) return problem;
    if (s.publish.payload_size == 0 || s.publish.payload_size >= kLeastPaddedPayload) return std::nullopt;
    return "must be 0 or at least " + std::to_string(kLeastPaddedPayload) +
           " bytes, which is what the id takes";
  };
  bind_text(all.add(kPublish, "ledger", "", "FILE", "record what was published, for verify --ledger"),
            FIELD(publish.ledger));
  bind_switch(all.add(kPublish, "keep-going", "", "",
                      "when Redis goes away, connect again and go on; nothing is published twice"),
              FIELD(publish.keep_going));
}

void declare_bench(Declarations& all) {
  all.group("Measuring");
  bind_number(all.add(kBench, "count", "", "N", "messages of each take"), 1, 100'000'000,
              FIELD(publish.count));
  bind_number(all.add(kBench, "nodes", "", "N", "nodes, each with so many consumers"), 1, 100,
              FIELD(bench.nodes));
  bind_number(all.add(kBench, "pairs", "", "N", "takes with tributary and with a bare bridge, by turns"), 1,
              1000, FIELD(bench.pairs));
}

void declare_auditing(Declarations& all) {
  all.group("Audit");
  bind_list(all.add(kVerify, "ledger", "", "FILE", "what was published (publish --ledger); may be repeated"),
            FIELD(verify.ledgers));
  bind_list(
      all.add(
          kVerify, "receipts", "", "FILE",
          "what a node received (consume --receipts); may be repeated; then missing means: received and not "
          "in the stream"),
      FIELD(verify.receipts));
  bind_switch(all.add(kVerify, "order", "", "", "fail if positions of one view are not in ascending order"),
              FIELD(verify.order));
  bind_switch(
      all.add(kVerify, "allow-unexpected", "", "", "do not fail for entries that the files do not know"),
      FIELD(verify.allow_unexpected));
}

void declare_output(Declarations& all) {
  all.group("Monitoring and output");
  bind_duration(all.add(kConsume | kStatus | kDemo, "monitoring-interval", "MONITORING_INTERVAL", "TIME",
                        "time between monitor lines, or between looks of status --watch"),
                "100ms", "24h", false, FIELD(monitoring_interval));
  auto& level = all.add(kAll, "log-level", "LOGLEVEL", "LEVEL", "DEBUG, INFO, WARNING, ERROR or CRITICAL");
  level.set = set_log_level;
  level.choices.assign(kLevelNames.begin(), kLevelNames.end());
  level.show = [](const Settings& s) {
    return std::string(kLevelNames[static_cast<std::size_t>(s.log_level)]);
  };
  bind_switch(all.add(kPublish | kStatus | kVerify | kDeadList | kDeadShow | kBench, "json", "", "",
                      "print the result as one JSON object"),
              FIELD(json));
  bind_switch(all.add(kStatus, "watch", "", "",
                      "show it again and again, on the whole screen of a terminal; q ends it"),
              FIELD(watch));
}

#undef FIELD

std::optional<std::string> wrong_target(const ControlSettings& control) {
  if (control.target.empty()) return "scale needs a number of consumers, or auto: tributary scale 12";
  if (control.target != "auto") {
    const auto number = to_number(control.target);
    if (!number || *number > plan::kMostConsumers) {
      return "scale: the number of consumers must be a whole number from 0 to " +
             std::to_string(plan::kMostConsumers) + ", or auto, not " + quoted(control.target);
    }
    if (control.minimum + control.maximum > 0) {
      return "--minimum and --maximum are the bounds of auto: tributary scale auto --minimum 2 --maximum 20";
    }
  }
  if (control.maximum > 0 && control.minimum > control.maximum) {
    return "--minimum " + std::to_string(control.minimum) + " is above --maximum " +
           std::to_string(control.maximum);
  }
  return std::nullopt;
}

std::optional<std::string> wrong_choice_of_letters(const DeadSettings& dead, Command command) {
  if (dead.all && dead.filtered()) {
    return "--all means every dead letter: leave it away, or --id, --reason, --older-than and --newer-than";
  }
  if (dead.older_than.count() > 0 && dead.newer_than.count() > 0 && dead.newer_than <= dead.older_than) {
    return "no dead letter is older than " + format_duration(dead.older_than) + " and newer than " +
           format_duration(dead.newer_than);
  }
  if ((command == Command::dead_retry || command == Command::dead_drop) && !dead.all && !dead.filtered()) {
    return std::string(name_of(command)) +
           " must be told which: --id, --reason, --older-than or --newer-than, or --all";
  }
  return std::nullopt;
}

std::optional<std::string> wrong_show(const Settings& s) {
  if (s.dead.ids.empty()) return "dead show needs an id: tributary dead show 1795446663144-0";
  if (s.dead.raw && s.json) return "--raw and --json: choose one";
  return std::nullopt;
}

std::vector<Option> declare() {
  Declarations all;
  declare_publishing(all);
  declare_control(all);
  declare_dead_letters(all);
  declare_bench(all);
  declare_auditing(all);
  declare_redis(all);
  declare_messages(all);
  declare_processing(all);
  declare_group(all);
  declare_output(all);
  return all.take();
}

}  // namespace

const std::vector<Option>& all_options() {
  static const std::vector<Option> options = declare();
  return options;
}

const std::vector<CommandFacts>& all_commands() {
  static const std::vector<CommandFacts> commands{
      {Command::consume, "consume", "Run a node: subscribe to the channel, process, append to the stream."},
      {Command::agent, "agent", "Run a node whose number of consumers the group decides; one per host."},
      {Command::publish, "publish", "Publish test messages."},
      {Command::status, "status", "Show the group at a glance."},
      {Command::scale, "scale", "Set the number of consumers of the whole group, or leave it to the load.",
       "N|auto", "consumers of the whole group, 0 to 100000, or auto: as many as the load needs"},
      {Command::pause, "pause", "Hold the whole group: messages are received and kept, not processed."},
      {Command::resume, "resume", "Let a paused group go on, or a stopped one be started again."},
      {Command::stop, "stop", "End every node of the group, wherever it runs."},
      {Command::dead_list,
       "dead list",
       "List the messages that could not be processed, and count them by reason.",
       {},
       {},
       "  tributary dead list --newer-than 1h\n"
       "  tributary dead list --reason 'not valid JSON' --limit 20 --json\n"},
      {Command::dead_show, "dead show", "Show one dead letter whole.", "ID",
       "id of the dead letter, as dead list shows it",
       "  tributary dead show 1795446663144-0\n"
       "  tributary dead show 1795446663144-0 --raw > payload\n"},
      {Command::dead_retry,
       "dead retry",
       "Process dead letters again, here, and move those that succeed to the output stream.",
       {},
       {},
       "  tributary dead retry --reason 'failed after' --newer-than 1h\n"
       "  tributary dead retry --id 1795446663144-0,1795446663144-1\n"
       "  tributary dead retry --all --processor stamp\n"},
      {Command::dead_drop,
       "dead drop",
       "Delete dead letters.",
       {},
       {},
       "  tributary dead drop --older-than 168h\n"
       "  tributary dead drop --reason 'not valid JSON' --yes\n"},
      {Command::verify, "verify", "Audit the stream: lost, duplicated, out of order?"},
      {Command::bench, "bench", "Measure how fast it is at your server, next to a bare bridge."},
      {Command::demo, "demo", "Show it all on this machine, with a private redis-server."},
  };
  return commands;
}

std::string_view family_of(const CommandFacts& facts) {
  const auto blank = facts.name.find(' ');
  return blank == std::string_view::npos ? std::string_view() : facts.name.substr(0, blank);
}

std::string_view name_of(Command command) {
  for (const auto& facts : all_commands()) {
    if (facts.command == command) return facts.name;
  }
  return {};
}

Settings default_settings(Command command) {
  Settings settings;
  if (command == Command::demo) {
    settings.publish.duration = std::chrono::seconds(20);
    settings.publish.rate = 5000;
    settings.monitoring_interval = std::chrono::seconds(1);
  }
  if (command == Command::dead_list) settings.dead.limit = 100;
  if (command == Command::bench) settings.publish.count = 200'000;
  if (command == Command::status) settings.monitoring_interval = std::chrono::seconds(1);
  return settings;
}

void derive(Settings& s) {
  using std::chrono::milliseconds;
  if (!s.beat_given) s.beat = std::min(s.beat, std::max(s.lease / 4, milliseconds(20)));
  if (!s.replay_window_given) s.replay_window = std::max(s.replay_window, s.lease * 2 + s.beat);
}

std::optional<std::string> contradiction(const Settings& s, Command command) {
  if (command == Command::consume || command == Command::agent) {
    if (s.beat * 2 > s.lease) {
      return "--beat " + format_duration(s.beat) + " is more than half of --lease " +
             format_duration(s.lease) + ": one late beat would count as a death";
    }
    if (s.replay_window < s.lease * 2 + s.beat) {
      return "--replay-window " + format_duration(s.replay_window) +
             " is too short: it must be at least two leases and a "
             "beat, here " +
             format_duration(s.lease * 2 + s.beat);
    }
    for (const auto& stream : {s.output_stream, s.dead_letter_stream()}) {
      if (s.consumers_list == stream)
        return "--consumers-list and the output need different names, not both " + quoted(stream);
    }
  }
  if (command == Command::scale) return wrong_target(s.control);
  if (command == Command::dead_show) return wrong_show(s);
  if ((bit(command) & kDeadMany) != 0) return wrong_choice_of_letters(s.dead, command);
  if (command == Command::verify && s.verify.ledgers.empty() && s.verify.receipts.empty()) {
    return "nothing to compare with: give --ledger FILE (from publish) or --receipts FILE (from consume)";
  }
  return std::nullopt;
}

}  // namespace tributary::cli
