#include "cli/group/group_reader.hpp"

#include "redis/group_keys.hpp"
#include "redis/scripts.hpp"
#include "redis/server_error.hpp"

namespace tributary::cli {

Result<redis::SyncClient> connect_to_group(Settings& settings, redis::Timeouts timeouts) {
  auto client = redis::SyncClient::connect(settings.redis, timeouts);
  if (!client || !client->in_cluster()) return client;
  settings.in_cluster = true;
  settings.consumers_list =
      redis::group_names(settings.output_stream, settings.consumers_list, true).consumers_list;
  if (auto wrong = redis::wrong_in_cluster(settings.output_stream, settings.inputs))
    return Error{ErrorKind::configuration, std::move(*wrong)};
  return client;
}

Result<std::vector<std::string>> run_script(redis::SyncClient& client, const Settings& settings,
                                            group::Script name, const std::vector<std::string>& arguments) {
  const auto& script = redis::script(name);
  const auto keys =
      redis::keys_of(name, {settings.output_stream, settings.dead_letter_stream(), settings.consumers_list});
  std::vector<std::string> command{"EVALSHA", script.sha, std::to_string(keys.size())};
  command.insert(command.end(), keys.begin(), keys.end());
  command.push_back(settings.output_stream);
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.emplace_back("-");  // neither of these scripts goes by the server's identity

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
  return answer;
}

Result<observe::GroupStatus> read_group(redis::SyncClient& client, const Settings& settings) {
  const auto answer = run_script(client, settings, group::Script::status, {"-", "-"});
  if (!answer) return answer.error();
  return observe::parse_group_status(answer.value());
}

Error no_such_group(const Settings& settings) {
  return {ErrorKind::not_found, "no group feeds the stream " + settings.output_stream + " in database " +
                                    std::to_string(settings.redis.database) + " of " +
                                    settings.redis.display() +
                                    "; start a node with tributary consume or tributary agent"};
}

}  // namespace tributary::cli
