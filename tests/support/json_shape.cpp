#include "support/json_shape.hpp"

#include <algorithm>
#include <map>

#include "core/base/text.hpp"
#include "support/temporary_directory.hpp"

namespace tributary::test {
namespace {

namespace json = boost::json;

struct Documented {
  std::string kinds;  ///< "number or string or null"
  bool optional = false;
};
using Section = std::map<std::string, Documented, std::less<>>;

/// Of docs/json.md, by heading.
std::map<std::string, Section> read_document() {
  std::map<std::string, Section> sections;
  const auto text = read_file(TRIBUTARY_SOURCE "/docs/json.md");
  std::string heading;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with('#')) heading = line.substr(line.find(' ') + 1);
    // * `key`, `key`: number or null, what it is
    const auto colon = line.find("`: ");
    if (!line.starts_with("* `") || colon == std::string_view::npos) continue;
    const auto said = line.substr(colon + 3);
    const auto kinds = said.substr(0, std::min({said.find(','), said.find(';'), said.find(" of ")}));
    const Documented documented{std::string(kinds), said.find("optional") != std::string_view::npos};
    for (const auto key : split(line.substr(0, colon + 1), ','))
      sections[heading][std::string(key.substr(key.find('`') + 1, key.rfind('`') - key.find('`') - 1))] =
          documented;
  }
  return sections;
}

const char* kind_of(const json::value& value) {
  if (value.is_number()) return "number";
  if (value.is_string()) return "string";
  if (value.is_bool()) return "boolean";
  if (value.is_array()) return "array";
  return value.is_object() ? "object" : "null";
}

class Comparison {
 public:
  std::string differences;

  void object(const std::string& heading, const json::object& printed) {
    const auto& section = document_.at(heading);
    for (const auto& [key, documented] : section) {
      if (!printed.contains(key) && !documented.optional) differences += heading + " has no " + key + "\n";
    }
    for (const auto& [key, value] : printed) {
      const auto documented = section.find(std::string_view(key.data(), key.size()));
      if (documented == section.end()) {
        differences += heading + ": " + std::string(key) + " is not documented\n";
      } else if (documented->second.kinds.find(kind_of(value)) == std::string::npos) {
        differences += heading + ": " + std::string(key) + " is " + json::serialize(value) + ", not" +
                       documented->second.kinds + "\n";
      }
      below(heading + "." + std::string(key), value);
    }
  }

 private:
  void below(const std::string& heading, const json::value& value) {
    if (value.is_object() && document_.contains(heading)) object(heading, value.as_object());
    if (!value.is_array()) return;
    for (const auto& element : value.as_array()) {
      if (element.is_object()) object(heading + "[]", element.as_object());
    }
  }

  std::map<std::string, Section> document_ = read_document();
};

}  // namespace

std::string json_differences(const std::string& command, const json::object& printed) {
  Comparison comparison;
  comparison.object(command, printed);
  return comparison.differences;
}

}  // namespace tributary::test
