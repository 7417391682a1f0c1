#include "cli/terminal/caller.hpp"

#include <pwd.h>
#include <unistd.h>

#include "cli/system/interrupt.hpp"
#include "cli/terminal/output.hpp"
#include "embed/process_name.hpp"

namespace tributary::cli {

Caller person() {
  const passwd* const user = ::getpwuid(::geteuid());
  const auto name = user != nullptr ? std::string(user->pw_name) : std::to_string(::geteuid());
  return {name + "@" + embed::host_name(),
          [](const std::string& line) {
            print("{}\n", line);
            static_cast<void>(flush_output());  // whether it worked is asked again at the end
          },
          interrupted};
}

}  // namespace tributary::cli
