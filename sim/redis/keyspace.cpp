#include "sim/redis/keyspace.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/base/check.hpp"
#include "core/base/text.hpp"

namespace tributary::sim {
namespace {

// Approximate trimming drops whole nodes only.
constexpr std::size_t kEntriesInNode = 100;

Reply wrong_type() {
  return Reply::error("WRONGTYPE Operation against a key holding the wrong kind of value");
}

Reply wrong_count(std::string_view command) {
  return Reply::error("ERR wrong number of arguments for '" + std::string(command) + "' command");
}

std::string* field_of(Hash& hash, std::string_view name) {
  for (auto& [field, value] : hash) {
    if (field == name) return &value;
  }
  return nullptr;
}

Effect record(Arguments command) { return {command.begin(), command.end()}; }

void trim(Stream& stream, std::size_t maxlen, bool exactly) {
  while (stream.entries.size() > maxlen + (exactly ? 0 : kEntriesInNode - 1)) {
    const auto count = exactly ? stream.entries.size() - maxlen : kEntriesInNode;
    stream.entries.erase(stream.entries.begin(), stream.entries.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

std::optional<StreamId> parse_id(std::string_view text) {
  const auto parts = split(text, '-');
  if (parts.size() != 2) return std::nullopt;
  const auto ms = to_number(parts[0]), sequence = to_number(parts[1]);
  if (!ms || !sequence) return std::nullopt;
  return StreamId{*ms, *sequence};
}

}  // namespace

Keyspace::Key* Keyspace::find(std::string_view name) {
  const auto found = keys_.find(name);
  if (found == keys_.end()) return nullptr;
  if (!expired(found->second)) return &found->second;
  keys_.erase(found);
  return nullptr;
}

template <class T>
T* Keyspace::make(std::string_view name) {
  if (auto* key = find(name)) return std::get_if<T>(&key->value);
  return &std::get<T>(keys_.emplace(std::string(name), Key{T{}}).first->second.value);
}

template <class T>
T* Keyspace::look(std::string_view name, bool& wrong) {
  auto* key = find(name);
  T* value = key ? std::get_if<T>(&key->value) : nullptr;
  wrong = key != nullptr && value == nullptr;
  return value;
}

void Keyspace::remove_if_empty(std::string_view name, bool empty) {
  if (!empty) return;
  const auto found = keys_.find(name);
  if (found != keys_.end()) keys_.erase(found);
}

std::int64_t Keyspace::ttl_ms(std::string_view key) const {
  const auto found = keys_.find(key);
  if (found == keys_.end() || expired(found->second)) return -2;
  return found->second.expires_at < 0 ? -1 : found->second.expires_at - now_ms_;
}

std::vector<std::string> Keyspace::names() const {
  std::vector<std::string> names;
  for (const auto& [name, key] : keys_) {
    if (!expired(key)) names.push_back(name);
  }
  return names;
}

Reply Keyspace::execute(Arguments command, std::vector<Effect>& effects) {
  const auto name = command[0];
  if (name == "TIME" && command.size() == 1) {
    return Reply::array(
        {Reply::bulk(std::to_string(now_ms_ / 1000)), Reply::bulk(std::to_string(now_ms_ % 1000 * 1000))});
  }
  if (command.size() < 2) return wrong_count(name);
  switch (name[0]) {
    case 'H':
      return hash_command(command, effects);
    case 'X':
      return stream_command(command, effects);
    case 'G':
      return string_command(command, effects);
    case 'S':
      return name == "SET" ? string_command(command, effects) : set_command(command, effects);
    case 'R':
    case 'L':
      return list_command(command, effects);
    default:
      return key_command(command, effects);
  }
}

Reply Keyspace::hash_command(Arguments command, std::vector<Effect>& effects) {
  const auto name = command[0];
  if (name == "HSET") return hset(command, effects);
  bool wrong = false;
  auto* hash = look<Hash>(command[1], wrong);
  if (wrong) return wrong_type();
  if (name == "HGETALL") {
    auto all = Reply::array();
    if (!hash) return all;
    all.elements.reserve(2 * hash->size());
    for (const auto& [field, value] : *hash) {
      all.elements.push_back(Reply::bulk(field));
      all.elements.push_back(Reply::bulk(value));
    }
    return all;
  }
  if (command.size() < 3) return wrong_count(name);
  const auto get = [&](std::string_view field) {
    const auto* value = hash ? field_of(*hash, field) : nullptr;
    return value ? Reply::bulk(*value) : Reply::nil();
  };
  if (name == "HGET") return get(command[2]);
  if (name == "HMGET") {
    auto values = Reply::array();
    for (const auto field : command.subspan(2)) values.elements.push_back(get(field));
    return values;
  }
  if (name == "HDEL") {
    if (!hash) return Reply::integer(0);
    const auto removed = std::erase_if(*hash, [&](const auto& entry) {
      return std::find(command.begin() + 2, command.end(), entry.first) != command.end();
    });
    remove_if_empty(command[1], hash->empty());
    if (removed > 0) effects.push_back(record(command));
    return Reply::integer(static_cast<std::int64_t>(removed));
  }
  if (name == "HINCRBY" && command.size() == 4) {
    const auto before = get(command[2]);
    const auto sum = std::strtoll(before.text.c_str(), nullptr, 10) +
                     std::strtoll(std::string(command[3]).c_str(), nullptr, 10);
    const auto text = std::to_string(sum);
    const std::string_view set[] = {"HSET", command[1], command[2], text};
    hset(set, effects);
    return Reply::integer(sum);
  }
  return Reply::error("ERR unknown command '" + std::string(name) + "'");
}

Reply Keyspace::hset(Arguments command, std::vector<Effect>& effects) {
  if (command.size() < 4 || command.size() % 2 != 0) return wrong_count("hset");
  auto* hash = make<Hash>(command[1]);
  if (!hash) return wrong_type();
  std::int64_t added = 0;
  for (std::size_t i = 2; i < command.size(); i += 2) {
    if (auto* value = field_of(*hash, command[i])) {
      *value = command[i + 1];
    } else {
      hash->emplace_back(command[i], command[i + 1]);
      ++added;
    }
  }
  effects.push_back(record(command));
  return Reply::integer(added);
}

Reply Keyspace::string_command(Arguments command, std::vector<Effect>& effects) {
  if (command[0] == "GET") {
    bool wrong = false;
    const auto* value = look<std::string>(command[1], wrong);
    if (wrong) return wrong_type();
    return value ? Reply::bulk(*value) : Reply::nil();
  }
  if (command[0] != "SET" || command.size() < 3) return wrong_count(command[0]);
  Key key{std::string(command[2])};
  if (command.size() == 5 && (command[3] == "PX" || command[3] == "PXAT")) {
    key.expires_at = std::strtoll(std::string(command[4]).c_str(), nullptr, 10);
    if (command[3] == "PX") key.expires_at += now_ms_;
    effects.push_back(
        {"SET", std::string(command[1]), std::string(command[2]), "PXAT", std::to_string(key.expires_at)});
  } else if (command.size() == 3) {
    effects.push_back(record(command));
  } else {
    return Reply::error("ERR syntax error");
  }
  keys_.insert_or_assign(std::string(command[1]), std::move(key));
  return Reply::status("OK");
}

Reply Keyspace::set_command(Arguments command, std::vector<Effect>& effects) {
  bool wrong = false;
  auto* set = look<Set>(command[1], wrong);
  if (wrong) return wrong_type();
  if (command[0] == "SMEMBERS") {
    auto all = Reply::array();
    if (set) {
      for (const auto& member : set->members) all.elements.push_back(Reply::bulk(member));
    }
    return all;
  }
  if (command[0] == "SCARD") return Reply::integer(set ? static_cast<std::int64_t>(set->members.size()) : 0);
  if (command.size() < 3) return wrong_count(command[0]);
  if (command[0] == "SMISMEMBER") {
    auto found = Reply::array();
    for (const auto member : command.subspan(2)) {
      const bool is_in =
          set && std::find(set->members.begin(), set->members.end(), member) != set->members.end();
      found.elements.push_back(Reply::integer(is_in ? 1 : 0));
    }
    return found;
  }
  if (command[0] == "SADD") {
    set = make<Set>(command[1]);
    std::int64_t added = 0;
    for (const auto member : command.subspan(2)) {
      if (std::find(set->members.begin(), set->members.end(), member) != set->members.end()) continue;
      set->members.emplace_back(member);
      ++added;
    }
    if (added > 0) effects.push_back(record(command));
    return Reply::integer(added);
  }
  if (command[0] == "SREM") {
    if (!set) return Reply::integer(0);
    const auto removed = std::erase_if(set->members, [&](const auto& member) {
      return std::find(command.begin() + 2, command.end(), member) != command.end();
    });
    remove_if_empty(command[1], set->members.empty());
    if (removed > 0) effects.push_back(record(command));
    return Reply::integer(static_cast<std::int64_t>(removed));
  }
  return Reply::error("ERR unknown command '" + std::string(command[0]) + "'");
}

Reply Keyspace::list_command(Arguments command, std::vector<Effect>& effects) {
  bool wrong = false;
  auto* list = look<List>(command[1], wrong);
  if (wrong) return wrong_type();
  if (command[0] == "LLEN") return Reply::integer(list ? static_cast<std::int64_t>(list->size()) : 0);
  if (command[0] == "RPUSH") {
    if (command.size() < 3) return wrong_count("rpush");
    list = make<List>(command[1]);
    list->insert(list->end(), command.begin() + 2, command.end());
    effects.push_back(record(command));
    return Reply::integer(static_cast<std::int64_t>(list->size()));
  }
  return Reply::error("ERR unknown command '" + std::string(command[0]) + "'");
}

Reply Keyspace::stream_command(Arguments command, std::vector<Effect>& effects) {
  const auto name = command[0];
  if (name == "XADD") return xadd(command, effects);
  const auto key = name == "XINFO" && command.size() > 2 ? command[2] : command[1];
  bool wrong = false;
  auto* stream = look<Stream>(key, wrong);
  if (wrong) return wrong_type();
  if (name == "XLEN") return Reply::integer(stream ? static_cast<std::int64_t>(stream->entries.size()) : 0);
  if (name == "XREVRANGE" && command.size() == 6 && command[2] == "+" && command[3] == "-") {
    auto newest = Reply::array();
    const auto count = to_number(command[5]).value_or(0);
    if (!stream) return newest;
    for (auto at = stream->entries.rbegin(); at != stream->entries.rend() && newest.elements.size() < count;
         ++at) {
      auto fields = Reply::array();
      for (const auto& field : at->fields) fields.elements.push_back(Reply::bulk(field));
      newest.elements.push_back(Reply::array({Reply::bulk(at->id.text()), std::move(fields)}));
    }
    return newest;
  }
  if (name == "XDEL" && command.size() > 2) {
    if (!stream) return Reply::integer(0);
    const auto removed = std::erase_if(stream->entries, [&](const auto& entry) {
      if (std::find(command.begin() + 2, command.end(), entry.id.text()) == command.end()) return false;
      stream->max_deleted = std::max(stream->max_deleted, entry.id);
      return true;
    });
    if (removed > 0) effects.push_back(record(command));
    return Reply::integer(static_cast<std::int64_t>(removed));
  }
  if (name == "XINFO") {
    if (!stream) return Reply::error("ERR no such key");
    return Reply::array(
        {Reply::bulk("length"), Reply::integer(static_cast<std::int64_t>(stream->entries.size())),
         Reply::bulk("last-generated-id"), Reply::bulk(stream->last.text()),
         Reply::bulk("max-deleted-entry-id"), Reply::bulk(stream->max_deleted.text()),
         Reply::bulk("entries-added"), Reply::integer(static_cast<std::int64_t>(stream->added))});
  }
  if (name == "XSETID" && command.size() == 7 && command[3] == "ENTRIESADDED" &&
      command[5] == "MAXDELETEDID") {
    const auto last = parse_id(command[2]), max_deleted = parse_id(command[6]);
    const auto added = to_number(command[4]);
    if (!stream) return Reply::error("ERR no such key");
    if (!last || !max_deleted || !added)
      return Reply::error("ERR Invalid stream ID specified as stream command argument");
    stream->last = *last;
    stream->added = *added;
    stream->max_deleted = *max_deleted;
    effects.push_back(record(command));
    return Reply::status("OK");
  }
  if (name == "XTRIM" && command.size() == 5 && command[2] == "MAXLEN") {
    if (!stream) return Reply::integer(0);
    const auto maxlen = to_number(command[4]);
    if (!maxlen) return Reply::error("ERR value is not an integer or out of range");
    const auto before = stream->entries.size();
    trim(*stream, *maxlen, command[3] == "=");
    if (before == stream->entries.size()) return Reply::integer(0);
    effects.push_back({"XTRIM", std::string(key), "MAXLEN", "=", std::to_string(stream->entries.size())});
    return Reply::integer(static_cast<std::int64_t>(before - stream->entries.size()));
  }
  return Reply::error("ERR unknown command '" + std::string(name) + "'");
}

// XADD key [NOMKSTREAM] [MAXLEN ~ n] id field value ...
Reply Keyspace::xadd(Arguments command, std::vector<Effect>& effects) {
  std::size_t i = 2;
  std::optional<std::uint64_t> maxlen;
  if (command.size() > 5 && command[2] == "NOMKSTREAM") {
    bool wrong = false;
    if (!look<Stream>(command[1], wrong)) return wrong ? wrong_type() : Reply::nil();
    std::vector<std::string_view> rest(command.begin(), command.end());
    rest.erase(rest.begin() + 2);
    return xadd(rest, effects);
  }
  if (command.size() > 5 && command[2] == "MAXLEN" && command[3] == "~") {
    maxlen = to_number(command[4]);
    if (!maxlen) return Reply::error("ERR value is not an integer or out of range");
    i = 5;
  }
  if (command.size() < i + 3 || (command.size() - i) % 2 == 0) return wrong_count("xadd");
  auto* stream = make<Stream>(command[1]);
  if (!stream) return wrong_type();
  StreamId id{static_cast<std::uint64_t>(now_ms_), 0};
  if (command[i] != "*") {
    const auto given = parse_id(command[i]);
    TRIBUTARY_CHECK(given.has_value());
    id = *given;
  } else if (id.ms <= stream->last.ms) {
    id = {stream->last.ms, stream->last.sequence + 1};
  }
  stream->last = id;
  ++stream->added;
  stream->entries.push_back({id, {command.begin() + static_cast<std::ptrdiff_t>(i) + 1, command.end()}});
  Effect effect{"XADD", std::string(command[1]), id.text()};
  effect.insert(effect.end(), command.begin() + static_cast<std::ptrdiff_t>(i) + 1, command.end());
  effects.push_back(std::move(effect));
  if (maxlen) {
    const auto before = stream->entries.size();
    trim(*stream, *maxlen, false);
    if (stream->entries.size() != before) {
      effects.push_back(
          {"XTRIM", std::string(command[1]), "MAXLEN", "=", std::to_string(stream->entries.size())});
    }
  }
  return Reply::bulk(id.text());
}

Reply Keyspace::key_command(Arguments command, std::vector<Effect>& effects) {
  const auto name = command[0];
  if (name == "EXISTS" || name == "DEL" || name == "UNLINK") {
    const bool removes = name != "EXISTS";
    std::int64_t count = 0;
    for (const auto key : command.subspan(1)) {
      if (!find(key)) continue;
      ++count;
      if (removes) keys_.erase(keys_.find(key));
    }
    if (removes && count > 0) effects.push_back(record(command));
    return Reply::integer(count);
  }
  if (name == "TYPE") {
    static constexpr const char* kTypes[] = {"string", "hash", "list", "set", "stream"};
    const auto* key = find(command[1]);
    return Reply::status(key ? kTypes[key->value.index()] : "none");
  }
  if ((name == "PEXPIRE" || name == "PEXPIREAT") && command.size() == 3) {
    auto* key = find(command[1]);
    if (!key) return Reply::integer(0);
    key->expires_at = std::strtoll(std::string(command[2]).c_str(), nullptr, 10);
    if (name == "PEXPIRE") key->expires_at += now_ms_;
    effects.push_back({"PEXPIREAT", std::string(command[1]), std::to_string(key->expires_at)});
    return Reply::integer(1);
  }
  return Reply::error("ERR unknown command '" + std::string(name) + "'");
}

void Keyspace::repeat(const Effect& effect) {
  std::vector<Effect> ignored;
  const std::vector<std::string_view> words(effect.begin(), effect.end());
  const auto reply = execute(words, ignored);
  TRIBUTARY_CHECK(!reply.is_error());
}

}  // namespace tributary::sim
