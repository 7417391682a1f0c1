#include "cli/options/declared/declarations.hpp"

namespace tributary::cli {

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
                      "stop after this many messages; without a rate as fast as possible; 0: off"),
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
  bind_number(all.add(kPublish, "keys", "", "N",
                      "give each message a member \"key\", one of so many, to try --order-key key; 0: none"),
              0, kMostPublishedKeys, FIELD(publish.keys));
  bind_text(all.add(kPublish, "ledger", "", "FILE", "record what was published, for verify --ledger"),
            FIELD(publish.ledger));
  bind_switch(
      all.add(kDemo, "tls", "", "", "reach the private server by TLS, with certificates made on the spot"),
      FIELD(demo_tls));
  bind_switch(all.add(kPublish, "keep-going", "", "",
                      "when Redis goes away, connect again and go on; nothing is published twice"),
              FIELD(publish.keep_going));
}

void declare_bench(Declarations& all) {
  all.group("Measuring");
  bind_number(all.add(kBench, "count", "", "N", "messages of each run"), 1, 100'000'000,
              FIELD(publish.count));
  bind_number(all.add(kBench, "nodes", "", "N", "nodes, each with --consumers consumers"), 1, 100,
              FIELD(bench.nodes));
  bind_number(all.add(kBench, "pairs", "", "N", "runs with tributary and with a bare bridge, by turns"), 1,
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

}  // namespace tributary::cli
