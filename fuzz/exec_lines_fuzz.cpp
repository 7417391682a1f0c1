#include <boost/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include "core/base/safe_text.hpp"
#include "core/base/text.hpp"
#include "fuzz_target.hpp"
#include "process/processors/command_words.hpp"
#include "process/processors/exec_request.hpp"
#include "process/processors/lines.hpp"
#include "process/processors/log_rate.hpp"

// Everything that goes between a node and a program: its command, requests, the lines that it writes, in pieces
// whose size the first byte chooses.
namespace tributary::fuzz {
namespace {

constexpr std::size_t kLongest = 40;

void check_lines(std::string_view bytes, std::size_t piece) {
  process::Lines lines(kLongest);
  std::string together;
  for (auto rest = bytes; !rest.empty() && !lines.too_long();) {
    const auto part = rest.substr(0, piece);
    std::copy(part.begin(), part.end(), lines.room(part.size()));
    lines.came(part.size());
    rest.remove_prefix(part.size());
    while (const auto line = lines.next()) {
      TRIBUTARY_CHECK(line->size() <= kLongest && line->find('\n') == std::string_view::npos);
      (together += *line) += '\n';
    }
  }
  if (lines.too_long()) {
    TRIBUTARY_CHECK(bytes.starts_with(together));
    TRIBUTARY_CHECK(bytes.substr(together.size()).find('\n') > kLongest);
  } else {
    TRIBUTARY_CHECK(together + std::string(lines.rest()) == bytes);
  }
}

void check_request(std::string_view text) {
  const Message message{text, text, "7.v:1", text, 3};
  std::string line;
  process::append_request(line, message, false);
  TRIBUTARY_CHECK(line.find('\n') == line.size() - 1);
  boost::json::error_code error;
  const auto request = boost::json::parse(line, error);
  TRIBUTARY_CHECK(!error);
  const auto& object = request.as_object();
  TRIBUTARY_CHECK(object.at("position") == "7.v:1" && object.at("attempt") == 3);
  TRIBUTARY_CHECK(object.contains("message_id") == !text.empty());
  if (const auto* const payload = object.if_contains("payload")) {
    TRIBUTARY_CHECK(std::string_view(payload->as_string()) == text);
    TRIBUTARY_CHECK(std::string_view(object.at("channel").as_string()) == text);
  } else {
    TRIBUTARY_CHECK(object.at("payload_base64").as_string().size() == (text.size() + 2) / 3 * 4);
  }
}

void check_words(std::string_view command) {
  const auto words = process::command_words(command);
  if (!words.ok()) {
    TRIBUTARY_CHECK(words.error().kind == ErrorKind::usage);
    return;
  }
  std::string quoted;  // each as it is
  for (const auto& word : words.value()) {
    quoted += '\'';
    for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    quoted += "' ";
  }
  const auto again = process::command_words(quoted);
  TRIBUTARY_CHECK(again.ok() && again.value() == words.value());
}

}  // namespace

void run(std::string_view input) {
  check_words(input);
  for (const char c : visible_text(input))
    TRIBUTARY_CHECK(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  check_request(input);
  if (!input.empty())
    check_lines(input.substr(1), static_cast<std::size_t>(static_cast<unsigned char>(input[0])) + 1);
}

}  // namespace tributary::fuzz
