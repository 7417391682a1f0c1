#include "cli/group_reader.hpp"

#include "redis/group_keys.hpp"
#include "redis/scripts.hpp"
#include "redis/server_error.hpp"

namespace tributary::cli {

Result<observe::GroupStatus> read_group(redis::SyncClient& client, const Settings& settings) {
  const auto& script = redis::script(group::Script::status);
  const auto keys = redis::group_keys(settings.output_stream, settings.consumers_list);
  std::vector<std::string> command{"EVALSHA", script.sha, std::to_string(keys.size())};
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), {settings.output_stream, "-", "-", settings.dead_letter_stream()});

  auto reply = client.command(command);
  if (reply && reply->is_error("NOSCRIPT")) {
    command[0] = "EVAL";
    command[1] = script.body;
    reply = client.command(command);
  }
  if (!reply) return reply.error();
  if (reply->is_error()) return redis::explain_server_error(client.endpoint(), reply->text);
  std::vector<std::string> answer;
  answer.reserve(reply->elements.size());
  for (auto& element : reply->elements) answer.push_back(std::move(element.text));
  return observe::parse_group_status(answer);
}

}  // namespace tributary::cli
