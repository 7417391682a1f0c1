#pragma once

#include <cstddef>
#include <string_view>

namespace tributary {

/// What kind of thing a log line tells of: a name that stays the same in every version. Written "view_joined"_event; only so,
/// so that a test finds all of them and holds them against docs/log-lines.md.
class Event {
 public:
  constexpr Event() = default;
  constexpr std::string_view name() const { return name_; }
  friend constexpr bool operator==(Event, Event) = default;

 private:
  friend consteval Event operator""_event(const char* name, std::size_t size);
  consteval explicit Event(std::string_view name) : name_(name) {}

  std::string_view name_;
};

consteval Event operator""_event(const char* name, std::size_t size) {
  return Event(std::string_view(name, size));
}

}  // namespace tributary
