#include "redis/scripts.hpp"

#include <boost/uuid/detail/sha1.hpp>

namespace tributary::redis {
namespace {

std::string sha1_hex(std::string_view text) {
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(text.data(), text.size());
  unsigned int digest[5];
  hash.get_digest(digest);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned int word : digest) {
    for (int shift = 28; shift >= 0; shift -= 4) hex += kDigits[(word >> shift) & 15];
  }
  return hex;
}

Script make(std::string_view name, std::string_view body) { return {name, body, sha1_hex(body)}; }

}  // namespace

const std::array<Script, 11>& all_scripts() {
  static const std::array<Script, 11> scripts = {
      make("join", script_text::join),       make("beat", script_text::beat),
      make("install", script_text::install), make("claim", script_text::claim),
      make("sweep", script_text::sweep),     make("leave", script_text::leave),
      make("revive", script_text::revive),   make("declare", script_text::declare),
      make("commit", script_text::commit),   make("status", script_text::status),
      make("desire", script_text::desire)};
  return scripts;
}

const Script& script(group::Script name) { return all_scripts()[static_cast<std::size_t>(name)]; }

const Script& settle_script() {
  static const Script script = make("settle", script_text::settle);
  return script;
}

const Script& may_settle_script() {
  static const Script script = make("may_settle", script_text::may_settle);
  return script;
}

const Script& retry_script() {
  static const Script script = make("retry", script_text::retry);
  return script;
}

}  // namespace tributary::redis
