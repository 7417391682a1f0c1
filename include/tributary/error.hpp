#pragma once

#include <string>

namespace tributary {

/// What kind of failure an error is, for those who decide by it: whether to try again, what a command ends with.
enum class ErrorKind {
  not_found,      ///< what was asked for is not there
  conflict,       ///< somebody else changed it before
  declined,       ///< whoever was asked whether to do it said no
  interrupted,    ///< by a signal
  usage,          ///< unknown setting, value out of range
  data,           ///< input that cannot be understood
  no_input,       ///< an input file that cannot be read
  unavailable,    ///< no server, or one that cannot be used for this
  software,       ///< a broken invariant, a server that contradicts itself
  cannot_create,  ///< an output file that cannot be written
  io,             ///< results that could not be handed to whoever reads them
  temporary,      ///< refused now, may work later: name or list in use by another group
  no_permission,  ///< wrong password, missing right
  configuration,  ///< unreadable configuration file, unknown key, server settings that endanger data
};

/// An operating error: its kind, and one clear line for the user (what is wrong, what to do).
struct Error {
  ErrorKind kind = ErrorKind::software;
  std::string message;
};

}  // namespace tributary
