#include "support/stream_audit.hpp"

#include <algorithm>
#include <fstream>
#include <unordered_map>
#include <unordered_set>

namespace tributary::test {
namespace {

struct Range {
  std::uint64_t after = 0, to = 0;
};
using Ranges = std::map<std::string, std::vector<Range>>;  // by view

std::string field(const redis::Reply& entry, const std::string& name) {
  const auto& fields = entry.elements.at(1).elements;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text == name) return fields[i + 1].text;
  }
  return {};
}

template <class Take>
void read_stream(TestClient& client, const std::string& key, Take take, const std::string& to = "+") {
  std::string from = "-";
  while (true) {
    const auto page = client.command({"XRANGE", key, from, to, "COUNT", "5000"});
    if (page.elements.empty()) return;
    for (const auto& entry : page.elements) take(entry);
    from = "(" + page.elements.back().elements.at(0).text;
  }
}

// A range whose end nobody knows reaches to the end of its view.
Ranges declared_ranges(TestClient& client, const std::string& group) {
  Ranges ranges;
  read_stream(client, "tributary:{" + group + "}:losses", [&](const redis::Reply& entry) {
    const auto view = field(entry, "view"), after = field(entry, "after"), to = field(entry, "to");
    if (after.empty() || after == "-") return;
    const bool open_end = to == "?" || field(entry, "reason").find("unknown") != std::string::npos;
    ranges[view].push_back({std::stoull(after), open_end ? UINT64_MAX : std::stoull(to)});
  });
  return ranges;
}

bool covered(const Ranges& ranges, const std::string& position) {
  const auto colon = position.find(':');
  const auto found = ranges.find(position.substr(0, colon));
  if (found == ranges.end()) return false;
  const auto n = std::stoull(position.substr(colon + 1));
  return std::any_of(found->second.begin(), found->second.end(),
                     [&](const Range& range) { return n > range.after && n <= range.to; });
}

}  // namespace

StreamAudit audit(TestClient& client, const std::string& group, const std::vector<std::string>& receipts,
                  const std::vector<std::string>& ledgers, const AuditOptions& options) {
  StreamAudit found;
  std::unordered_map<std::string, std::string> id_at;    // position -> id in the streams
  std::unordered_map<std::string, std::uint32_t> times;  // id -> entries
  std::unordered_set<std::string> in_stream;             // ids of entries, if they come once
  const auto example = [&](const std::string& text) {
    if (found.examples.size() < 10) found.examples.push_back(text);
  };
  const auto take = [&](const redis::Reply& entry) {
    const auto position = field(entry, "position"), id = field(entry, "message_id");
    if (!id_at.emplace(position, id).second) {
      ++found.duplicated;
      example("twice: " + position);
    }
    if (!id.empty()) ++times[id];
  };
  read_stream(client, group, [&](const auto& entry) {
    ++found.appended, take(entry);
    if (!options.once_by_id || in_stream.insert(field(entry, "message_id")).second) return;
    ++found.twice;
    example("twice by id: " + field(entry, "message_id"));
  });
  read_stream(client, group + ":dead", [&](const auto& entry) { ++found.dead_letters, take(entry); });

  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> last_of_key;  // number of view, position
  const auto see_order = [&](const redis::Reply& entry) {
    const auto position = field(entry, "position"), key = field(entry, "key");
    if (key.empty()) return;
    auto& last = last_of_key[key];
    const std::pair<std::uint64_t, std::uint64_t> now(std::stoull(position),
                                                      std::stoull(position.substr(position.find(':') + 1)));
    if (now <= last) {
      ++found.disordered;
      example("behind a later one of its key: " + position + " " + field(entry, "message_id"));
    }
    last = now;
  };
  if (options.by_key) read_stream(client, group, see_order, options.in_order_to);

  const auto ranges = declared_ranges(client, group);
  std::unordered_map<std::string, std::string> received;
  for (const auto& path : receipts) {
    std::ifstream file(path);
    for (std::string position, id; file >> position >> id;) {
      if (file.eof()) break;  // without its end of line: not complete
      if (!received.emplace(position, id).second) continue;
      ++found.received;
      const auto entry = id_at.find(position);
      if (entry != id_at.end()) {
        if (id != "-" && !entry->second.empty() && entry->second != id) {
          ++found.mixed_up;
          example("mixed up: " + position + " is " + id + " in receipts, " + entry->second +
                  " in the stream");
        }
      } else if (in_stream.contains(id)) {
        ++found.dropped;
      } else if (covered(ranges, position)) {
        ++found.declared;
      } else {
        ++found.lost;
        example("lost: " + position + " " + id);
      }
    }
  }
  for (const auto& path : ledgers) {
    std::ifstream file(path);
    for (std::string id, receivers; file >> id >> receivers;) {
      if (receivers == "0" || receivers == "?") continue;
      ++found.published;
      const auto count = times.find(id);
      if (count == times.end()) {
        ++found.unaccounted;
        example("published, not in a stream: " + id);
      } else if (count->second > 1 && !options.once_by_id) {
        ++found.twice;
        example("published once, there " + std::to_string(count->second) + " times: " + id);
      }
    }
  }
  return found;
}

}  // namespace tributary::test
