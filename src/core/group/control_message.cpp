#include "core/group/control_message.hpp"

#include <string>

#include "core/base/text.hpp"

namespace tributary::group {
namespace {

constexpr std::size_t kLongestMessage = 1 << 20;

std::optional<ControlMessage> parse_marker(const std::vector<std::string_view>& words) {
  if (words.size() < 8 || words.size() > 9 || words[2].empty()) return std::nullopt;
  Marker marker;
  marker.nonce = GroupNonce(std::string(words[2]));
  const auto id = ViewId::parse(words[3]);
  const auto identity = Identity::parse(words[5]);
  const auto tick = to_number(words[6]);
  auto members = parse_members(words[7]);
  if (!id || !identity || !tick || !members) return std::nullopt;
  marker.view = View{*id, *identity, std::move(*members)};
  if (words.size() > 8 && !(marker.view.before = parse_members(words[8]))) return std::nullopt;
  marker.alone = words[4] == "-";
  marker.tick = *tick;
  return marker;
}

std::optional<ControlMessage> parse_tick(const std::vector<std::string_view>& words) {
  if (words.size() != 5 || words[2].empty()) return std::nullopt;
  const auto number = to_number(words[3]);
  const auto identity = Identity::parse(words[4]);
  if (!number || !identity) return std::nullopt;
  return Tick{GroupNonce(std::string(words[2])), *number, *identity};
}

}  // namespace

std::optional<ControlMessage> parse_control_message(std::string_view text) {
  if (text.size() > kLongestMessage || !text.starts_with("tributary/1 ")) return std::nullopt;
  const auto words = split(text, ' ');
  if (words.size() < 2) return std::nullopt;
  if (words[1] == "marker") return parse_marker(words);
  if (words[1] == "tick") return parse_tick(words);
  return std::nullopt;
}

std::string format_marker(const View& view, const GroupNonce& nonce) {
  return "tributary/1 marker " + nonce.text + " " + view.id.text() + " - " + view.identity.text() + " 0 " +
         format_members(view.members) + (view.before ? " " + format_members(*view.before) : "");
}

}  // namespace tributary::group
