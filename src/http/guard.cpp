#include "http/guard.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <boost/asio/ip/address.hpp>

#include "core/base/safe_text.hpp"
#include "core/base/text.hpp"

namespace tributary::http {
namespace {

// "[::1]:9464" -> "::1"
std::string_view name_in(std::string_view authority) {
  const auto colon = authority.rfind(':');
  const bool port = colon != std::string_view::npos && to_number(authority.substr(colon + 1)) &&
                    (authority.find(':') == colon || authority.substr(0, colon).ends_with(']'));
  if (port) authority = authority.substr(0, colon);
  if (authority.starts_with('[') && authority.ends_with(']'))
    authority = authority.substr(1, authority.size() - 2);
  return authority;
}

bool is_this_host(std::string_view name) {
  if (name == "localhost") return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(name), error);
  return !error && address.is_loopback();
}

// "https://a.example:8443" -> "a.example:8443"
std::string_view authority_of(std::string_view origin) {
  const auto slashes = origin.find("://");
  return slashes == std::string_view::npos ? std::string_view() : origin.substr(slashes + 3);
}

std::array<unsigned char, 32> digest(std::string_view text) {
  std::array<unsigned char, 32> out{};
  EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr);
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out;
}

}  // namespace

std::optional<Response> wrong_host(const Request& request, bool loopback) {
  const auto host = request.header("host");
  if (!loopback || is_this_host(name_in(host))) return std::nullopt;
  return error_response(421, "this listens for this host only; ask for it by localhost or its address");
}

std::optional<Response> from_elsewhere(const Request& request) {
  const auto site = request.header("sec-fetch-site");
  const bool other_site = !site.empty() && site != "same-origin" && site != "none";
  const auto origin = request.header("origin");
  const bool other_origin = !origin.empty() && authority_of(origin) != request.header("host");
  if (other_site || other_origin) return error_response(403, "this is another site's request");
  auto type = request.header("content-type");
  type = type.substr(0, type.find(';'));
  if (type != kJson) return error_response(415, "the body must be application/json");
  return std::nullopt;
}

std::string_view token_of(const Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const auto given = request.header("authorization");
  return given.starts_with(kBearer) ? given.substr(kBearer.size()) : std::string_view();
}

// Digests are of one length, whatever they are of.
bool same_token(std::string_view given, std::string_view token) {
  const auto a = digest(given);
  const auto b = digest(token);
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Response error_response(unsigned status, std::string_view why) {
  return {status, kJson, "{\"error\":\"" + escaped(why) + "\"}\n", {}, {}};
}

}  // namespace tributary::http
