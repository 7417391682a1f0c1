#include "conformance/pair.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "core/base/text.hpp"
#include "redis/scripts.hpp"
#include "redis/transaction_reader.hpp"
#include "sim/call_text.hpp"
#include "sim/redis/keys.hpp"

namespace tributary::test {
namespace {

using group::Script;
using Words = std::vector<std::string>;

constexpr std::int64_t kTtlTolerance_ms = 2000;

std::int64_t clock_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string control_channel() { return sim::group_prefix(Pair::kGroup) + "control"; }

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

// Errors are compared by their code: the rest names lines of scripts.
std::string code(const std::string& error) { return error.substr(0, error.find(' ')); }

std::string show(const redis::Reply& reply) {
  using Type = redis::Reply::Type;
  switch (reply.type) {
    case Type::nil:
      return "nil";
    case Type::integer:
      return std::to_string(reply.integer);
    case Type::string:
      return "'" + reply.text + "'";
    case Type::status:
      return "+" + reply.text;
    case Type::error:
      return "-" + code(reply.text);
    case Type::array:
      break;
  }
  std::string text = "[";
  for (const auto& element : reply.elements) text += show(element) + " ";
  return text + "]";
}

std::string show(const sim::Reply& reply) {
  using Kind = sim::Reply::Kind;
  switch (reply.kind) {
    case Kind::nil:
      return "nil";
    case Kind::integer:
      return std::to_string(reply.number);
    case Kind::bulk:
      return "'" + reply.text + "'";
    case Kind::status:
      return "+" + reply.text;
    case Kind::error:
      return "-" + code(reply.text);
    case Kind::array:
      break;
  }
  std::string text = "[";
  for (const auto& element : reply.elements) text += show(element) + " ";
  return text + "]";
}

// The times in the state's field of sets of ids are by two clocks.
std::string without_times_of_ids(std::string_view value) {
  std::string masked;
  for (const auto word : split(value, ' ')) masked += word.size() < 13 ? " " + std::string(word) : " a time";
  return masked;
}

// What has no order in Redis, or names things that differ by nature, is put into a form that can be compared.
template <class AnyReply>
void tidy(const Operation& operation, AnyReply& reply) {
  auto& elements = reply.elements;
  if (operation.kind != Operation::Kind::command && operation.script == Script::commit &&
      elements.size() >= 3) {
    elements[2].text = code(elements[2].text);
    if (elements[2].text.find(":") != std::string::npos) elements[2].text = "a line of the script";
  }
  if (operation.kind == Operation::Kind::script && operation.script == Script::commit &&
      elements.size() == 5 && elements[4].text != "-") {
    elements[4].text = "some time";
  }
  const auto& name = operation.words.empty() ? std::string() : operation.words[0];
  const bool command = operation.kind == Operation::Kind::command;
  if ((operation.kind == Operation::Kind::script && operation.script == Script::status) ||
      (command && name == "HGETALL")) {
    std::vector<std::pair<AnyReply, AnyReply>> pairs;
    for (std::size_t i = 0; i + 1 < elements.size(); i += 2) pairs.emplace_back(elements[i], elements[i + 1]);
    std::sort(pairs.begin(), pairs.end(),
              [](const auto& a, const auto& b) { return a.first.text < b.first.text; });
    elements.clear();
    for (auto& [field, value] : pairs) {
      if (field.text == "time") value.text = "some time";
      if (field.text == "ids") value.text = without_times_of_ids(value.text);
      elements.push_back(field);
      elements.push_back(value);
    }
  }
  if (command && name == "SMEMBERS") {
    std::sort(elements.begin(), elements.end(), [](const auto& a, const auto& b) { return a.text < b.text; });
  }
  if (command && name == "XADD" && reply.text.find("-") != std::string::npos && !reply.is_error())
    reply.text = "id";
}

// The text of all fields of the state.
std::string without_times(std::string text) {
  const std::string start = "'ids' '";
  auto at = text.find(start);
  if (at == std::string::npos) return text;
  at += start.size();
  const auto end = text.find('\'', at);
  return text.replace(at, end - at, without_times_of_ids(text.substr(at, end - at)));
}

Words texts(const redis::Reply& reply) {
  Words words;
  for (const auto& element : reply.elements) words.push_back(element.text);
  return words;
}

std::string joined(const Words& words) {
  std::string text;
  for (const auto& word : words) text += " '" + word + "'";
  return text;
}

Words sorted_pairs(const Words& flat) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) pairs.emplace_back(flat[i], flat[i + 1]);
  std::sort(pairs.begin(), pairs.end());
  Words words;
  for (const auto& [field, value] : pairs) words.insert(words.end(), {field, value});
  return words;
}

std::string real_content(TestClient& client, const std::string& key, const std::string& type) {
  if (type == "string") return client.text({"GET", key});
  if (type == "hash") return joined(sorted_pairs(texts(client.command({"HGETALL", key}))));
  if (type == "list") return joined(texts(client.command({"LRANGE", key, "0", "-1"})));
  if (type == "set") {
    auto members = texts(client.command({"SMEMBERS", key}));
    std::sort(members.begin(), members.end());
    return joined(members);
  }
  const auto info = client.command({"XINFO", "STREAM", key});
  std::string text;
  for (std::size_t i = 0; i + 1 < info.elements.size(); i += 2) {
    if (info.elements[i].text == "entries-added")
      text = std::to_string(info.elements[i + 1].integer) + " added:";
  }
  const auto range = client.command({"XRANGE", key, "-", "+"});
  for (const auto& entry : range.elements) text += " (" + joined(texts(entry.elements.at(1))) + ")";
  return text;
}

std::string simulated_content(const sim::Keyspace& data, const std::string& key, std::string& type) {
  if (const auto* value = data.get<std::string>(key)) return type = "string", *value;
  if (const auto* value = data.get<sim::Hash>(key)) {
    Words flat;
    for (const auto& [field, text] : *value) flat.insert(flat.end(), {field, text});
    return type = "hash", joined(sorted_pairs(flat));
  }
  if (const auto* value = data.get<sim::List>(key)) return type = "list", joined(*value);
  if (const auto* value = data.get<sim::Set>(key)) {
    auto members = value->members;
    std::sort(members.begin(), members.end());
    return type = "set", joined(members);
  }
  const auto* stream = data.get<sim::Stream>(key);
  std::string text = std::to_string(stream->added) + " added:";
  for (const auto& entry : stream->entries) text += " (" + joined(entry.fields) + ")";
  return type = "stream", text;
}

// Nothing if these are no arguments of a commit that relays send as one.
std::optional<sim::CommitTransaction> as_transaction(const Words& keys, const Words& words) {
  const auto call = group::read_call(Script::commit, words);
  return call ? sim::as_transaction(keys, std::get<group::CommitCall>(*call)) : std::nullopt;
}

}  // namespace

std::string Operation::text() const {
  std::string text = kind == Kind::identity ? "new replication id"
                     : kind == Kind::settle ? "settle"
                     : kind == Kind::script ? sim::name_of(script)
                                            : "command";
  return text + joined(words);
}

const Words& Pair::keys() {
  static const auto keys = sim::group_keys(kGroup, "list");
  return keys;
}

Pair::Pair()
    // Approximate trimming drops whole nodes: those of the simulation are counted in entries only.
    : server_(
          {.config = {"enable-debug-command yes", "stream-node-max-bytes 0"}, .tcp = false, .password = {}}),
      client_(server_.client()),
      subscriber_(server_.client()) {
  for (const auto& script : redis::all_scripts())
    client_.command({"SCRIPT", "LOAD", std::string(script.body)});
  subscriber_.command({"SUBSCRIBE", control_channel()});
  reset();
}

void Pair::reset() {
  client_.command({"FLUSHALL"});
  identities_.clear();
  published_.clear();
  simulated_.reset(new sim::SimulatedRedis(scripts_, *this));  // the base is private: not for make_unique
  read_identity();
}

// On the group's own channel: a call may name another group.
void Pair::published(std::string_view channel, std::string_view message) {
  if (channel == control_channel()) published_.emplace_back(message);
}

void Pair::read_identity() {
  const auto value = [&](const char* section, const std::string& name) {
    const auto info = client_.text({"INFO", section});
    const auto at = info.find(name + ":");
    if (at == std::string::npos) throw std::runtime_error("no " + name + " in INFO");
    return info.substr(at + name.size() + 1, 40);
  };
  const auto run_id = value("server", "run_id");
  const auto replication_id = value("replication", "master_replid");
  identities_.push_back(run_id + "/" + replication_id);
  simulated_->set_identity(run_id, replication_id);
}

std::string Pair::masked(std::string text) const {
  for (std::size_t i = 0; i < identities_.size(); ++i)
    replace_all(text, identities_[i], "{id" + std::to_string(i) + "}");
  return text;
}

std::string Pair::unmasked(std::string text) const {
  for (std::size_t i = 0; i < identities_.size(); ++i)
    replace_all(text, "{id" + std::to_string(i) + "}", identities_[i]);
  return text;
}

std::string Pair::apply(const Operation& operation) {
  if (operation.kind == Operation::Kind::identity) {
    client_.command({"DEBUG", "CHANGE-REPL-ID"});
    read_identity();
    return "";
  }
  Words words;
  for (const auto& word : operation.words) words.push_back(unmasked(word));
  auto difference = compare_answers(operation, words);
  if (difference.empty()) difference = compare_published();
  return difference.empty() ? compare_data() : difference;
}

std::string Pair::compare_answers(const Operation& operation, const Words& words) {
  simulated_->set_time(clock_ms());
  redis::Reply real;
  sim::Reply simulated;
  if (operation.kind == Operation::Kind::command) {
    real = client_.command(words);
    simulated = simulated_->run(words);
  } else {
    const auto of_commit = sim::commit_keys(kGroup);
    auto with = sim::script_keys(operation.script, kGroup, "list");
    if (operation.script == Script::commit && words.size() > 4 && words[4].find(' ') != std::string::npos) {
      for (const auto& key : sim::id_keys(kGroup)) with.push_back(key);
    }
    const auto all = sim::with_identity(operation.script, words);
    Words command = {"EVALSHA", redis::script(operation.script).sha, std::to_string(with.size())};
    command.insert(command.end(), with.begin(), with.end());
    command.insert(command.end(), all.begin(), all.end());
    const auto transaction =
        operation.kind == Operation::Kind::settle ? as_transaction(of_commit, words) : std::nullopt;
    if (transaction) return compare_transactions(*transaction, of_commit);
    real = client_.command(command);
    simulated = simulated_->run(operation.script, with, words);
  }
  const auto error = real.is_error() ? real.text : simulated.is_error() ? simulated.text : "";
  tidy(operation, real);
  tidy(operation, simulated);
  last_answer_ = real.elements.empty() ? "" : real.elements.front().text;
  const auto wanted = show(real), given = show(simulated);
  if (wanted == given) return "";
  return "Redis answers " + masked(wanted) + ", the simulation " + masked(given) +
         (error.empty() ? "" : " (" + error + ")");
}

std::string Pair::compare_transactions(const sim::CommitTransaction& transaction, const Words& keys) {
  const auto real = group::answer_of(settle(transaction, keys));
  const auto simulated = group::answer_of(simulated_->run(transaction, keys));
  last_answer_ = real.status();
  if (real.kind == simulated.kind && real.values == simulated.values) return "";
  return "Redis answers " + sim::text_of(real) + ", the simulation " + sim::text_of(simulated);
}

group::TransactionOutcome Pair::settle(const sim::CommitTransaction& transaction, const Words& keys) {
  client_.command({"MULTI"});
  for (const auto& append : transaction.appends) client_.command(append);
  Words settle = {"EVAL", std::string(redis::settle_script().body), "3"};
  settle.insert(settle.end(), keys.begin(), keys.end());
  settle.insert(settle.end(), transaction.settle.begin(), transaction.settle.end());
  client_.command(settle);
  const auto all = client_.command({"EXEC"});
  redis::TransactionReader reader;  // the relay's own way to read it
  reader.begin(all.elements.size());
  std::string bytes = "+OK\r\n";
  for (std::size_t i = 0; i < all.elements.size(); ++i) bytes += "+QUEUED\r\n";
  bytes += "*" + std::to_string(all.elements.size()) + "\r\n";
  for (const auto& element : all.elements) {
    const bool bulk = element.type == redis::Reply::Type::string;
    bytes += bulk ? "$" + std::to_string(element.text.size()) + "\r\n" : element.is_error() ? "-" : "+";
    bytes += element.text + "\r\n";
  }
  reader.feed(bytes);
  return reader.take();
}

std::string Pair::compare_published() {
  const auto end = "end " + std::to_string(++sentinel_);
  client_.command({"PUBLISH", control_channel(), end});
  Words real;
  for (;;) {
    const auto message = subscriber_.receive(std::chrono::seconds(10));
    if (!message || message->elements.size() != 3) return "the subscriber of the real server hears nothing";
    if (message->elements[2].text == end) break;
    real.push_back(message->elements[2].text);
  }
  const auto simulated = std::exchange(published_, {});
  if (real == simulated) return "";
  return "Redis publishes" + masked(joined(real)) + ", the simulation" + masked(joined(simulated));
}

// Deadlines are by two clocks.
std::string Pair::compare_presence() {
  const auto members = texts(client_.command({"HGETALL", keys()[1]}));
  std::map<std::string, std::string> real;
  for (std::size_t i = 0; i + 1 < members.size(); i += 2) real[members[i]] = members[i + 1];
  const auto& simulated = *data().get<sim::Hash>(keys()[1]);
  if (real.size() != simulated.size()) return "not the same members have presence";
  for (const auto& [member, record] : simulated) {
    const auto wanted = real[member];
    const auto rest = [](const std::string& text) {
      return text.substr(std::min(text.find(' '), text.size()));
    };
    if (rest(wanted) != rest(record) ||
        std::llabs(std::atoll(wanted.c_str()) - std::atoll(record.c_str())) > kTtlTolerance_ms)
      return "presence of " + member + " in Redis: " + wanted + "; in the simulation: " + record;
  }
  return "";
}

std::string Pair::compare_data() {
  auto real = texts(client_.command({"KEYS", "*"}));
  auto simulated = data().names();
  std::sort(real.begin(), real.end());
  std::sort(simulated.begin(), simulated.end());
  if (real != simulated) return "Redis has the keys" + joined(real) + ", the simulation" + joined(simulated);
  for (const auto& key : real) {
    const auto type = client_.text({"TYPE", key});
    std::string simulated_type;
    const auto have = simulated_content(data(), key, simulated_type);
    if (type != simulated_type)
      return key + " is a " + type + " in Redis, a " + simulated_type + " in the simulation";
    if (key == keys()[1] && type == "hash") {
      if (auto difference = compare_presence(); !difference.empty()) return difference;
      continue;
    }
    const auto wanted = real_content(client_, key, type);
    if (without_times(wanted) != without_times(have))
      return key + " in Redis: " + masked(wanted) + "; in the simulation: " + masked(have);
    const auto ttl = client_.integer({"PTTL", key});
    const auto simulated_ttl = data().ttl_ms(key);
    if ((ttl < 0) != (simulated_ttl < 0) || std::llabs(ttl - simulated_ttl) > kTtlTolerance_ms) {
      return key + " lives for " + std::to_string(ttl) + " ms in Redis, " + std::to_string(simulated_ttl) +
             " in the simulation";
    }
  }
  return "";
}

}  // namespace tributary::test
