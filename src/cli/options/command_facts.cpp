#include "cli/options/options.hpp"

namespace tributary::cli {

const std::vector<CommandFacts>& all_commands() {
  static const std::vector<CommandFacts> commands{
      {Command::consume, "consume", "Run a node: subscribe to the channel, process, append to the stream."},
      {Command::agent,
       "agent",
       "Run a node whose number of consumers the group decides; one per host.",
       {},
       {},
       "  tributary agent --input-channel orders --output-stream orders:stream\n"
       "  tributary agent --config FILE    # with a section [group NAME] for each of several groups\n"},
      {Command::publish, "publish", "Publish test messages."},
      {Command::status, "status", "Show the group at a glance, or a line for each of several."},
      {Command::scale, "scale", "Set the number of consumers of the whole group, or leave it to the load.",
       "N|auto", "consumers of the whole group, 0 to 100000, or auto: as many as the load needs"},
      {Command::pause, "pause", "Hold the whole group: messages are received and kept, not processed."},
      {Command::resume, "resume", "Resume a paused group, or allow a stopped one to be started again."},
      {Command::stop, "stop", "Stop every node of the group, wherever it runs."},
      {Command::forget, "forget",
       "Wait no longer for the journal of a node that died and will not come back.", "HOST",
       "its host, as tributary status shows it, or the id of its journal directory"},
      {Command::dead_list,
       "dead list",
       "List the messages that could not be processed, and count them by reason.",
       {},
       {},
       "  tributary dead list --newer-than 1h\n"
       "  tributary dead list --reason 'not valid JSON' --limit 20 --json\n"},
      {Command::dead_show, "dead show", "Show one dead letter in full.", "ID",
       "id of the dead letter, as dead list shows it",
       "  tributary dead show 1795446663144-0\n"
       "  tributary dead show 1795446663144-0 --raw > payload\n"},
      {Command::dead_retry,
       "dead retry",
       "Process dead letters again, here, and move those that succeed to the output stream.",
       {},
       {},
       "  tributary dead retry --reason 'failed after' --newer-than 1h\n"
       "  tributary dead retry --id 1795446663144-0,1795446663144-1\n"
       "  tributary dead retry --all --processor stamp\n"},
      {Command::dead_drop,
       "dead drop",
       "Delete dead letters.",
       {},
       {},
       "  tributary dead drop --older-than 168h\n"
       "  tributary dead drop --reason 'not valid JSON' --yes\n"},
      {Command::verify, "verify", "Audit the stream: lost, duplicated, out of order?"},
      {Command::bench, "bench", "Measure its speed on your server, next to a bare bridge."},
      {Command::demo, "demo", "Show it all on this machine, with a private redis-server."},
  };
  return commands;
}

std::string_view family_of(const CommandFacts& facts) {
  const auto blank = facts.name.find(' ');
  return blank == std::string_view::npos ? std::string_view() : facts.name.substr(0, blank);
}

std::string_view name_of(Command command) {
  for (const auto& facts : all_commands()) {
    if (facts.command == command) return facts.name;
  }
  return {};
}

}  // namespace tributary::cli
