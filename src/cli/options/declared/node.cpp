#include "cli/options/declared/declarations.hpp"

namespace tributary::cli {

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
  auto& capacity = all.add(
      kAgent, "capacity", "CAPACITY", "N",
      "how many consumers this host should carry, compared with other hosts; default: the cores it may use");
  bind_number(capacity, 1, 4096, FIELD(capacity));
  capacity.show = nothing_if_zero(FIELD(capacity));
  bind_number(all.add(kConsume, "processing-batch-size", "PROCESSING_BATCH_SIZE", "N",
                      "messages of a batch, of which a commit takes up to five: low for latency, 100 to 1000 "
                      "for throughput"),
              1, 10000, FIELD(processing_batch_size));
  auto& processor = all.add(
      kConsume | kDeadRetry, "processor", "PROCESSOR", "NAME",
      "what is done with a message: stamp (adds processed=1), lua:FILE (a script's function process), "
      "plugin:FILE.so (a shared library), http://... or https://... (a service is asked); to try things out: "
      "delay:TIME, spin:TIME, flaky:PERCENT");
  bind_text(processor, FIELD(processor));
  processor.choices = {"stamp", "lua:", "plugin:", "http:", "https:", "delay:", "spin:", "flaky:"};
  bind_duration(all.add(kConsume, "processing-timeout", "PROCESSING_TIMEOUT", "TIME",
                        "most time for one message; 0: no limit"),
                "1ms", "24h", true, FIELD(processing_timeout));
  auto& retries =
      all.add(kConsume | kDeadRetry, "processing-retries", "PROCESSING_RETRIES", "N",
              "times a failed message is tried again before it is a dead letter; unlimited: it is kept "
              "and tried until it works (only processors that may wait, such as http)");
  bind_number(retries, 0, 1000, FIELD(processing_retries));
  or_unlimited(retries, FIELD(processing_retries));
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
                         "writes; at least two leases and a beat; not given, it is made so long");
  bind_duration(window, "400ms", "1h", false, FIELD(replay_window));
  note_given(window, FIELD(replay_window_given));
  bind_size(all.add(kConsume, "journal-limit", "JOURNAL_LIMIT", "SIZE", "most memory for messages received"),
            "1MiB", "1024GiB", FIELD(journal_limit));
  bind_duration(all.add(kConsume, "idle-timeout", "IDLE_TIMEOUT", "TIME",
                        "end when nothing was received for so long; 0: never"),
                "100ms", "24000h", true, FIELD(idle_timeout));
}

}  // namespace tributary::cli
