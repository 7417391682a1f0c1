#include "redis/group_names.hpp"

#include "redis/hash_slot.hpp"

namespace tributary::redis {

GroupNames group_names(const std::string& output_stream, const std::string& consumers_list, bool in_cluster) {
  GroupNames names{output_stream, output_stream + ":dead", consumers_list};
  if (!in_cluster) return names;
  const auto slot = hash_slot(output_stream);
  const auto tag = hash_tag(output_stream);
  const auto tagged = "{" + (tag.empty() ? output_stream : std::string(tag)) + "}";
  if (hash_slot(names.dead_letter_stream) != slot) names.dead_letter_stream = tagged + ":dead";
  const bool fits = hash_slot(consumers_list) == slot && hash_slot(consumers_list + ":group") == slot;
  if (!fits) names.consumers_list = tagged + ":" + consumers_list;
  return names;
}

std::string stream_of_sharded(const std::string& channel) {
  const bool tagged = !hash_tag(channel).empty();
  return (tagged ? channel : "{" + channel + "}") + ":processed";
}

std::optional<std::string> wrong_in_cluster(const std::string& output_stream, const Inputs& inputs) {
  if (hash_tag(output_stream).empty() && output_stream.find_first_of("{}") != std::string::npos) {
    return "the output stream " + output_stream +
           " has a brace that begins or ends no hash tag, so that a cluster would spread the group over its "
           "nodes; use a name "
           "without braces, or with one tag, such as {orders}:processed";
  }
  if (!inputs.sharded) return std::nullopt;
  for (const auto& channel : inputs.channels) {
    if (hash_slot(channel) == hash_slot(output_stream)) continue;
    const auto other =
        "the sharded channel " + channel + " is not in the slot of the output stream " + output_stream;
    if (inputs.channels.size() == 1) return other + "; call the stream " + stream_of_sharded(channel);
    return other + "; all channels of a group, and its stream, need the same hash tag, such as {orders}";
  }
  return std::nullopt;
}

}  // namespace tributary::redis
