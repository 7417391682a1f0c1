#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/exchange.hpp"

/// Who may read and who may do, by what a request says of itself. Pure.
namespace tributary::http {

/// Why a request is refused whatever it asks for; nothing: it is not. Where only this host can connect (`loopback`), a
/// name that is not this host's means that somebody's page has made its own name point here.
std::optional<Response> wrong_host(const Request& request, bool loopback);

/// Why a request that is to change something is refused, whatever token it has: it is another site's, as far as a browser
/// says, or one that a browser would send without asking.
std::optional<Response> from_elsewhere(const Request& request);

/// The token in "Authorization: Bearer TOKEN"; empty: none.
std::string_view token_of(const Request& request);

/// Takes as long for every wrong one.
bool same_token(std::string_view given, std::string_view token);

/// An answer of {"error": why}.
Response error_response(unsigned status, std::string_view why);

}  // namespace tributary::http
