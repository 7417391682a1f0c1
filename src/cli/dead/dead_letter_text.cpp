#include "cli/dead/dead_letter_text.hpp"

#include <fmt/format.h>

#include "cli/terminal/json_text.hpp"
#include "cli/terminal/text_table.hpp"
#include "core/base/safe_text.hpp"
#include "core/base/text.hpp"
#include "observe/monitor_line.hpp"

namespace tributary::cli {
namespace {

constexpr std::size_t kIdShown = 40;
constexpr std::size_t kReasonShown = 100;
constexpr std::size_t kReasonRows = 20;

boost::json::value text_or_null(const std::optional<std::string>& text) {
  if (!text) return nullptr;
  return boost::json::value(valid_utf8(*text));
}

// What the list and the whole letter have in common.
boost::json::object json_of(const StoredLetter& letter, std::size_t payload_bytes) {
  const auto attempts = letter.attempts ? to_number(*letter.attempts) : std::nullopt;
  return {{"id", letter.id.text()},
          {"time", letter.time()},
          {"message_id", text_or_null(letter.message_id)},
          {"channel", text_or_null(letter.channel)},
          {"reason", text_or_null(letter.reason)},
          {"attempts", attempts ? boost::json::value(*attempts) : nullptr},
          {"consumer_id", text_or_null(letter.consumer_id)},
          {"position", text_or_null(letter.position)},
          {"payload_bytes", payload_bytes}};
}

std::string shown(const std::optional<std::string>& text) { return text ? visible_text(*text) : "-"; }

}  // namespace

std::string letter_list_text(const LetterList& list) {
  if (list.in_stream == 0) return "no dead letters in " + list.stream + "\n";
  const auto whole = count_of(list.in_stream, "dead letter") + " in " + list.stream;
  if (list.matched == 0) return "none of the " + whole + " match\n";
  TextTable table({"id", "time", ">attempts", ">bytes", "message_id", "reason"});
  for (std::size_t i = 0; i < list.letters.size(); ++i) {
    const auto& letter = list.letters[i];
    table.add({letter.id.text(), letter.time(), shown(letter.attempts), with_commas(list.sizes[i]),
               shortened(shown(letter.message_id), kIdShown),
               shortened(visible_text(letter.reason_text()), kReasonShown)});
  }
  std::string out = table.text() + "\n" + whole;
  if (list.filtered) out += "; " + with_commas(list.matched) + " of them chosen";
  if (list.letters.size() < list.matched) {
    out += fmt::format("; the oldest {} are shown (--limit)", with_commas(list.letters.size()));
  }
  return out + "\n" + list.reasons.table(kReasonRows);
}

std::string letter_list_json(const LetterList& list) {
  boost::json::array letters;
  for (std::size_t i = 0; i < list.letters.size(); ++i) {
    letters.push_back(json_of(list.letters[i], list.sizes[i]));
  }
  boost::json::array reasons;
  for (const auto& [reason, count] : list.reasons.sorted()) {
    reasons.push_back(boost::json::object{{"reason", valid_utf8(reason)}, {"count", count}});
  }
  return json_text({{"stream", valid_utf8(list.stream)},
                    {"in_stream", list.in_stream},
                    {"chosen", list.matched},
                    {"dead_letters", std::move(letters)},
                    {"reasons", std::move(reasons)}});
}

std::string letter_text(const StoredLetter& letter) {
  const auto row = [](std::string_view name, const std::string& value) {
    return fmt::format("{:<13}{}\n", name, value);
  };
  std::string out = row("id", letter.id.text()) + row("time", letter.time()) +
                    row("message_id", shown(letter.message_id)) +
                    (letter.channel ? row("channel", shown(letter.channel)) : "") +
                    row("reason", shown(letter.reason)) + row("attempts", shown(letter.attempts)) +
                    row("consumer_id", shown(letter.consumer_id)) + row("position", shown(letter.position));
  if (!letter.payload) return out + row("payload", "-");
  out += row("payload", count_of(letter.payload->size(), "byte"));
  if (letter.payload->empty()) return out;
  out += "\n" + visible_text(*letter.payload, true);
  return out.ends_with('\n') ? out : out + "\n";
}

std::string letter_json(const StoredLetter& letter) {
  auto object = json_of(letter, letter.payload ? letter.payload->size() : 0);
  const bool is_text = letter.payload && is_utf8(*letter.payload);
  object["payload"] = is_text ? boost::json::value(*letter.payload) : nullptr;
  object["payload_base64"] =
      letter.payload && !is_text ? boost::json::value(base64(*letter.payload)) : nullptr;
  return json_text(std::move(object));
}

}  // namespace tributary::cli
