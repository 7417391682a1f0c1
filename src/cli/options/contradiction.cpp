#include <algorithm>
#include <array>

#include "cli/options/declared/kinds.hpp"
#include "cli/options/options.hpp"
#include "core/plan/desired.hpp"

namespace tributary::cli {
namespace {

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
    return "--all means every dead letter: give either it or --id, --reason, --older-than and --newer-than";
  }
  if (dead.older_than.count() > 0 && dead.newer_than.count() > 0 && dead.newer_than <= dead.older_than) {
    return "no dead letter is older than " + format_duration(dead.older_than) + " and newer than " +
           format_duration(dead.newer_than);
  }
  if ((command == Command::dead_retry || command == Command::dead_drop) && !dead.all && !dead.filtered()) {
    return std::string(name_of(command)) +
           " needs to know which: --id, --reason, --older-than or --newer-than, or --all";
  }
  return std::nullopt;
}

std::optional<std::string> wrong_show(const Settings& s) {
  if (s.dead.ids.empty()) return "dead show needs an id: tributary dead show 1795446663144-0";
  if (s.dead.raw && s.json) return "--raw and --json: choose one";
  return std::nullopt;
}

std::optional<std::string> wrong_size(const PublishSettings& publish) {
  const auto least = kLeastPaddedPayload + kKeyBytes;
  if (publish.keys == 0 || publish.payload_size == 0 || publish.payload_size >= least) return std::nullopt;
  return "--size must be 0 or at least " + std::to_string(least) + " bytes with --keys";
}

std::optional<std::string> wrong_files(const VerifySettings& verify) {
  if (!verify.ledgers.empty() || !verify.receipts.empty()) return std::nullopt;
  return "nothing to compare with: give --ledger FILE (from publish) or --receipts FILE (from consume)";
}

}  // namespace

std::optional<std::string> contradiction(const Settings& s, Command command) {
  if (auto problem = embed::wrong_tls(s.redis, flag_of)) return problem;
  switch (command) {
    case Command::consume:
    case Command::agent:
      if (!s.http_token.empty() && s.http.empty())
        return "--http-token-file is for --http: say where to listen";
      return embed::contradiction(s, flag_of);
    case Command::scale:
      return wrong_target(s.control);
    case Command::forget:
      if (s.control.target.empty()) return "forget needs a host: tributary forget db1";
      return std::nullopt;
    case Command::dead_show:
      return wrong_show(s);
    case Command::dead_retry:
      if (s.processing_retries == std::numeric_limits<std::uint32_t>::max()) {
        return "--processing-retries unlimited is for nodes: a retry ends, and leaves what failed again "
               "where it is";
      }
      [[fallthrough]];
    case Command::dead_list:
    case Command::dead_drop:
      return wrong_choice_of_letters(s.dead, command);
    case Command::publish:
      return wrong_size(s.publish);
    case Command::verify:
      return wrong_files(s.verify);
    default:
      return std::nullopt;
  }
}

std::optional<std::string> contradiction(const Settings& later, const Settings& earlier) {
  const auto& redis = later.redis;
  const auto of = " of group " + earlier.output_stream;
  if (!later.receipts.empty() && later.receipts == earlier.receipts)
    return " has the receipts" + of + ", " + later.receipts + "; each needs a file of its own";
  if (redis.display() != earlier.redis.display() || redis.database != earlier.redis.database)
    return std::nullopt;
  const std::array theirs{earlier.output_stream, earlier.dead_letter_stream(), earlier.consumers_list};
  if (later.consumers_list == earlier.consumers_list) {
    return " has the consumers-list" + of + ", " + later.consumers_list +
           "; leave it away, or give each a list of its own";
  }
  for (const auto& key : {later.output_stream, later.dead_letter_stream(), later.consumers_list}) {
    if (std::ranges::find(theirs, key) != theirs.end()) return " uses a key" + of + ": " + key;
  }
  return std::nullopt;
}

}  // namespace tributary::cli
