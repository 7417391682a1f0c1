#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/base/text.hpp"
#include "core/group/calls.hpp"

/// How the values of calls and answers are written and read. For calls.cpp and answers.cpp only.
namespace tributary::group {

// --- single values: written by text_of, read by read(), which is false if the text is not such a value.
// "-" stands for nothing.

inline constexpr std::string_view kNothing = "-";

inline std::string text_of(const std::string& value) { return value; }
inline bool read(std::string_view text, std::string& value) {
  value = text;
  return true;
}

inline std::string text_of(std::uint64_t value) { return std::to_string(value); }
inline bool read(std::string_view text, std::uint64_t& value) {
  const auto number = to_number(text);
  value = number.value_or(0);
  return number.has_value();
}

inline std::string text_of(std::uint32_t value) { return std::to_string(value); }
inline bool read(std::string_view text, std::uint32_t& value) {
  const auto number = to_number(text);
  if (!number || *number > UINT32_MAX) return false;
  value = static_cast<std::uint32_t>(*number);
  return true;
}

inline std::string text_of(TimeMs value) { return std::to_string(value); }
inline bool read(std::string_view text, TimeMs& value) {
  const auto number = to_number(text);
  value = static_cast<TimeMs>(number.value_or(0));
  return number.has_value();
}

inline std::string text_of(bool value) { return value ? "1" : "0"; }
inline bool read(std::string_view text, bool& value) {
  value = text == "1";
  return value || text == "0";
}

template <class Kind>
std::string text_of(const Identifier<Kind>& value) {
  return value.empty() ? std::string(kNothing) : value.text;
}
template <class Kind>
bool read(std::string_view text, Identifier<Kind>& value) {
  value = Identifier<Kind>(text == kNothing ? std::string() : std::string(text));
  return true;
}

template <class Value>
bool read_parsed(std::string_view text, Value& value) {
  auto parsed = Value::parse(text);
  if (!parsed) return false;
  value = std::move(*parsed);
  return true;
}
inline std::string text_of(const ViewId& value) { return value.text(); }
inline bool read(std::string_view text, ViewId& value) { return read_parsed(text, value); }
inline std::string text_of(const Identity& value) { return value.text(); }
inline bool read(std::string_view text, Identity& value) { return read_parsed(text, value); }
inline std::string text_of(const LaneId& value) { return value.text(); }
inline bool read(std::string_view text, LaneId& value) {
  const auto colon = text.rfind(':');
  return colon != std::string_view::npos && read(text.substr(0, colon), value.view) &&
         read(text.substr(colon + 1), value.index);
}

inline std::string text_of(LeaveCall::Step value) { return std::to_string(static_cast<int>(value)); }
inline bool read(std::string_view text, LeaveCall::Step& value) {
  const auto number = to_number(text);
  if (!number || *number > 2) return false;
  value = static_cast<LeaveCall::Step>(*number);
  return true;
}

/// Values with a name each, in the order of their enumeration.
template <class Value, std::size_t size>
bool read_named(std::string_view text, const std::array<std::string_view, size>& names, Value& value) {
  const auto found = std::find(names.begin(), names.end(), text);
  value = static_cast<Value>(found - names.begin());
  return found != names.end();
}
inline constexpr std::array<std::string_view, 2> kLossKinds = {"lost", "possible"};
inline std::string text_of(LossLine::Kind value) {
  return std::string(kLossKinds[static_cast<std::size_t>(value)]);
}
inline bool read(std::string_view text, LossLine::Kind& value) { return read_named(text, kLossKinds, value); }
inline constexpr std::array<std::string_view, 3> kBefore = {"others", "silent", "nobody"};
inline std::string text_of(JoinAnswer::Before value) {
  return std::string(kBefore[static_cast<std::size_t>(value)]);
}
inline bool read(std::string_view text, JoinAnswer::Before& value) {
  return read_named(text, kBefore, value);
}

inline std::string text_of(const std::vector<ViewMember>& members) { return format_members(members); }
inline bool read(std::string_view text, std::vector<ViewMember>& members) {
  auto parsed = parse_members(text);
  if (!parsed) return false;
  members = std::move(*parsed);
  return true;
}

// --- values of several parts

template <class Value>
std::string text_of(const std::optional<Value>& value) {
  return value ? text_of(*value) : std::string(kNothing);
}
template <class Value>
bool read(std::string_view text, std::optional<Value>& value) {
  value.reset();
  return text == kNothing || read(text, value.emplace());
}

/// Joins parts, or takes them from a text, by one separator.
template <char separator, class... Part>
std::string joined(const Part&... parts) {
  std::string text;
  ((text += (text.empty() ? "" : std::string(1, separator)) + text_of(parts)), ...);
  return text;
}
template <char separator, class... Part>
bool taken(std::string_view text, Part&... parts) {
  const auto words = split(text, separator);
  std::size_t i = 0;
  return words.size() == sizeof...(parts) && (read(words[i++], parts) && ...);
}

inline std::string text_of(const Counted& c) { return joined<'/'>(c.tick, c.view, c.count, c.digest); }
inline bool read(std::string_view text, Counted& c) {
  return taken<'/'>(text, c.tick, c.view, c.count, c.digest);
}

inline std::string text_of(const Gap& gap) { return gap.lane.text() + ":" + text_of(gap.position); }
inline bool read(std::string_view text, Gap& gap) {
  const auto colon = text.rfind(':');
  return colon != std::string_view::npos && read(text.substr(0, colon), gap.lane) &&
         read(text.substr(colon + 1), gap.position);
}

inline std::string text_of(const Highest& highest) { return joined<':'>(highest.view, highest.position); }
inline bool read(std::string_view text, Highest& highest) {
  return taken<':'>(text, highest.view, highest.position);
}

inline std::string text_of(const InstallCall::Member& member) {
  return joined<'/'>(member.id, member.weight);
}
inline bool read(std::string_view text, InstallCall::Member& member) {
  return taken<'/'>(text, member.id, member.weight);
}

template <char separator, class Value>
std::string list_text(const std::vector<Value>& values) {
  std::string text;
  for (const auto& value : values) {
    if (!text.empty()) text += separator;
    text += text_of(value);
  }
  return text.empty() ? std::string(kNothing) : text;
}
template <char separator, class Value>
bool read_list(std::string_view text, std::vector<Value>& values) {
  values.clear();
  if (text == kNothing) return true;
  for (const auto word : split(text, separator)) {
    if (!read(word, values.emplace_back())) return false;
  }
  return true;
}

inline std::string text_of(const Length& length) {
  return joined<':'>(length.view, length.length) + ":" + list_text<'/'>(length.ends);
}
inline bool read(std::string_view text, Length& length) {
  const auto words = split(text, ':');
  return words.size() == 3 && read(words[0], length.view) && read(words[1], length.length) &&
         read_list<'/'>(words[2], length.ends);
}

inline std::string text_of(const BeatAnswer::Lane& lane) {
  return lane.id.text() + ":" + joined<':'>(lane.owner, lane.position, lane.end);
}
inline bool read(std::string_view text, BeatAnswer::Lane& lane) {
  const auto words = split(text, ':');
  return words.size() == 5 && read(words[0], lane.id.view) && read(words[1], lane.id.index) &&
         read(words[2], lane.owner) && read(words[3], lane.position) && read(words[4], lane.end);
}

inline std::string text_of(const BeatAnswer::Figures& figures) {
  return (figures.capacity ? text_of(*figures.capacity) : "") + "/" +
         joined<'/'>(figures.received, figures.committed, figures.backlog) + "/" +
         std::to_string(figures.busy) + "/" + (figures.hanging ? "1" : "") + "/" +
         (figures.holds.empty() ? "" : list_text<'+'>(figures.holds));
}
// What a member did not tell is empty.
inline bool read(std::string_view text, BeatAnswer::Figures& figures) {
  const auto words = split(text, '/');
  if (words.size() < 5) return true;
  std::uint32_t capacity = 0;
  if (read(words[0], capacity)) figures.capacity = capacity;
  read(words[1], figures.received);
  read(words[2], figures.committed);
  read(words[3], figures.backlog);
  figures.busy = std::strtod(std::string(words[4]).c_str(), nullptr);
  figures.hanging = words.size() > 5 && words[5] == "1";
  if (words.size() > 6 && !words[6].empty()) read_list<'+'>(words[6], figures.holds);
  return true;
}

// Numbers from 1 on, most of which follow each other: "1-4,6".
inline std::string ranges_text(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (std::size_t first = 0, last = 0; first < numbers.size(); first = ++last) {
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(numbers[first]);
    if (last > first) text += '-' + std::to_string(numbers[last]);
  }
  return text.empty() ? std::string(kNothing) : text;
}
inline bool read_ranges(std::string_view text, std::vector<std::uint32_t>& numbers) {
  numbers.clear();
  if (text == kNothing) return true;
  for (const auto word : split(text, ',')) {
    const auto ends = split(word, '-');
    std::uint32_t first = 0, last = 0;
    if (ends.size() > 2 || !read(ends.front(), first) || !read(ends.back(), last)) return false;
    if (last < first || last > kMaxWeight) return false;
    for (auto number = first; number <= last; ++number) numbers.push_back(number);
  }
  return true;
}

// --- rows of values: pass() of a call or an answer names its values in order, once for both directions

class ValueWriter {
 public:
  static constexpr bool kReads = false;
  explicit ValueWriter(std::vector<std::string>& out) : out_(out) {}
  template <class Value>
  void operator()(const Value& value) {
    out_.push_back(text_of(value));
  }
  template <char separator, class Value>
  void list(const std::vector<Value>& values) {
    out_.push_back(list_text<separator>(values));
  }
  void ranges(const std::vector<std::uint32_t>& numbers) { out_.push_back(ranges_text(numbers)); }
  void pairs(const Fields& fields) {
    for (const auto& [field, value] : fields) out_.insert(out_.end(), {field, value});
  }
  void rest(const Arguments& arguments) { out_.insert(out_.end(), arguments.begin(), arguments.end()); }

 private:
  std::vector<std::string>& out_;
};

class ValueReader {
 public:
  static constexpr bool kReads = true;
  ValueReader(const std::vector<std::string>& in, std::size_t from) : in_(in), next_(from) {}
  template <class Value>
  void operator()(Value& value) {
    good_ = good_ && next_ < in_.size() && read(in_[next_++], value);
  }
  template <char separator, class Value>
  void list(std::vector<Value>& values) {
    good_ = good_ && next_ < in_.size() && read_list<separator>(in_[next_++], values);
  }
  void ranges(std::vector<std::uint32_t>& numbers) {
    good_ = good_ && next_ < in_.size() && read_ranges(in_[next_++], numbers);
  }
  void pairs(Fields& fields) {
    for (; good_ && next_ + 1 < in_.size(); next_ += 2) fields.emplace_back(in_[next_], in_[next_ + 1]);
  }
  void rest(Arguments& arguments) {
    if (good_) arguments.assign(in_.begin() + static_cast<std::ptrdiff_t>(next_), in_.end());
    next_ = in_.size();
  }
  bool more() const { return good_ && next_ < in_.size(); }
  /// Everything was there, and nothing more.
  bool done() const { return good_ && next_ == in_.size(); }

 private:
  const std::vector<std::string>& in_;
  std::size_t next_;
  bool good_ = true;
};

// Of a const Call for a ValueWriter, of one to be filled for a ValueReader.
template <class Io, class Value>
using Of = std::conditional_t<Io::kReads, Value, const Value>;

}  // namespace tributary::group
