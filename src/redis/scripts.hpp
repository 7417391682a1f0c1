#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/group/actions.hpp"

namespace tributary::redis {

/// The Lua scripts of src/redis/scripts, embedded at build time (cmake/EmbedScripts.cmake).
namespace script_text {
extern const char* const join;
extern const char* const beat;
extern const char* const install;
extern const char* const claim;
extern const char* const sweep;
extern const char* const leave;
extern const char* const revive;
extern const char* const declare;
extern const char* const commit;
extern const char* const status;
extern const char* const desire;
extern const char* const retry;
extern const char* const settle;
extern const char* const may_settle;
extern const char* const letters;
}  // namespace script_text
/// The SHA-1 of each, in hexadecimal.
namespace script_sha {
extern const char* const join;
extern const char* const beat;
extern const char* const install;
extern const char* const claim;
extern const char* const sweep;
extern const char* const leave;
extern const char* const revive;
extern const char* const declare;
extern const char* const commit;
extern const char* const status;
extern const char* const desire;
extern const char* const retry;
extern const char* const settle;
extern const char* const may_settle;
extern const char* const letters;
}  // namespace script_sha

/// One script: its body, and the SHA-1 by which the server knows it.
struct Script {
  std::string_view name;
  std::string_view body;
  std::string sha;
};

/// In the order of group::Script.
const std::array<Script, 11>& all_scripts();
const Script& script(group::Script name);

/// The condition of a commit that is only to be done under an identity. `identity` as below.
std::string only_under(const group::Identity& wanted, std::string_view identity);

/// All of ARGV. `identity`: of the server as the connection read it; empty if scripts can read it themselves.
group::Arguments arguments_of(const group::AnyCall& call, std::string_view identity);

/// Moves dead letters to the output stream. None of group::Script, because no node ever runs it.
const Script& retry_script();

/// What a transaction of XADDs ends with, and what tells whether it may be used. None of group::Script,
/// because they are another way to do what commit does, not another call of the core.
const Script& settle_script();
const Script& may_settle_script();

/// Shows dead letters to those who watch. None of group::Script, because it is no part of what nodes agree on.
const Script& letters_script();

}  // namespace tributary::redis
