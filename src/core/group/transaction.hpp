#pragma once

#include <cstddef>
#include <string>

#include "core/group/calls.hpp"

namespace tributary::group {

/// What a server answered to a commit that came as a transaction: an XADD for each entry, and settle as
/// the last command.
struct TransactionOutcome {
  bool in_pieces =
      false;  ///< MULTI was refused, so what was to be one transaction was done command by command
  bool executed = false;
  std::size_t entries = 0;   ///< XADDs in it
  std::size_t appended = 0;  ///< of those, done
  std::string error;         ///< the first one
  std::string settled;       ///< what settle said, or the error that kept it from running
  bool settle_refused = false;
};

/// Makes one answer of it, in the words of the commit script. Of what is in the stream nothing is believed that the
/// answers to the XADDs do not show:
///   refused     nothing of it is in
///   unsettled   all entries are in, but the position did not move
///   in_part     anything else that a transaction must not leave behind
Answer answer_of(const TransactionOutcome& outcome);

/// Whether an error says that the user has no right to something: time does not fix that.
bool lacks_right(std::string_view error);

}  // namespace tributary::group
