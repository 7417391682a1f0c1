#include "redis/scripts.hpp"

namespace tributary::redis {

#define SCRIPT(name) \
  Script { #name, script_text::name, script_sha::name }

const std::array<Script, 11>& all_scripts() {
  static const std::array<Script, 11> scripts = {
      SCRIPT(join),   SCRIPT(beat),    SCRIPT(install), SCRIPT(claim),  SCRIPT(sweep), SCRIPT(leave),
      SCRIPT(revive), SCRIPT(declare), SCRIPT(commit),  SCRIPT(status), SCRIPT(desire)};
  return scripts;
}

const Script& script(group::Script name) { return all_scripts()[static_cast<std::size_t>(name)]; }

std::string only_under(const group::Identity& wanted, std::string_view identity) {
  return wanted.text() + " " + std::string(identity.empty() ? "-" : identity);
}

// A commit looks at the server only if it is told to.
group::Arguments arguments_of(const group::AnyCall& call, std::string_view identity) {
  auto arguments = group::arguments_of(call);
  const std::string known(identity.empty() ? "-" : identity);
  const auto* commit = std::get_if<group::CommitCall>(&call);
  if (!commit) {
    arguments.push_back(known);
  } else if (!commit->only_under.empty()) {
    arguments[3] = only_under(commit->only_under, identity);
  }
  return arguments;
}

const Script& settle_script() {
  static const Script script = SCRIPT(settle);
  return script;
}

const Script& may_settle_script() {
  static const Script script = SCRIPT(may_settle);
  return script;
}

const Script& retry_script() {
  static const Script script = SCRIPT(retry);
  return script;
}

const Script& letters_script() {
  static const Script script = SCRIPT(letters);
  return script;
}

#undef SCRIPT

}  // namespace tributary::redis
