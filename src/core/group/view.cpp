#include "core/group/view.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace tributary::group {

std::optional<Identity> Identity::parse(std::string_view text) {
  const auto parts = split(text, '/');
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) return std::nullopt;
  return Identity{std::string(parts[0]), std::string(parts[1])};
}

std::optional<ViewId> ViewId::parse(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 2 || parts[1].empty()) return std::nullopt;
  const auto number = to_number(parts[0]);
  if (!number || *number == 0) return std::nullopt;
  return ViewId{*number, std::string(parts[1])};
}

const ViewMember* View::find(const MemberId& member) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.id == member; });
  return found == members.end() ? nullptr : &*found;
}

std::vector<std::uint32_t> View::weights() const {
  std::vector<std::uint32_t> weights;
  weights.reserve(members.size());
  for (const auto& member : members) weights.push_back(member.weight);
  return weights;
}

std::optional<journal::KeySlots> View::keys() const {
  if (!before) return std::nullopt;
  const auto shares = [](const std::vector<ViewMember>& of) {
    std::vector<journal::KeySlots::Share> list;
    for (const auto& member : of) list.push_back({member.id.text, member.weight});
    return list;
  };
  return journal::KeySlots(shares(members), shares(*before));
}

std::optional<std::vector<ViewMember>> parse_members(std::string_view text) {
  std::vector<ViewMember> members;
  std::uint64_t slots = 0;
  if (text == "-") return members;
  for (const auto part : split(text, ',')) {
    const auto fields = split(part, '/');
    if (fields.size() < 4 || fields.size() > 5 || fields[0].empty()) return std::nullopt;
    const auto weight = to_number(fields[1]);
    const auto order = to_number(fields[2]);
    if (!weight || *weight > kMaxWeight || !order || (slots += *weight) > kMaxSlots) return std::nullopt;
    if (fields[3] != "0" && fields[3] != "1") return std::nullopt;
    members.push_back({MemberId(std::string(fields[0])), static_cast<std::uint32_t>(*weight), *order,
                       fields[3] == "1", fields.size() < 5 || fields[4] == "1"});
  }
  if (members.empty()) return std::nullopt;
  return members;
}

std::string format_members(const std::vector<ViewMember>& members) {
  std::string text;
  for (const auto& member : members) {
    if (!text.empty()) text += ',';
    text += member.id.text + "/" + std::to_string(member.weight) + "/" + std::to_string(member.order) +
            (member.leaving ? "/1" : "/0");
  }
  return text.empty() ? "-" : text;
}

}  // namespace tributary::group
