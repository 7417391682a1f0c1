#pragma once

#include <string>

#include "cli/options/settings.hpp"

namespace tributary::cli {

// Manual pages in the language of man(7), from the same declarations as --help.

/// tributary(1): the whole program and its settings.
std::string general_manual();
struct Manual {
  std::string page;  ///< its name: "tributary-dead-list"
  std::string text;
};
/// tributary-COMMAND(1): one command and its settings.
Manual command_manual(Command command);

}  // namespace tributary::cli
