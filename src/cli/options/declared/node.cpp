#include "cli/options/declared/declarations.hpp"

namespace tributary::cli {
namespace {

using Names = std::vector<std::string>;

// Names given one by one, or as a list with commas.
std::optional<std::string> take_names(const Names& values, bool list, Names& names) {
  names.clear();
  for (const auto& value : values) {
    if (value.empty()) return "must not be empty";
    const auto parts = list ? split(value, ',') : std::vector<std::string_view>{value};
    for (const auto part : parts) {
      if (part.empty()) return "has an empty name in its list " + quoted(value);
      names.emplace_back(part);
    }
  }
  return embed::sort_names(names);
}

std::string shown(const Names& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

void declare_inputs(Declarations& all) {
  const auto channels = [&](const char* name, const char* variable, const char* value, const char* help,
                            bool list) -> Option& {
    auto& option =
        all.add(kConsume | kPublish | kLook | kVerify | kControl | kDead, name, variable, value, help);
    option.set = [list](Settings& s, const Values& values, Source) -> Problem {
      s.channels_given = true;
      return take_names(values, list, s.inputs.channels);
    };
    option.show = [](const Settings& s) { return shown(s.inputs.channels); };
    return option;
  };
  auto& one = channels("input-channel", "INPUT_CHANNEL", "NAME",
                       "channel that messages are published on; may be repeated for several", false);
  one.repeatable = true;
  one.overridden_by = {"input-channels"};
  auto& several = channels("input-channels", "INPUT_CHANNELS", "A,B", "the same as a list with commas", true);
  several.overridden_by = {"input-channel"};
  several.show = nothing;
  auto& patterns = all.add(kConsume, "input-pattern", "INPUT_PATTERNS", "GLOB",
                           "pattern of channels, such as 'orders.*'; may be repeated; the variable is a list "
                           "with commas");
  patterns.repeatable = true;
  patterns.set = [](Settings& s, const Values& values, Source source) -> Problem {
    const bool list = source == Source::environment || source == Source::own_environment;
    return take_names(values, list, s.inputs.patterns);
  };
  patterns.show = nothing;
}

void declare_pubsub(Declarations& all) {
  bind_choice(
      all.add(kConsume | kPublish | kLook | kVerify | kControl | kDead, "pubsub", "PUBSUB", "classic|sharded",
              "sharded: channels of SSUBSCRIBE and SPUBLISH, which lie in one shard of a cluster"),
      "classic", "sharded", FIELD(inputs.sharded));
}

Problem set_id_member(Settings& s, const Values& values, Source) {
  const auto& name = values[0];
  if (name.empty()) return "must not be empty; none: messages have no id";
  if (auto problem = embed::wrong_id_member(name)) return problem;
  s.format.id_member = name == "none" ? "" : name;
  return std::nullopt;
}

void declare_format(Declarations& all) {
  bind_choice(all.add(kConsume | kDeadRetry, "format", "FORMAT", "json|raw",
                      "json: messages are JSON objects; raw: any bytes"),
              "json", "raw", FIELD(format.raw));
  auto& id = all.add(kConsume | kDeadRetry, "id-member", "ID_MEMBER", "NAME",
                     "which member of a message is its id: a name, a JSON pointer such as /meta/id, or none");
  id.set = set_id_member;
  id.show = [](const Settings& s) { return s.format.id_member.empty() ? "none" : s.format.id_member; };
  auto& key = all.add(kConsume | kVerify, "order-key", "ORDER_KEY", "NAME",
                      "messages with the same are in order: a member, a JSON pointer, or channel");
  bind_text(key, FIELD(order_key));
  key.set = [set = key.set](Settings& s, const Values& values, Source source) -> Problem {
    if (auto problem = embed::wrong_order_key(values[0])) return problem;
    return set(s, values, source);
  };
  bind_choice(all.add(kConsume | kDeadRetry, "entry", "ENTRY", "members|payload",
                      "what an entry holds of a message: its members as fields, or one field payload"),
              "members", "payload", FIELD(format.payload_entry));
}

}  // namespace

void declare_messages(Declarations& all) {
  all.group("Messages");
  declare_inputs(all);
  declare_pubsub(all);
  declare_format(all);
  auto& stream =
      all.add(kConsume | kPublish | kLook | kVerify | kControl | kDead, "output-stream", "OUTPUT_STREAM",
              "NAME", "stream that messages are appended to; also names the group");
  bind_text(stream, FIELD(output_stream));
  stream.set = [set = stream.set](Settings& s, const Values& values, Source source) -> Problem {
    s.stream_given = true;
    return set(s, values, source);
  };
  bind_number(all.add(kConsume | kDeadRetry, "stream-maxlen", "STREAM_MAXLEN", "N",
                      "trim the stream to about this many entries; 0: never"),
              0, 1'000'000'000'000, FIELD(stream_maxlen));
  bind_duration(all.add(kConsume | kVerify, "dedup-window", "DEDUP_WINDOW", "TIME",
                        "append no message whose id was appended within this time, by any node; 0: off"),
                "1s", "24h", true, FIELD(dedup_window));
  bind_number(all.add(kConsume, "dedup-limit", "DEDUP_LIMIT", "N",
                      "about how many ids are kept for that; with more the window gets shorter"),
              1000, 1'000'000'000, FIELD(dedup_limit));
  bind_text(all.add(kConsume, "receipts", "RECEIPTS", "FILE",
                    "record position and id of every message received, for verify --receipts"),
            FIELD(receipts));
}

void declare_processing(Declarations& all) {
  all.group("Processing");
  bind_number(all.add(kFixed | kDemo | kBench, "consumers", "CONSUMERS_COUNT", "N", "consumers of this node"),
              1, 1000, FIELD(consumers));
  auto& capacity = all.add(
      kAgent, "capacity", "CAPACITY", "N",
      "how many consumers this host should carry, compared with other hosts; default: the cores it may use");
  bind_number(capacity, 1, 4096, FIELD(capacity));
  capacity.show = nothing_if_zero(FIELD(capacity));
  bind_number(all.add(kConsume, "processing-batch-size", "PROCESSING_BATCH_SIZE", "N",
                      "messages per batch; a commit takes up to five batches: low for latency, 100 to 1000 "
                      "for throughput"),
              1, 10000, FIELD(processing_batch_size));
  auto& processor =
      all.add(kConsume | kDeadRetry, "processor", "PROCESSOR", "NAME",
              "what to do with each message: stamp (adds processed=1), exec:COMMAND (a program of yours), "
              "http://... or https://... (a service is asked), lua:FILE (a script's function process), "
              "plugin:FILE.so (a "
              "shared library); to try things out: delay:TIME, spin:TIME, flaky:PERCENT");
  bind_text(processor, FIELD(processor));
  processor.choices = {"stamp", "exec:", "http:", "https:", "lua:", "plugin:", "delay:", "spin:", "flaky:"};
  bind_duration(all.add(kConsume, "processing-timeout", "PROCESSING_TIMEOUT", "TIME",
                        "longest time for one message; 0: no limit"),
                "1ms", "24h", true, FIELD(processing_timeout));
  auto& retries =
      all.add(kConsume | kDeadRetry, "processing-retries", "PROCESSING_RETRIES", "N",
              "times a failed message is tried again before it is a dead letter; unlimited: it is kept "
              "and tried until it works (only processors that may wait, such as http)");
  bind_number(retries, 0, 1000, FIELD(processing_retries));
  or_unlimited(retries, FIELD(processing_retries));
  bind_number(all.add(kConsume | kDeadRetry, "processor-window", "PROCESSOR_WINDOW", "N",
                      "messages of a consumer that are with the program of exec: at once"),
              1, 1000, FIELD(processor_window));
}

void declare_group(Declarations& all) {
  all.group("Group");
  bind_text(all.add(kConsume | kLook | kControl, "consumers-list", "CONSUMERS_LIST", "NAME",
                    "Redis list that holds the ids of the active consumers"),
            FIELD(consumers_list));
  bind_duration(all.add(kConsume, "lease", "LEASE", "TIME", "a node silent for this long counts as gone"),
                "200ms", "10m", false, FIELD(lease));
  auto& beat =
      all.add(kConsume, "beat", "BEAT", "TIME",
              "time between signs of life; at most half a lease; the default is lowered to a quarter");
  bind_duration(beat, "20ms", "5m", false, FIELD(beat));
  note_given(beat, FIELD(beat_given));
  auto& window = all.add(kConsume, "replay-window", "REPLAY_WINDOW", "TIME",
                         "how long messages are kept after their commit, in case Redis loses its last "
                         "writes; at least two leases and a beat, to which the default is raised");
  bind_duration(window, "400ms", "1h", false, FIELD(replay_window));
  note_given(window, FIELD(replay_window_given));
  bind_size(
      all.add(kConsume, "journal-limit", "JOURNAL_LIMIT", "SIZE", "maximum memory for received messages"),
      "1MiB", "1024GiB", FIELD(journal_limit));
  bind_text(
      all.add(kConsume, "journal-dir", "JOURNAL_DIR", "DIR",
              "keep received messages in files there too, so that nothing is lost if all nodes are killed"),
      FIELD(journal_dir));
  bind_duration(
      all.add(kConsume, "journal-sync", "JOURNAL_SYNC", "TIME",
              "write these files to the disk itself so often, for a loss of power; 0: as the system "
              "does"),
      "10ms", "1h", true, FIELD(journal_sync));
  bind_duration(all.add(kConsume, "journal-grace", "JOURNAL_GRACE", "TIME",
                        "how long the group waits for the journal of a node that died"),
                "1s", "24h", true, FIELD(journal_grace));
  bind_duration(all.add(kConsume, "idle-timeout", "IDLE_TIMEOUT", "TIME",
                        "end when nothing was received for this long; 0: never"),
                "100ms", "24000h", true, FIELD(idle_timeout));
}

}  // namespace tributary::cli
