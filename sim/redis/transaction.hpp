#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/group/calls.hpp"
#include "sim/redis/keyspace.hpp"

namespace tributary::sim {

/// A commit as a relay sends it when there is much in it: an XADD for each entry, then settle.lua, all
/// between MULTI and EXEC.
struct CommitTransaction {
  std::vector<std::vector<std::string>> appends;
  std::vector<std::string> settle;  ///< its arguments
};

/// The same commit from the keys and arguments of commit.lua. Nothing if relays send none like it: without an
/// entry, to release a lane, or nonsense.
std::optional<CommitTransaction> as_transaction(const std::vector<std::string>& keys,
                                                const group::CommitCall& commit);

/// Leaves out what one step of the server appended and took back: nobody ever saw it, and it is not there
/// after a restart either.
void forget_what_was_taken_back(std::vector<Effect>& effects);

}  // namespace tributary::sim
