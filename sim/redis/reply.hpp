#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tributary::sim {

/// What a command or script answers, as RESP2 has it.
struct Reply {
  enum class Kind : std::uint8_t { nil, integer, bulk, status, error, array };

  Kind kind = Kind::nil;
  std::int64_t number = 0;  ///< integer
  std::string text;         ///< bulk, status, error
  std::vector<Reply> elements;

  static Reply nil() { return {}; }
  static Reply integer(std::int64_t value) { return {Kind::integer, value, {}, {}}; }
  static Reply bulk(std::string value) { return {Kind::bulk, 0, std::move(value), {}}; }
  static Reply status(std::string value) { return {Kind::status, 0, std::move(value), {}}; }
  static Reply error(std::string value) { return {Kind::error, 0, std::move(value), {}}; }
  static Reply array(std::vector<Reply> values = {}) { return {Kind::array, 0, {}, std::move(values)}; }
  bool is_error() const { return kind == Kind::error; }
};

}  // namespace tributary::sim
