#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options/options.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

/// What the arguments are, their values not yet looked at.
struct Arguments {
  const CommandFacts* command = nullptr;  ///< null only with `help` or `version`
  std::string family;  ///< first word of the commands that `help` is asked about; mostly empty
  std::map<const Option*, std::vector<std::string>>
      given;  ///< all values, in their order; "true" of a switch
  std::vector<std::string> config;
  std::string argument;  ///< the command's own, not an option's
  bool help = false;
  bool version = false;
};

/// Divides the arguments: a command of one or two words, and behind it its options ("--name value" or
/// "--name=value") and perhaps an argument, in any order. What follows "--" is no option. Errors name the
/// word; but what is only unknown is forgiven to whoever asks for help. "help" and "version" are understood in place of
/// the options.
Result<Arguments> divide_arguments(const std::vector<std::string>& words);

/// The name nearest to a mistyped one, as " (did you mean X?)", if one is near.
std::string suggestion(std::string_view mistyped, const std::vector<std::string>& names);

}  // namespace tributary::cli
