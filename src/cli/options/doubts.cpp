#include "cli/options/declared/declarations.hpp"
#include "cli/options/options.hpp"
#include "core/base/safe_text.hpp"
#include "http/address.hpp"
#include "redis/glob.hpp"

namespace tributary::cli {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string taken_as(const std::string& option, const std::string& name) {
  return "--" + option + " \"" + visible_text(name) + "\" is taken as it is written";
}

// Keyspace events (CONFIG SET notify-keyspace-events) that appending to the stream itself may cause: each entry
// would be a message again.
void doubt_own_tail(const Settings& settings, std::vector<std::string>& lines) {
  const auto database = std::to_string(settings.redis.database);
  const auto own = [&](auto matches) {
    for (const auto& stream : {settings.output_stream, settings.dead_letter_stream()}) {
      if (matches("__keyspace@" + database + "__:" + stream)) return true;
    }
    return matches("__keyevent@" + database + "__:xadd");
  };
  const auto doubt = [&](const char* option, const std::string& name) {
    lines.push_back("--" + std::string(option) + " \"" + visible_text(name) +
                    "\" takes in the events of the group's own output stream too: each entry may become a "
                    "message again, without end");
  };
  for (const auto& channel : settings.inputs.channels) {
    if (own([&](const std::string& event) { return event == channel; })) doubt("input-channel", channel);
  }
  for (const auto& pattern : settings.inputs.patterns) {
    if (own([&](const std::string& event) { return redis::glob_matches(pattern, event); }))
      doubt("input-pattern", pattern);
  }
}

void doubt_tls(const redis::Tls& tls, std::vector<std::string>& lines) {
  const bool given =
      tls.insecure || !(tls.ca_file + tls.ca_path + tls.cert_file + tls.key_file + tls.name).empty();
  if (!tls.on && given) {
    lines.emplace_back(
        "settings of TLS are given, but no TLS is asked for: what is sent is not encrypted; use rediss:// or "
        "--redis-tls");
  } else if (tls.insecure) {
    lines.emplace_back(
        "--redis-tls-insecure checks nothing: whoever is between here and Redis can read and change "
        "everything");
  }
}

void doubt_http(const Settings& settings, std::vector<std::string>& lines) {
  const auto address =
      settings.http.empty() ? Result<http::Address>(Error{}) : http::parse_address(settings.http);
  if (address && !address.value().is_local()) {
    lines.push_back(
        "--http " + settings.http +
        ": whoever can connect to this host may read metrics and the group's status" +
        (settings.http_token.empty() ? "" : ", and do more with the token, which is not encrypted"));
  }
}

void doubt_no_effect(const Settings& settings, std::vector<std::string>& lines) {
  const embed::NodeOptions usual;
  const auto doubt = [&](const char* option, const char* feature) {
    lines.push_back("--" + std::string(option) + " has no effect without --" + feature);
  };
  if (settings.dedup_limit != usual.dedup_limit && settings.dedup_window.count() == 0)
    doubt("dedup-limit", "dedup-window");
  if (!settings.journal_dir.empty()) return;
  if (settings.journal_sync != usual.journal_sync) doubt("journal-sync", "journal-dir");
  if (settings.journal_grace != usual.journal_grace) doubt("journal-grace", "journal-dir");
}

}  // namespace

std::vector<std::string> doubts(const Settings& settings, Command command) {
  std::vector<std::string> lines;
  const auto bit = static_cast<unsigned>(command);
  doubt_tls(settings.redis.tls, lines);
  if ((bit & (kConsume | kPublish)) != 0) {
    for (const auto& channel : settings.inputs.channels) {
      const auto taken = taken_as("input-channel", channel);
      if (channel.find_first_of("*?[") != std::string::npos) {
        lines.push_back(taken +
                        ", as the name of one channel; for all channels that match it use --input-pattern");
      } else if (channel.find(',') != std::string::npos) {
        lines.push_back(taken + ", as the name of one channel; for several repeat --input-channel");
      }
    }
  }
  for (const auto& pattern : settings.inputs.patterns) {
    if ((bit & kConsume) != 0 && pattern.find(',') != std::string::npos)
      lines.push_back(taken_as("input-pattern", pattern) +
                      ", as one pattern; for several repeat --input-pattern");
  }
  if ((bit & kConsume) != 0) {
    doubt_own_tail(settings, lines);
    doubt_http(settings, lines);
    doubt_no_effect(settings, lines);
  }
  const auto look = [&](unsigned commands, const char* option, const std::string& name) {
    if ((bit & commands) == 0 || name.empty()) return;
    if (visible_text(name) != name || is_blank(name.front()) || is_blank(name.back())) {
      lines.push_back(taken_as(option, name) + ", with the blanks or the bytes that cannot be seen");
    }
  };
  for (const auto& channel : settings.inputs.channels) look(kConsume | kPublish, "input-channel", channel);
  for (const auto& pattern : settings.inputs.patterns) look(kConsume, "input-pattern", pattern);
  look(kConsume | kLook | kVerify | kControl | kDead, "output-stream", settings.output_stream);
  look(kConsume | kLook | kControl, "consumers-list", settings.consumers_list);
  return lines;
}

}  // namespace tributary::cli
