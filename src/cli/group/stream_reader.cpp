#include "cli/group/stream_reader.hpp"

#include "cli/system/interrupt.hpp"
#include "redis/server_error.hpp"

namespace tributary::cli {
namespace {

constexpr std::string_view kPageEntries = "5000";

Error not_a_stream(const std::string& key, std::string_view option) {
  return {ErrorKind::data,
          "the key " + key + " is not a stream; choose another " + std::string(option) + ", or delete it"};
}

}  // namespace

Result<StreamFacts> stream_facts(redis::SyncClient& client, const std::string& key, std::string_view option) {
  StreamFacts facts;
  auto reply = client.command({"XINFO", "STREAM", key});
  if (!reply) return reply.error();
  if (reply->is_error("ERR no such key")) return facts;
  if (reply->is_error("WRONGTYPE")) return not_a_stream(key, option);
  if (reply->is_error()) return redis::explain_server_error(client.endpoint(), reply->text);
  for (std::size_t i = 0; i + 1 < reply->elements.size(); i += 2) {
    const auto& name = reply->elements[i].text;
    const auto& value = reply->elements[i + 1];
    if (name == "length") facts.length = static_cast<std::uint64_t>(value.integer);
    if (name == "entries-added") facts.entries_added = static_cast<std::uint64_t>(value.integer);
    if (name == "last-generated-id") facts.last_id = value.text;
  }
  return facts;
}

Status read_stream(redis::SyncClient& client, const std::string& key, const StreamFacts& facts,
                   const std::function<void(const std::string&, const std::vector<redis::Reply>&)>& take) {
  if (facts.length == 0) return Done{};
  std::string from = "-";
  while (true) {
    if (interrupted()) return interruption("it was before the end of " + key);
    const auto page = client.ask({"XRANGE", key, from, facts.last_id, "COUNT", kPageEntries});
    if (!page) return page.error();
    const auto& entries = page.value().elements;
    if (entries.empty()) return Done{};
    for (const auto& entry : entries) {
      if (entry.elements.size() == 2) take(entry.elements[0].text, entry.elements[1].elements);
    }
    from = "(" + entries.back().elements.at(0).text;
  }
}

}  // namespace tributary::cli
