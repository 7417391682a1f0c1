#include "cli/terminal/json_text.hpp"

#include "core/base/safe_text.hpp"
#include "core/base/text.hpp"

namespace tributary::cli {

namespace json = boost::json;

json::value json_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(valid_utf8(text));
}

json::value json_number_or_text(std::string_view text) {
  if (text.empty() || text == "-" || text == "?") return nullptr;
  if (const auto number = to_number(text)) return *number;
  return json_or_null(text);
}

std::string json_text(json::object object) {
  json::object whole{{"schema", kJsonSchema}};
  for (auto& [key, value] : object) whole[key] = std::move(value);
  return json::serialize(whole);
}

}  // namespace tributary::cli
