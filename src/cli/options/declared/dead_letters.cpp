#include "cli/options/declared/declarations.hpp"

#include "cli/options/entry_id.hpp"

namespace tributary::cli {
namespace {

std::string not_an_id(std::string_view text) {
  return "must be an id such as 1795446663144-0, or several with commas between, not " + quoted(text);
}

Problem set_ids(Settings& settings, const Values& values, Source) {
  settings.dead.ids.clear();
  for (const auto& value : values) {
    for (const auto part : split(value, ',')) {
      const auto id = parse_entry_id(part);
      if (!id) return not_an_id(part);
      settings.dead.ids.push_back(id->text());
    }
    if (value.empty()) return not_an_id(value);
  }
  return std::nullopt;
}

}  // namespace

void declare_dead_letters(Declarations& all) {
  all.group("Which dead letters");
  auto& ids = all.add(kDeadMany, "id", "", "ID[,ID...]", "those with these ids; may be repeated");
  ids.repeatable = true;
  ids.set = set_ids;
  ids.show = nothing;
  bind_text(all.add(kDeadMany, "reason", "", "TEXT", "those whose reason contains this"), FIELD(dead.reason));
  const auto nothing_if_none = [](auto field) {
    return [field](const Settings& s) {
      return field(s).count() == 0 ? std::string() : format_duration(field(s));
    };
  };
  auto& older = all.add(kDeadMany, "older-than", "", "TIME", "those added longer ago than this; 0: any");
  bind_duration(older, "1ms", "24000h", true, FIELD(dead.older_than));
  older.show = nothing_if_none(FIELD(dead.older_than));
  auto& newer = all.add(kDeadMany, "newer-than", "", "TIME", "those added within this time; 0: any");
  bind_duration(newer, "1ms", "24000h", true, FIELD(dead.newer_than));
  newer.show = nothing_if_none(FIELD(dead.newer_than));
  bind_number(all.add(kDeadMany, "limit", "", "N", "only the oldest N of these; 0: all"), 0,
              1'000'000'000'000, FIELD(dead.limit));
  bind_switch(all.add(kDeadRetry | kDeadDrop, "all", "", "", "every dead letter, instead of a filter"),
              FIELD(dead.all));
  all.group("How");
  bind_switch(all.add(kDeadDrop | kBench, "yes", "", "", "do not ask first"), FIELD(yes));
  bind_switch(
      all.add(kDeadShow, "raw", "", "", "write the payload's bytes as they were published, nothing else"),
      FIELD(dead.raw));
}

}  // namespace tributary::cli
