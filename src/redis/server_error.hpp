#pragma once

#include <string_view>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"

namespace tributary::redis {

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
