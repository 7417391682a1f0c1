#include "embed/view_news.hpp"

#include <fmt/format.h>

#include <functional>

#include "core/base/text.hpp"
#include "observe/monitor_line.hpp"

namespace tributary::embed {
namespace {

constexpr std::size_t kMostNamed = 10;

using Members = std::vector<group::ViewMember>;

/// "; WHAT: a, b and 3 more", or nothing.
std::string named(std::string_view what, const Members& members,
                  const std::function<bool(const group::ViewMember&)>& chosen) {
  std::string names;
  std::size_t count = 0;
  for (const auto& member : members) {
    if (!chosen(member)) continue;
    if (++count <= kMostNamed) names += (count > 1 ? ", " : "") + member.id.text;
  }
  if (count == 0) return {};
  return fmt::format("; {}: {}{}", what, names,
                     count > kMostNamed ? fmt::format(" and {} more", count - kMostNamed) : "");
}

std::uint64_t consumers_of(const group::View& view) {
  std::uint64_t consumers = 0;
  for (const auto& member : view.members) consumers += member.weight;
  return consumers;
}

std::string size_of(const group::View& view) {
  return count_of(view.members.size(), "node") + ", " + count_of(consumers_of(view), "consumer");
}

}  // namespace

std::optional<group::Report> ViewNews::see(const group::View& view, const group::MemberId& me) {
  if (view.id == last_.id || view.find(me) == nullptr) return std::nullopt;
  group::Report news;
  auto& line = news.text;
  if (was_ != me) {
    news.event = "view_joined"_event;
    line = fmt::format("joined view {} as {}: {}", view.id.text(), me.text, size_of(view));
  } else {
    news.event = "view_changed"_event;
    line = fmt::format("view {}: {}", view.id.text(), size_of(view));
    line += named("came", view.members, [&](const auto& member) { return last_.find(member.id) == nullptr; });
    line += named("gone", last_.members, [&](const auto& member) { return view.find(member.id) == nullptr; });
    line += named("leaving", view.members, [&](const auto& member) {
      const auto* before = last_.find(member.id);
      return member.leaving && (before == nullptr || !before->leaving);
    });
  }
  news.figures = {{"view", view.id.text()},
                  {"member", me.text},
                  {"nodes", view.members.size()},
                  {"consumers", consumers_of(view)}};
  last_ = view;
  was_ = me;
  return news;
}

}  // namespace tributary::embed
