#pragma once

#include <string>
#include <utility>
#include <variant>

#include "core/base/check.hpp"

namespace tributary {

/// Exit codes of the command line, as in sysexits(3).
enum class ExitCode {
  ok = 0,
  failed = 1,          ///< it ran, and the answer is no: `verify` found something
  usage = 64,          ///< unknown flag, value out of range
  data = 65,           ///< an input file that cannot be understood
  no_input = 66,       ///< an input file that cannot be read
  unavailable = 69,    ///< no server, or one that cannot be used for this
  software = 70,       ///< a broken invariant, a server that contradicts itself
  cannot_create = 73,  ///< an output file that cannot be written
  temporary = 75,      ///< refused now, may work later: name or list in use by another group
  no_permission = 77,  ///< wrong password, missing right
  configuration = 78,  ///< unreadable configuration file, unknown key, server settings that endanger data
};

/// An operating error: one clear line for the user (what is wrong, what to do) and the exit code it ends in.
struct Error {
  ExitCode code = ExitCode::failed;
  std::string message;
};

/// A value or the error that prevented it. (C++20 has no std::expected yet.)
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : value_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() {
    TRIBUTARY_CHECK(ok());
    return std::get<0>(value_);
  }
  const T& value() const {
    TRIBUTARY_CHECK(ok());
    return std::get<0>(value_);
  }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }
  const Error& error() const {
    TRIBUTARY_CHECK(!ok());
    return std::get<1>(value_);
  }

 private:
  std::variant<T, Error> value_;
};

/// For operations that give nothing back.
struct Done {};
using Status = Result<Done>;

}  // namespace tributary
