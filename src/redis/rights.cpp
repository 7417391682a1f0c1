#include "redis/rights.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "core/base/text.hpp"
#include "redis/command.hpp"
#include "redis/group_keys.hpp"

namespace tributary::redis {
namespace {

/// One command with keys, as our scripts call it. What kinds of keys it is called with:
///   S state, M members, L leader, O losses, W what is wanted (desired), T output stream, D dead letters, C list of
///   consumers, G its group, I ids
struct KeyedCommand {
  std::string_view name;
  std::string_view keys;
  std::string_view behind = "";  ///< arguments that it cannot do without, by blanks
};
constexpr std::string_view kKinds = "SMLOWTDCGI";
constexpr std::array kKeyed{KeyedCommand{"TYPE", "SMLOWTCG"},
                            KeyedCommand{"EXISTS", "MLOTD"},
                            KeyedCommand{"DEL", "SMLCG"},
                            KeyedCommand{"GET", "LG"},
                            KeyedCommand{"SET", "LG", "v"},
                            KeyedCommand{"PEXPIRE", "LCGI", "1"},
                            KeyedCommand{"HGET", "S", "f"},
                            KeyedCommand{"HMGET", "W", "f"},
                            KeyedCommand{"HGETALL", "SMW"},
                            KeyedCommand{"HSET", "SM", "f v"},
                            KeyedCommand{"HDEL", "SM", "f"},
                            KeyedCommand{"HINCRBY", "S", "f 1"},
                            KeyedCommand{"LLEN", "C"},
                            KeyedCommand{"RPUSH", "C", "e"},
                            KeyedCommand{"XADD", "OTD", "* f v"},
                            KeyedCommand{"XLEN", "OTD"},
                            KeyedCommand{"XINFO|STREAM", "T"},
                            KeyedCommand{"XTRIM", "T", "MAXLEN ~ 1"},
                            KeyedCommand{"SMISMEMBER", "I", "m"},
                            KeyedCommand{"SADD", "I", "m"},
                            KeyedCommand{"SCARD", "I"},
                            KeyedCommand{"UNLINK", "I"}};

// Kept here and not with the scripts of the group, because it is no part of what nodes agree on.
constexpr std::string_view kScript = R"LUA(#!lua flags=no-writes
local answer, i = {}, 1
while i <= #ARGV do
  local count = tonumber(ARGV[i])
  local asked, may = pcall(redis.acl_check_cmd, unpack(ARGV, i + 1, i + count))
  answer[#answer + 1] = (asked and not may) and 0 or 1
  i = i + count + 1
end
return answer
)LUA";

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

void add_words(std::vector<std::string>& words, std::string_view text, char separator) {
  for (const auto word : split(text, separator)) words.emplace_back(word);
}

void add_once(std::vector<std::string>& list, const std::string& item) {
  if (std::ranges::find(list, item) == list.end()) list.push_back(item);
}

// A name as a pattern of ACL rules that fits only it.
std::string literal(std::string_view name) {
  std::string pattern;
  for (const char c : name) {
    if (std::string_view("*?[]^\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

std::string listed(const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::string text = std::string(what) + (names.size() > 1 ? "s " : " ");
  for (std::size_t i = 0; i < names.size(); ++i) text += (i > 0 ? " " : "") + names[i];
  return text;
}

}  // namespace

RightsQuestion::RightsQuestion(const NodeNames& names) : names_(names) {
  const auto keys = group_keys(names.output_stream, names.consumers_list);
  const auto key_of = [&](char kind) -> std::string {
    switch (kind) {
      case 'S':
        return keys[0];
      case 'M':
        return keys[1];
      case 'L':
        return keys[2];
      case 'O':
        return keys[3];
      case 'T':
        return keys[4];
      case 'C':
        return keys[5];
      case 'G':
        return keys[6];
      case 'W':
        return keys[7];
      case 'I':
        return id_keys(names.output_stream).front();
      default:
        return names.dead_letter_stream;
    }
  };
  const auto control = control_channel(names.output_stream);
  checks_.push_back({"info", "", true, false, {"INFO"}, false});
  checks_.push_back({"time", "", true, false, {"TIME"}, false});
  checks_.push_back({"script|load", "", true, false, {"SCRIPT", "LOAD", "x"}, false});
  checks_.push_back({"evalsha", "", true, false, {"EVALSHA", "x", "0"}, false});
  auto channels = names.inputs.channels;
  channels.push_back(control);
  for (const auto& channel : channels) {
    const bool sharded = names.inputs.sharded;
    const char* subscribe = sharded ? "SSUBSCRIBE" : "SUBSCRIBE";
    const char* publish = sharded ? "SPUBLISH" : "PUBLISH";
    checks_.push_back({lower(subscribe), channel, true, true, {subscribe, channel}, false});
    checks_.push_back({lower(publish), channel, channel == control, true, {publish, channel, "x"}, false});
  }
  // The server compares a pattern with those of its rules letter by letter.
  for (const auto& pattern : names.inputs.patterns)
    checks_.push_back({"psubscribe", pattern, true, true, {"PSUBSCRIBE", pattern}, true});
  for (const auto& command : kKeyed) {
    if (command.name == "XTRIM" && !names.trims) continue;
    if (command.keys == "I" && !names.keeps_ids) continue;
    for (const char kind : kKinds) {
      if (kind == 'I' && !names.keeps_ids) continue;
      Check check{lower(command.name),
                  key_of(kind),
                  command.keys.find(kind) != std::string_view::npos,
                  false,
                  {},
                  false};
      add_words(check.words, command.name, '|');
      check.words.push_back(check.subject);
      add_words(check.words, command.behind, ' ');
      checks_.push_back(std::move(check));
    }
  }
}

void RightsQuestion::append_to(std::string& out) const {
  std::size_t words = 0;
  for (const auto& check : checks_) words += 1 + check.words.size();
  append_command_header(out, 3 + words);
  for (const auto part : {std::string_view("EVAL"), kScript, std::string_view("0")})
    append_argument(out, part);
  for (const auto& check : checks_) {
    append_argument(out, std::to_string(check.words.size()));
    for (const auto& word : check.words) append_argument(out, word);
  }
}

// A refusal does not say what is missing, the command or the key; but what is allowed anywhere is not missing.
MissingRights RightsQuestion::missing(const Reply& answer) const {
  MissingRights missing;
  if (!answer.is_array() || answer.elements.size() != checks_.size()) return missing;
  std::set<std::string> commands;
  std::set<std::string> subjects;
  for (std::size_t i = 0; i < checks_.size(); ++i) {
    if (answer.elements[i].integer == 0) continue;
    commands.insert(checks_[i].command);
    subjects.insert(checks_[i].subject);
  }
  for (std::size_t i = 0; i < checks_.size(); ++i) {
    const auto& check = checks_[i];
    if (answer.elements[i].integer != 0 || !check.needed) continue;
    const bool command_allowed = commands.contains(check.command);
    const bool subject_allowed = subjects.contains(check.subject);
    if (!command_allowed) add_once(missing.commands, check.command);
    // Both are allowed, and not together: the key perhaps for reading only.
    const bool subject_missing = !check.subject.empty() && (!subject_allowed || command_allowed);
    if (subject_missing && check.channel)
      add_once(missing.channels, check.pattern ? check.subject : literal(check.subject));
    if (subject_missing && !check.channel) add_once(missing.keys, rule_of(check.subject));
  }
  return missing;
}

std::string RightsQuestion::rule_of(const std::string& key) const {
  const auto prefix = group_prefix(names_.output_stream);
  return key.starts_with(prefix) ? literal(prefix) + "*" : literal(key);
}

std::vector<std::string> RightsQuestion::commands() const {
  std::vector<std::string> names;
  for (const auto& check : checks_) add_once(names, check.command);
  return names;
}

Error explain_missing_rights(const Endpoint& endpoint, const MissingRights& missing) {
  const auto user = endpoint.username.empty() ? std::string("default") : endpoint.username;
  std::string what;
  for (const auto& part : {listed("command", missing.commands), listed("key", missing.keys),
                           listed("channel", missing.channels)}) {
    if (!part.empty()) what += (what.empty() ? "" : ", ") + part;
  }
  std::string rules;
  for (const auto& command : missing.commands) rules += " +" + command;
  for (const auto& key : missing.keys) rules += " ~" + key;
  for (const auto& channel : missing.channels) rules += " &" + channel;
  return {ErrorKind::no_permission, "Redis at " + endpoint.display() + " does not give user " + user +
                                        " all the rights that a node needs; missing: " + what +
                                        "; fix it there with: ACL SETUSER " + user + rules};
}

Error explain_refused_subscription(const Endpoint& endpoint, std::string_view answer, const Inputs& inputs,
                                   const std::string& control_channel) {
  MissingRights missing;
  for (const auto* command : {"subscribe", "psubscribe", "ssubscribe"}) {
    if (answer.find("'" + std::string(command) + "'") != std::string_view::npos)
      missing.commands.emplace_back(command);
  }
  if (missing.commands.empty()) {
    for (const auto& channel : inputs.channels) missing.channels.push_back(literal(channel));
    for (const auto& pattern : inputs.patterns) missing.channels.push_back(pattern);
    missing.channels.push_back(literal(control_channel));
  }
  return explain_missing_rights(endpoint, missing);
}

}  // namespace tributary::redis
