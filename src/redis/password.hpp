#pragma once

#include <string>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"

namespace tributary::redis {

/// A file that holds a password and nothing else; line ends at its end, and a byte order mark, are left out.
struct PasswordFile {
  std::string password;
  bool may_be_read_again = false;  ///< a regular file, unlike a pipe
};

/// Reads one. Waits for a pipe's writer, unless told to read only regular files. Errors go on from the name of what held
/// the path: "cannot be read: ...".
Result<PasswordFile> read_password_file(const std::string& path, bool only_regular = false);

/// What to log in with now: the endpoint's password file is read again, so that a new password needs no restart. Never
/// waits. If it cannot be read, that is why in `trouble`, and the password is the one known before.
struct PresentPassword {
  std::string password;
  std::string trouble;  ///< "the password file /x cannot be read: ..."; mostly empty
};
PresentPassword present_password(const Endpoint& endpoint);

}  // namespace tributary::redis
