#include "cli/api/letters_json.hpp"

#include <algorithm>

#include "cli/group/stream_entry.hpp"
#include "cli/terminal/json_text.hpp"
#include "core/base/safe_text.hpp"

namespace tributary::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kFirstLetter = 3;  // behind length, read and reasons
constexpr std::size_t kFirstField = 3;   // of a letter, behind id, bytes and payload

json::object letter_object(const redis::Reply& letter) {
  const auto& parts = letter.elements;
  json::object object{{"id", json_or_null(parts[0].text)},
                      {"time", entry_time(parts[0].text)},
                      {"message_id", nullptr},
                      {"channel", nullptr},
                      {"reason", nullptr},
                      {"attempts", nullptr},
                      {"consumer_id", nullptr},
                      {"position", nullptr},
                      {"payload_bytes", parts[1].integer}};
  for (std::size_t i = kFirstField; i + 1 < parts.size(); i += 2) {
    const bool number = parts[i].text == "attempts";
    object[valid_utf8(parts[i].text)] =
        number ? json_number_or_text(parts[i + 1].text) : json::value(valid_utf8(parts[i + 1].text));
  }
  return object;
}

bool is_answer(const redis::Reply& answer) { return answer.elements.size() >= kFirstLetter; }

}  // namespace

std::string letters_json(const redis::Reply& answer, const std::string& stream) {
  if (!is_answer(answer)) return {};
  json::array letters;
  for (std::size_t i = kFirstLetter; i < answer.elements.size(); ++i)
    letters.push_back(letter_object(answer.elements[i]));
  const auto& counts = answer.elements[2].elements;
  std::vector<std::pair<std::int64_t, std::string>> reasons;
  for (std::size_t i = 0; i + 1 < counts.size(); i += 2)
    reasons.emplace_back(counts[i + 1].integer, counts[i].text);
  std::ranges::stable_sort(reasons, std::greater(), [](const auto& reason) { return reason.first; });
  json::array counted;
  for (const auto& [count, reason] : reasons)
    counted.push_back(json::object{{"reason", valid_utf8(reason)}, {"count", count}});
  return json_text({{"stream", json_or_null(stream)},
                    {"in_stream", answer.elements[0].integer},
                    {"read", answer.elements[1].integer},
                    {"dead_letters", std::move(letters)},
                    {"reasons", std::move(counted)}});
}

std::string letter_json(const redis::Reply& answer) {
  if (!is_answer(answer) || answer.elements.size() == kFirstLetter) return {};
  const auto& letter = answer.elements[kFirstLetter];
  auto object = letter_object(letter);
  const auto& payload = letter.elements[2].text;
  object["payload"] = visible_text(payload, true);
  object["whole"] = static_cast<std::int64_t>(payload.size()) == letter.elements[1].integer;
  return json_text(std::move(object));
}

}  // namespace tributary::cli
