#include "cli/options/declared/kinds.hpp"
#include "cli/options/options.hpp"
#include "core/plan/desired.hpp"
#include "process/field.hpp"
#include "redis/glob.hpp"
#include "redis/group_keys.hpp"

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

std::optional<std::string> wrong_node(const Settings& s) {
  if (s.beat * 2 > s.lease) {
    return "--beat " + format_duration(s.beat) + " is more than half of --lease " + format_duration(s.lease) +
           ": one late beat would count as a death";
  }
  if (s.replay_window < s.lease * 2 + s.beat) {
    return "--replay-window " + format_duration(s.replay_window) +
           " is too short: it must be at least two leases and a beat, here " +
           format_duration(s.lease * 2 + s.beat);
  }
  for (const auto& stream : {s.output_stream, s.dead_letter_stream()}) {
    if (s.consumers_list == stream)
      return "--consumers-list and the output need different names, not both " + quoted(stream);
  }
  return std::nullopt;
}

// What would come twice, or is the group's own.
std::optional<std::string> wrong_inputs(const Settings& s) {
  const auto control = redis::control_channel(s.output_stream);
  for (const auto& channel : s.inputs.channels) {
    if (channel == control)
      return "the input channel " + quoted(channel) + " is the group's own control channel";
  }
  for (const auto& pattern : s.inputs.patterns) {
    if (redis::glob_matches(pattern, control)) {
      return "--input-pattern " + quoted(pattern) + " matches the group's own control channel, " + control +
             "; use a narrower pattern";
    }
    for (const auto& channel : s.inputs.channels) {
      if (!redis::glob_matches(pattern, channel)) continue;
      return "--input-channel " + quoted(channel) + " is among what --input-pattern " + quoted(pattern) +
             " matches; leave it away";
    }
  }
  return std::nullopt;
}

std::optional<std::string> wrong_format(const process::MessageFormat& format) {
  if (format.raw && format.id_member != process::kMessageId && !format.id_member.empty())
    return "--id-member: messages of --format raw have no members";
  return std::nullopt;
}

std::optional<std::string> wrong_tls(const redis::Endpoint& redis) {
  const auto& tls = redis.tls;
  if (tls.on && !redis.unix_socket.empty()) return "TLS is for host and port, not for a Unix socket";
  if (!tls.on) return std::nullopt;
  if (tls.cert_file.empty() && !tls.key_file.empty()) return "--redis-key-file needs --redis-cert-file";
  if (tls.insecure && !(tls.ca_file + tls.ca_path).empty())
    return "--redis-tls-insecure checks nothing: leave it away, or --redis-ca-file and --redis-ca-path";
  return std::nullopt;
}

std::optional<std::string> wrong_files(const VerifySettings& verify) {
  if (!verify.ledgers.empty() || !verify.receipts.empty()) return std::nullopt;
  return "nothing to compare with: give --ledger FILE (from publish) or --receipts FILE (from consume)";
}

}  // namespace

std::optional<std::string> contradiction(const Settings& s, Command command) {
  if (auto problem = wrong_tls(s.redis)) return problem;
  switch (command) {
    case Command::consume:
    case Command::agent:
      if (auto problem = wrong_inputs(s)) return problem;
      if (auto problem = wrong_format(s.format)) return problem;
      return wrong_node(s);
    case Command::scale:
      return wrong_target(s.control);
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
    case Command::verify:
      return wrong_files(s.verify);
    default:
      return std::nullopt;
  }
}

}  // namespace tributary::cli
