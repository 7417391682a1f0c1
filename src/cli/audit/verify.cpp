#include <fmt/format.h>

#include "cli/audit/audit.hpp"
#include "cli/audit/entry_key.hpp"
#include "cli/commands.hpp"
#include "cli/group/group_reader.hpp"
#include "cli/group/stream_reader.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/terminal/json_text.hpp"
#include "cli/terminal/logging.hpp"
#include "cli/terminal/output.hpp"
#include "cli/terminal/progress.hpp"
#include "core/base/text.hpp"
#include "redis/group_keys.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {
namespace {

/// The audit with what only the server tells.
struct Findings {
  AuditReport audit;
  std::uint64_t trimmed = 0;          ///< entries no longer in the output stream
  std::uint64_t dead_removed = 0;     ///< dead letters no longer there: retried or dropped
  std::uint64_t losses_declared = 0;  ///< lines in the group's own ledger of losses
  bool lacks_keys = false;            ///< keys were looked for, and no entry has one
  std::vector<std::string> missing_examples;

  std::uint64_t duplicated() const { return std::max(audit.duplicated_ids, audit.duplicated_positions); }
  bool passes(const VerifySettings& settings) const {
    return audit.missing == 0 && duplicated() == 0 && audit.mismatched == 0 &&
           (settings.allow_unexpected || audit.unexpected == 0) &&
           (!settings.order || audit.out_of_order == 0) && audit.out_of_order_by_key == 0 && !lacks_keys;
  }
};

Status read_files(const VerifySettings& settings, Audit& audit) {
  const auto warn_if_torn = [](const std::string& path, const LineCount& count) {
    if (count.torn) {
      log({group::Report::Level::warning, "file_incomplete"_event,
           path + ": the last line is incomplete and was left out"});
    }
  };
  for (const auto& path : settings.ledgers) {
    const auto count =
        read_ledger(path, [&](const Publication& publication) { audit.publication(publication); });
    if (!count) return count.error();
    warn_if_torn(path, count.value());
  }
  for (const auto& path : settings.receipts) {
    const auto count = read_receipts(path, [&](const Receipt& receipt) { audit.receipt(receipt); });
    if (!count) return count.error();
    warn_if_torn(path, count.value());
  }
  return Done{};
}

// A message's own members come first and ours last, so of fields with the same name the first `message_id`
// and the last `position` count.
Audit::Entry entry_of(const std::string& stream_id, const std::vector<redis::Reply>& fields, bool dead) {
  Audit::Entry entry{.time_ms = to_number(stream_id.substr(0, stream_id.find('-'))).value_or(0),
                     .dead = dead};
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text == "message_id" && !entry.id) entry.id = fields[i + 1].text;
    if (fields[i].text == "position") entry.position = fields[i + 1].text;
  }
  return entry;
}

Status read_streams(const Settings& settings, redis::SyncClient& client, Audit& audit, Findings& findings) {
  const auto dead_letters = settings.dead_letter_stream();
  const auto output = stream_facts(client, settings.output_stream, "--output-stream");
  if (!output) return output.error();
  const auto dead = stream_facts(client, dead_letters, "--output-stream");
  if (!dead) return dead.error();
  findings.trimmed = output.value().removed();
  findings.dead_removed = dead.value().removed();
  const auto total = static_cast<double>(output.value().length + dead.value().length);
  Progress progress;
  std::uint64_t read = 0;
  std::optional<EntryKey> key;
  if (!settings.order_key.empty()) key.emplace(settings.order_key);
  const auto reader = [&](bool is_dead) {
    return [&, is_dead](const std::string& id, const std::vector<redis::Reply>& fields) {
      auto entry = entry_of(id, fields, is_dead);
      if (key && !is_dead) entry.key = key->of(fields);
      audit.entry(entry);
      if (++read % 1000 == 0 && progress.due()) {
        progress.show(static_cast<double>(read) / total, fmt::format("{} entries read", read));
      }
    };
  };
  if (auto done = read_stream(client, settings.output_stream, output.value(), reader(false)); !done)
    return done;
  if (auto done = read_stream(client, dead_letters, dead.value(), reader(true)); !done) return done;
  // A message that moved from one stream to the other in between was seen in neither.
  const auto dead_now = stream_facts(client, dead_letters, "--output-stream");
  if (!dead_now) return dead_now.error();
  if (dead_now.value().removed() != findings.dead_removed) {
    progress.clear();
    log({group::Report::Level::warning, "dead_letters_changed"_event,
         "dead letters were retried or dropped meanwhile: those may show as missing; run it again"});
  }
  return Done{};
}

// Reads the files again for texts: the audit keeps only hashes.
void find_missing_examples(const VerifySettings& settings, const Audit& audit, Findings& findings) {
  auto& examples = findings.missing_examples;
  const auto full = [&] { return examples.size() >= kMaxExamples; };
  for (const auto& path : settings.ledgers) {
    if (full()) return;
    static_cast<void>(read_ledger(path, [&](const Publication& publication) {
      if (!full() && audit.is_missing(publication)) examples.emplace_back(publication.id);
    }));
  }
  for (const auto& path : settings.receipts) {
    if (full()) return;
    static_cast<void>(read_receipts(path, [&](const Receipt& receipt) {
      if (!full() && audit.is_missing(receipt)) {
        auto text = fmt::format("{} at {}", receipt.id.value_or("(no message_id)"), receipt.position);
        if (std::find(examples.begin(), examples.end(), text) == examples.end())
          examples.push_back(std::move(text));
      }
    }));
  }
}

void print_json(const Settings& settings, const Findings& f) {
  const auto list = [](const std::vector<std::string>& texts) {
    boost::json::array array;
    for (const auto& text : texts) array.push_back(json_or_null(text));
    return array;
  };
  boost::json::object result{
      {"ok", f.passes(settings.verify)},
      {"published", f.audit.published},
      {"unacknowledged", f.audit.unacknowledged},
      {"reached_nobody", f.audit.reached_nobody},
      {"received", f.audit.received},
      {"appended", f.audit.appended},
      {"dead_lettered", f.audit.dead_lettered},
      {"duplicates_dropped", f.audit.duplicates_dropped},
      {"missing", f.audit.missing},
      {"duplicated", f.duplicated()},
      {"duplicated_ids", f.audit.duplicated_ids},
      {"duplicated_positions", f.audit.duplicated_positions},
      {"unexpected", f.audit.unexpected},
      {"mismatched", f.audit.mismatched},
      {"never_received", f.audit.never_received},
      {"without_position", f.audit.without_position},
      {"out_of_order", f.audit.out_of_order},
      {"keys", f.audit.keys},
      {"out_of_order_by_key", f.audit.out_of_order_by_key},
      {"trimmed", f.trimmed},
      {"dead_letters_removed", f.dead_removed},
      {"losses_declared", f.losses_declared},
      {"examples", boost::json::object{{"missing", list(f.missing_examples)},
                                       {"duplicated", list(f.audit.duplicated_examples)},
                                       {"unexpected", list(f.audit.unexpected_examples)},
                                       {"mismatched", list(f.audit.mismatched_examples)},
                                       {"out_of_order_by_key", list(f.audit.out_of_order_examples)}}}};
  print("{}\n", json_text(std::move(result)));
}

void print_row(std::string_view name, std::uint64_t count, std::string_view note = "") {
  print("{:<16}{:>12}{}{}\n", name, count, note.empty() ? "" : "   ", note);
}

void print_examples(std::string_view title, const std::vector<std::string>& examples, std::uint64_t count) {
  if (examples.empty()) return;
  print("\n{}{}:\n", title,
        count > examples.size() ? fmt::format(" (the first {} of {})", examples.size(), count) : "");
  for (const auto& example : examples) print("  {}\n", example);
}

std::string ledger_note(const AuditReport& audit) {
  std::string note;
  if (audit.reached_nobody > 0) note += fmt::format("{} of them reached nobody", audit.reached_nobody);
  if (audit.unacknowledged > 0) {
    note += fmt::format("{}{} unacknowledged", note.empty() ? "" : ", ", audit.unacknowledged);
  }
  return note;
}

void print_table(const Settings& settings, const Findings& f) {
  const auto& audit = f.audit;
  const bool by_receipts = !settings.verify.receipts.empty();
  if (!settings.verify.ledgers.empty()) print_row("published", audit.published, ledger_note(audit));
  if (by_receipts) print_row("received", audit.received);
  print_row(
      "appended", audit.appended,
      f.trimmed > 0 ? fmt::format("{} more were trimmed or deleted: they show as missing", f.trimmed) : "");
  print_row("dead-lettered", audit.dead_lettered,
            f.dead_removed > 0
                ? fmt::format("{} more were retried or dropped: dropped ones show as missing", f.dead_removed)
                : "");
  if (settings.dedup_window.count() > 0)
    print_row("dropped", audit.duplicates_dropped, "because their id was in the stream");
  print_row("missing", audit.missing,
            std::string(by_receipts ? "received" : "published to a subscriber") + ", but in neither stream" +
                (audit.missing > 0 ? ", or dropped by the processor" : ""));
  print_row("duplicated", f.duplicated());
  print_row("unexpected", audit.unexpected,
            settings.verify.allow_unexpected && audit.unexpected > 0 ? "allowed" : "");
  if (audit.mismatched > 0) print_row("mismatched", audit.mismatched, "one position, different messages");
  if (audit.never_received > 0)
    print_row("never received", audit.never_received, "published, but by the receipts no node got them");
  if (audit.without_position > 0)
    print_row("no position", audit.without_position, "entries not written by tributary?");
  print_row("out of order", audit.out_of_order,
            settings.verify.order || audit.out_of_order == 0 ? "" : "normal with several nodes");
  if (!settings.order_key.empty())
    print_row("out of key order", audit.out_of_order_by_key,
              f.lacks_keys ? "no entry has the key " + settings.order_key + ": is it another?"
                           : fmt::format("of {} keys ({})", audit.keys, settings.order_key));
  print_row("losses declared", f.losses_declared,
            f.losses_declared == 0 ? ""
            : audit.missing > 0    ? "by the group itself; see tributary status"
                                   : "by the group itself; none of what was looked for is missing");
  print_examples("missing", f.missing_examples, audit.missing);
  print_examples("duplicated", audit.duplicated_examples, f.duplicated());
  if (!settings.verify.allow_unexpected)
    print_examples("unexpected", audit.unexpected_examples, audit.unexpected);
  print_examples("mismatched", audit.mismatched_examples, audit.mismatched);
  print_examples("out of key order", audit.out_of_order_examples, audit.out_of_order_by_key);
  print("\n{}\n", f.passes(settings.verify) ? "PASSED" : "FAILED");
}

}  // namespace

Result<ExitCode> run_verify(const Settings& given) {
  Settings settings = given;
  catch_interrupts();
  Audit audit(settings.dedup_window.count());
  Findings findings;
  if (auto done = read_files(settings.verify, audit); !done) return done.error();
  auto client = connect_to_group(settings);
  if (!client) return client.error();
  if (auto done = read_streams(settings, *client, audit, findings); !done) return done.error();
  const auto losses =
      stream_facts(*client, redis::loss_ledger_key(settings.output_stream), "--output-stream");
  if (!losses) return losses.error();
  findings.losses_declared = losses.value().length;
  findings.audit = audit.report();
  findings.lacks_keys =
      !settings.order_key.empty() && findings.audit.appended > 0 && findings.audit.keys == 0;
  if (findings.audit.missing > 0) find_missing_examples(settings.verify, audit, findings);
  settings.json ? print_json(settings, findings) : print_table(settings, findings);
  return findings.passes(settings.verify) ? ExitCode::ok : ExitCode::failed;
}

}  // namespace tributary::cli
