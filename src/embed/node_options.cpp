#include "embed/node_options.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "observe/number_text.hpp"
#include "process/field.hpp"
#include "process/order_key.hpp"
#include "redis/glob.hpp"
#include "redis/group_keys.hpp"

namespace tributary::embed {
namespace {

using observe::format_duration;

std::optional<std::string> wrong_times(const NodeOptions& o, OptionNaming called) {
  if (o.beat * 2 > o.lease) {
    return called("beat") + " " + format_duration(o.beat) + " is more than half of " + called("lease") + " " +
           format_duration(o.lease) + ": one late beat would count as a death";
  }
  if (o.replay_window < o.lease * 2 + o.beat) {
    return called("replay-window") + " " + format_duration(o.replay_window) +
           " is too short: it must be at least two leases and a beat, here " +
           format_duration(o.lease * 2 + o.beat);
  }
  return std::nullopt;
}

std::optional<std::string> wrong_keys(const NodeOptions& o, OptionNaming called) {
  for (const auto& stream : {o.output_stream, o.dead_letter_stream()}) {
    if (o.consumers_list == stream)
      return called("consumers-list") + " and the output need different names, not both " + quoted(stream);
  }
  return std::nullopt;
}

// What would come twice, or is the group's own.
std::optional<std::string> wrong_inputs(const NodeOptions& o, OptionNaming called) {
  if (o.inputs.sharded && !o.inputs.patterns.empty())
    return called("input-pattern") + ": sharded Pub/Sub knows no patterns; name the channels";
  const auto control = redis::control_channel(o.output_stream);
  for (const auto& channel : o.inputs.channels) {
    if (channel == control)
      return "the input channel " + quoted(channel) + " is the group's own control channel";
  }
  for (const auto& pattern : o.inputs.patterns) {
    if (redis::glob_matches(pattern, control)) {
      return called("input-pattern") + " " + quoted(pattern) + " matches the group's own control channel, " +
             control + "; use a narrower pattern";
    }
    for (const auto& channel : o.inputs.channels) {
      if (!redis::glob_matches(pattern, channel)) continue;
      return called("input-channel") + " " + quoted(channel) + " is among what " + called("input-pattern") +
             " " + quoted(pattern) + " matches; leave it away";
    }
  }
  return std::nullopt;
}

std::optional<std::string> wrong_dedup(const NodeOptions& o, OptionNaming called) {
  if (o.dedup_window.count() == 0) return std::nullopt;
  if (o.format.raw)
    return called("dedup-window") + ": messages of " + called("format") + " raw have no ids to compare";
  if (o.format.id_member.empty())
    return called("dedup-window") + " needs ids to compare, but " + called("id-member") + " is none";
  return std::nullopt;
}

std::optional<std::string> wrong_format(const process::MessageFormat& format, std::string_view order_key,
                                        OptionNaming called) {
  if (format.raw && format.id_member != process::kMessageId && !format.id_member.empty())
    return called("id-member") + ": messages of " + called("format") + " raw have no members";
  if (format.raw && !order_key.empty() && order_key != process::kByChannel)
    return called("order-key") + ": messages of " + called("format") +
           " raw have no members; only channel is possible";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> sort_names(std::vector<std::string>& names) {
  std::ranges::sort(names);
  if (!names.empty() && names.front().empty()) return "must not be empty";
  const auto twice = std::ranges::adjacent_find(names);
  if (twice == names.end()) return std::nullopt;
  return "has " + quoted(*twice) + " twice";
}

std::optional<std::string> wrong_id_member(std::string_view name) {
  if (name.size() > 1000) return "must be of at most 1000 bytes";
  const auto is_odd = [&](std::size_t tilde) {
    return tilde + 1 == name.size() || (name[tilde + 1] != '0' && name[tilde + 1] != '1');
  };
  bool escapes_are_right = true;
  for (auto at = name.find('~'); at != std::string::npos; at = name.find('~', at + 1))
    escapes_are_right = escapes_are_right && !is_odd(at);
  if (name.starts_with('/') &&
      (name.size() == 1 || name.find("//") != std::string::npos || name.ends_with('/') || !escapes_are_right))
    return "must be a name or a JSON pointer such as /meta/id, not " + quoted(name);
  return std::nullopt;
}

std::optional<std::string> wrong_order_key(std::string_view name) {
  if (name == process::kByChannel) return std::nullopt;
  auto problem = wrong_id_member(name);
  if (problem && name.size() <= 1000)
    *problem = "must be a name, a JSON pointer such as /meta/user, or channel, not " + quoted(name);
  return problem;
}

void derive(NodeOptions& o) {
  using std::chrono::milliseconds;
  if (o.inputs.sharded && !o.stream_given && !o.inputs.channels.empty())
    o.output_stream = redis::stream_of_sharded(o.inputs.channels.front());
  o.redis.key = o.output_stream;
  if (!o.beat_given) o.beat = std::min(o.beat, std::max(o.lease / 4, milliseconds(20)));
  if (!o.channels_given && !o.inputs.patterns.empty()) o.inputs.channels.clear();
  o.format.channel = o.inputs.single() ? o.inputs.channels.front() : std::string();
  if (!o.replay_window_given) o.replay_window = std::max(o.replay_window, o.lease * 2 + o.beat);
  // As long as a primary that was deposed may go on, and acknowledge what will be lost.
  if (!o.replay_window_given && o.redis.has_sentinels())
    o.replay_window = std::max(o.replay_window, milliseconds(15'000));
}

std::optional<std::string> contradiction(const NodeOptions& options, OptionNaming called) {
  if (auto problem = wrong_inputs(options, called)) return problem;
  if (auto problem = wrong_format(options.format, options.order_key, called)) return problem;
  if (auto problem = wrong_dedup(options, called)) return problem;
  if (auto problem = wrong_times(options, called)) return problem;
  return wrong_keys(options, called);
}

std::optional<std::string> wrong_tls(const redis::Endpoint& redis, OptionNaming called) {
  const auto& tls = redis.tls;
  if (!tls.on) return std::nullopt;
  if (!redis.unix_socket.empty()) return "TLS is for host and port, not for a Unix socket";
  if (tls.cert_file.empty() && !tls.key_file.empty())
    return called("redis-key-file") + " needs " + called("redis-cert-file");
  if (tls.insecure && !(tls.ca_file + tls.ca_path).empty()) {
    return called("redis-tls-insecure") + " checks nothing: leave it away, or " + called("redis-ca-file") +
           " and " + called("redis-ca-path");
  }
  return std::nullopt;
}

}  // namespace tributary::embed
