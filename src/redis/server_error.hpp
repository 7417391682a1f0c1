#pragma once

#include <string_view>
#include <utility>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"

namespace tributary::redis {

/// Why a connection could not be made, or ended.
struct Failure : Error {
  Failure(Error error) : Error(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  /// What answers there is no server for us, and waiting does not make it one.
  bool hopeless = false;
  /// The subscription was in use, and the other side ended it.
  bool cut = false;
};

/// The server could not be reached at all. `reason` as the system gives it, e.g. "Connection refused".
Error unreachable(const Endpoint& endpoint, std::string_view reason);

/// An established connection broke. `reason` may be empty.
Error connection_lost(const Endpoint& endpoint, std::string_view reason);

/// What an error answer means and what to do, in one line, e.g. for "NOAUTH Authentication required.". Never
/// contains the password.
Error explain_server_error(const Endpoint& endpoint, std::string_view answer);

/// The same for an error answer to AUTH. Its text is never repeated: some servers echo the arguments. `password_trouble`
/// as present_password() told it.
Error explain_auth_error(const Endpoint& endpoint, std::string_view answer,
                         std::string_view password_trouble = {});

}  // namespace tributary::redis
