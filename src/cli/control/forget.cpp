#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/group/group_reader.hpp"
#include "cli/terminal/caller.hpp"
#include "core/base/text.hpp"
#include "redis/group_keys.hpp"

namespace tributary::cli {

// The node itself is not asked: should it come back after all, its next beat says again what it holds.
Result<ExitCode> run_forget(const Settings& given) {
  Settings settings = given;
  auto client = connect_to_group(settings);
  if (!client) return client.error();
  const auto status = read_group(*client, settings);
  if (!status) return status.error();
  if (!status.value().exists()) return no_such_group(settings);
  const auto& target = settings.control.target;
  const auto state = redis::group_keys(settings.output_stream, settings.consumers_list).front();
  std::size_t forgotten = 0;
  std::string others;
  for (const auto& journal : status.value().journals) {
    if (journal.host != target && journal.directory != target) {
      others += (others.empty() ? "" : ", ") + (journal.host.empty() ? journal.directory : journal.host);
      continue;
    }
    const auto removed = client->ask({"HDEL", state, "journal:" + journal.directory});
    if (!removed) return removed.error();
    ++forgotten;
    person().say(
        fmt::format("group {} no longer waits for the journal of {} ({}): what only it held will be declared "
                    "in the loss ledger",
                    settings.output_stream, target, journal.member.text));
  }
  if (forgotten > 0) return ExitCode::ok;
  return Error{ErrorKind::not_found,
               "group " + quoted(settings.output_stream) + " waits for no journal of " + quoted(target) +
                   (others.empty() ? ", nor for any other" : "; it waits for those of " + others)};
}

}  // namespace tributary::cli
