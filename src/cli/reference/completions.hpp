#pragma once

#include <string>

namespace tributary::cli {

// Scripts that let a shell complete commands, options, and the values of options that can be listed. Made
// from the same declarations as --help, so they know what the program knows.

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace tributary::cli
