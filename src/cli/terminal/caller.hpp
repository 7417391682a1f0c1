#pragma once

#include <functional>
#include <string>

#include "redis/blocking_stream.hpp"

namespace tributary::cli {

/// For whom a command works: a person at a terminal, or somebody who asked a node to do it. Any thread, as its functions are.
struct Caller {
  std::string name;                             ///< as the record of changes names who did it: "user@host"
  std::function<void(const std::string&)> say;  ///< takes a line of its results, without the end
  std::function<bool()> asked_to_stop;          ///< whether to end early
  bool is_person = true;                        ///< may be asked, and sees how far it is
  redis::Timeouts patience = {};                ///< with the server
};

/// Who started this process: results go to standard output.
Caller person();

}  // namespace tributary::cli
