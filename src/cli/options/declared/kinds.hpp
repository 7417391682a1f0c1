#pragma once

#include <limits>

#include "cli/options/options.hpp"
#include "cli/options/quantity.hpp"
#include "core/base/text.hpp"

// How a value of each kind is checked, stored and shown. Each kind is bound to a field of Settings by a
// function that returns a reference to it, as in KIND([](auto& s) -> auto& { return s.consumers; }).
namespace tributary::cli {

using Values = std::vector<std::string>;
using Problem = std::optional<std::string>;

template <class Field>
Option& bind_text(Option& option, Field field) {
  option.set = [field](Settings& settings, const Values& values, Source) -> Problem {
    if (values[0].empty()) return "must not be empty";
    field(settings) = values[0];
    return std::nullopt;
  };
  option.show = [field](const Settings& settings) { return field(settings); };
  return option;
}

template <class Field>
Option& bind_list(Option& option, Field field) {
  option.repeatable = true;
  option.set = [field](Settings& settings, const Values& values, Source) -> Problem {
    for (const auto& value : values) {
      if (value.empty()) return "must not be empty";
    }
    field(settings) = values;
    return std::nullopt;
  };
  option.show = [](const Settings&) { return std::string(); };
  return option;
}

template <class Field>
Option& bind_number(Option& option, std::uint64_t least, std::uint64_t most, Field field) {
  option.set = [=](Settings& settings, const Values& values, Source) -> Problem {
    const auto number = to_number(values[0]);
    if (!number || *number < least || *number > most) {
      return "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
             ", not " + quoted(values[0]);
    }
    using Number = std::remove_reference_t<decltype(field(settings))>;
    field(settings) = static_cast<Number>(*number);
    return std::nullopt;
  };
  option.show = [field](const Settings& settings) { return std::to_string(field(settings)); };
  return option;
}

/// The number may also be the word unlimited, which stands for the largest number.
template <class Field>
void or_unlimited(Option& option, Field field) {
  option.set = [field, number = option.set](Settings& settings, const Values& values,
                                            Source source) -> Problem {
    using Number = std::remove_reference_t<decltype(field(settings))>;
    if (values[0] != "unlimited") {
      auto problem = number(settings, values, source);
      if (problem) problem->insert(problem->find(", not "), ", or unlimited");
      return problem;
    }
    field(settings) = std::numeric_limits<Number>::max();
    return std::nullopt;
  };
  option.show = [field, number = option.show](const Settings& settings) {
    using Number = std::remove_cvref_t<decltype(field(settings))>;
    return field(settings) == std::numeric_limits<Number>::max() ? "unlimited" : number(settings);
  };
}

/// `zero_is_fine`: 0 is allowed besides `least` to `most`.
template <class Field>
Option& bind_duration(Option& option, std::string_view least, std::string_view most, bool zero_is_fine,
                      Field field) {
  option.set = [=](Settings& settings, const Values& values, Source) -> Problem {
    const auto duration = parse_duration(values[0]);
    const bool zero = duration && duration->count() == 0 && zero_is_fine;
    if (!duration || (!zero && (*duration < *parse_duration(least) || *duration > *parse_duration(most)))) {
      return "must be a time from " + std::string(least) + " to " + std::string(most) +
             (zero_is_fine ? ", or 0" : "") + ", such as 500ms, 1.5s or a number of seconds, not " +
             quoted(values[0]);
    }
    field(settings) = *duration;
    return std::nullopt;
  };
  option.show = [field](const Settings& settings) { return format_duration(field(settings)); };
  return option;
}

template <class Field>
Option& bind_size(Option& option, std::string_view least, std::string_view most, Field field) {
  option.set = [=](Settings& settings, const Values& values, Source) -> Problem {
    const auto size = parse_size(values[0]);
    if (!size || *size < *parse_size(least) || *size > *parse_size(most)) {
      return "must be a size from " + std::string(least) + " to " + std::string(most) +
             ", in bytes or such as 64KiB, 256MiB, 1GiB, not " + quoted(values[0]);
    }
    field(settings) = *size;
    return std::nullopt;
  };
  option.show = [field](const Settings& settings) { return format_size(field(settings)); };
  return option;
}

template <class Field>
Option& bind_switch(Option& option, Field field) {
  option.value_name.clear();
  option.set = [field](Settings& settings, const Values& values, Source) -> Problem {
    if (values[0] != "true" && values[0] != "false") return "must be true or false, not " + quoted(values[0]);
    field(settings) = values[0] == "true";
    return std::nullopt;
  };
  option.show = [](const Settings&) { return std::string(); };
  return option;
}

/// One of two words; the field is whether it is the second.
template <class Field>
void bind_choice(Option& option, const char* no, const char* yes, Field field) {
  option.choices = {no, yes};
  option.set = [=](Settings& s, const Values& values, Source) -> Problem {
    if (values[0] != no && values[0] != yes)
      return "must be " + std::string(no) + " or " + yes + ", not " + quoted(values[0]);
    field(s) = values[0] == yes;
    return std::nullopt;
  };
  option.show = [=](const Settings& s) { return std::string(field(s) ? yes : no); };
}

// Remembers that somebody set the option.
template <class Field>
void note_given(Option& option, Field given) {
  option.set = [set = option.set, given](Settings& settings, const Values& values, Source source) {
    given(settings) = true;
    return set(settings, values, source);
  };
}

/// For `Option::show` of options whose default is not worth a word.
inline std::string nothing(const Settings&) { return {}; }

/// Of numbers that say by 0 that they were not given.
template <class Field>
std::function<std::string(const Settings&)> nothing_if_zero(Field field) {
  return [field](const Settings& s) { return field(s) == 0 ? std::string() : std::to_string(field(s)); };
}

}  // namespace tributary::cli
