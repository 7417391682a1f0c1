#include "conformance/random_calls.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/base/text.hpp"

namespace tributary::test {
namespace {

using group::Script;
using Words = std::vector<std::string>;

const Words kMembers = {"a", "b", "c", "d-1", "e_2"};

}  // namespace

std::string RandomCalls::state(const std::string& wanted) const {
  if (const auto* hash = pair_.data().get<sim::Hash>(Pair::keys()[0])) {
    for (const auto& [field, value] : *hash) {
      if (field == wanted) return value;
    }
  }
  return "-";
}

std::string RandomCalls::odd() {
  static const Words kOdd = {"",         "-",
                             "0",        "-1",
                             "1e3",      "0x10",
                             "nonsense", "a b",
                             "%d+",      "99999999999999999999",
                             "1.5",      "a,b/1",
                             "x:y:z",    ":",
                             "\r\n",     std::string("\0\xff", 2)};
  return any_of(kOdd);
}

std::string RandomCalls::member() { return any_of(kMembers); }

std::string RandomCalls::listed_member() {
  const auto record = state("view:" + state("view"));
  const auto space = record.find(' ');
  if (space == std::string::npos || chance(10)) return member();
  const auto listed = record.substr(space + 1);
  const auto members = split(listed, ',');
  if (members.empty()) return member();
  const auto chosen = members[below(members.size())];
  return std::string(chosen.substr(0, chosen.find('/')));
}

std::string RandomCalls::nonce() { return chance(92) ? state("nonce") : chance(50) ? "other" : odd(); }

std::string RandomCalls::view() {
  const auto current = state("view");
  if (current != "-" && (views_.empty() || views_.back() != current)) views_.push_back(current);
  if (chance(75) || views_.empty()) return current;
  return chance(90) ? any_of(views_) : odd();
}

std::string RandomCalls::identity() { return "{id" + number(pair_.identities()) + "}"; }

RandomCalls::Lane RandomCalls::lane() {
  std::vector<Lane> lanes;
  if (const auto* hash = pair_.data().get<sim::Hash>(Pair::keys()[0])) {
    for (const auto& [field, value] : *hash) {
      if (!field.starts_with("lane:")) continue;
      const auto words = split(value, ' ');
      if (words.size() == 3) lanes.push_back({field.substr(5), std::string(words[0]), std::string(words[1])});
    }
  }
  if (lanes.empty() || chance(5)) return {view() + ":" + number(3), member(), number(5)};
  return any_of(lanes);
}

// Now and then an argument is missing, too many, or strange.
Operation RandomCalls::script(Script name, Words words) {
  auto& changed = words[below(words.size())];
  const bool is_time =
      to_number(changed).value_or(0) >= 20'000;  // the simulated Redis takes any time for good
  if (chance(5) && !is_time) changed = odd();
  if (chance(1)) words.resize(words.size() - 1 - below(words.size() / 2));
  if (chance(1)) words.push_back(odd());
  return {Operation::Kind::script, name, std::move(words)};
}

Operation RandomCalls::next() {
  if (chance(5) && !last_.words.empty()) return last_;  // repeated, as after a lost reply
  const auto kind = below(100);
  Operation made = kind < 16   ? join()
                   : kind < 36 ? beat()
                   : kind < 62 ? commit()
                   : kind < 72 ? claim()
                   : kind < 78 ? install()
                   : kind < 84 ? sweep()
                   : kind < 88 ? leave()
                   : kind < 91 ? revive()
                   : kind < 92 ? declare()
                   : kind < 93 ? desire()
                   : kind < 94 ? script(Script::status, {Pair::kGroup, "-", "-"})
                               : meddle();
  for (auto& word : made.words) word = pair_.masked(word);
  return last_ = made;
}

Operation RandomCalls::join() {
  static const Words kSeen = {"-", "", "known", "both"};
  std::string seen = any_of(kSeen);
  if (seen == "known") seen = identity();
  if (seen == "both") seen = identity() + "," + identity();
  std::string former = chance(70) ? "-" : chance(70) ? member() : member() + "," + member();
  Words words = {Pair::kGroup,
                 member(),
                 nonce(),
                 number(4),
                 former,
                 number(12),
                 chance(97) ? "print" : "other",
                 chance(98) ? "2" : "3",
                 fresh("v"),
                 fresh("g"),
                 chance(50) ? "40000" : "120000",
                 chance(50) ? "20000" : "60000",
                 seen,
                 chance(50) ? "-" : view() + "," + lane().name.substr(0, lane().name.rfind(':'))};
  if (chance(50)) words.insert(words.end(), {"host", "h1", "pid", number(1000)});
  return script(Script::join, std::move(words));
}

Operation RandomCalls::beat() {
  const auto current = view();
  const auto tick = std::strtoull(state("tick").c_str(), nullptr, 10);
  const auto last_tick = std::to_string(chance(85) ? tick : tick + below(5) - (tick > 5 ? 5 : 0));
  static const Words kDigests = {"00ff", "00fe", "abcd"};
  std::string counted = "-";
  if (chance(60))
    counted =
        last_tick + "/" + current + "/" + number(3) + "/" + (chance(90) ? kDigests[0] : any_of(kDigests));
  std::string lengths = "-", gaps = "-";
  if (chance(40)) {
    const auto of = view();
    const auto length = below(12);
    lengths = of + ":" + std::to_string(length) + ":" + number(length + 1) + "/" + number(length + 1) + "/" +
              number(length + 1);
    if (chance(20)) lengths += "," + view() + ":3:3/2";
  }
  static const Words kActive = {"-", "1", "1,2", "2,3,9", "x,1"};
  if (chance(20)) gaps = lane().name + ":" + std::to_string(1 + below(12));
  Words words = {Pair::kGroup,
                 listed_member(),
                 nonce(),
                 last_tick,
                 counted,
                 number(12),
                 gaps,
                 lengths,
                 chance(80) ? current + ":" + number(15) : "-",
                 chance(50) ? "20000" : "60000",
                 chance(50) ? "40000" : "120000",
                 "4",
                 fresh("v"),
                 number(2),
                 any_of(kActive)};
  if (chance(50)) words.insert(words.end(), {"received", number(1000)});
  if (chance(50)) words.insert(words.end(), {"capacity", number(9), "busy", "0.5"});
  return script(Script::beat, std::move(words));
}

Operation RandomCalls::install() {
  std::string members;
  const auto count = below(4);
  for (std::uint64_t i = 0; i < count; ++i)
    members += (members.empty() ? "" : ",") + listed_member() + "/" + number(3);
  return script(Script::install, {Pair::kGroup, listed_member(), nonce(), view(), fresh("v"),
                                  members.empty() ? "-" : members, chance(50) ? "40000" : "120000"});
}

Operation RandomCalls::claim() {
  const auto chosen = lane();
  return script(Script::claim,
                {Pair::kGroup, listed_member(), nonce(), chosen.name, chance(85) ? chosen.owner : member()});
}

void RandomCalls::add_run(Words& words, const std::string& view, std::uint64_t& position) {
  static const Words kKinds = {"t", "t", "t", "g", "d", "n", "u", "s"};
  const auto kind = any_of(kKinds);
  const auto count = 1 + below(3);
  words.insert(words.end(), {kind, std::to_string(count)});
  if (kind == "t") words.insert(words.end(), {"message_id", member() + ".1"});
  for (std::uint64_t i = 0; i < count; ++i) {
    position += 1 + below(3);
    const auto text = view + ":" + std::to_string(position);
    const auto id = "m" + std::to_string(chance(70) ? position : 1 + below(9));
    if (kind == "t" || kind == "s") words.insert(words.end(), {id, text});
    if (kind == "u") words.insert(words.end(), {id, "4", "message_id", id, "position", text});
    if (kind == "g")
      words.insert(words.end(), {"4", "message_id", "m" + std::to_string(position), "position", text});
    if (kind == "d") words.insert(words.end(), {"6", "message_id", "m", "reason", odd(), "position", text});
    if (kind == "n") words.push_back(text);
  }
}

Operation RandomCalls::commit() {
  const auto chosen = lane();
  std::uint64_t from = std::strtoull(chosen.position.c_str(), nullptr, 10);
  if (chance(15)) from += 1 + below(3);                             // a hole before it
  if (chance(15)) from -= std::min<std::uint64_t>(from, below(4));  // some of it was done before
  Words words = {chance(90) ? chosen.owner : member(), chosen.name, std::to_string(from),
                 chance(15) ? "1" : "0", !trims_ || chance(60) ? "0" : number(4)};
  if (trims_ && chance(60)) words[4] += " 86400000 " + std::to_string(chance(50) ? 9 : 1000);
  const auto runs = below(4);
  const auto of = chosen.name.substr(0, chosen.name.rfind(':'));
  for (std::uint64_t i = 0; i < runs; ++i) add_run(words, of, from);
  auto made = script(Script::commit, std::move(words));
  if (!trims_ && chance(65)) made.kind = Operation::Kind::settle;
  return made;
}

Operation RandomCalls::sweep() {
  Words words = {Pair::kGroup, listed_member(), nonce(), view()};
  const auto count = 1 + below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto chosen = lane();
    words.insert(words.end(), {chosen.name, chance(85) ? chosen.position : number(9)});
  }
  return script(Script::sweep, std::move(words));
}

Operation RandomCalls::leave() {
  const auto of = view();
  const auto who = chance(80) ? listed_member() : member();
  // Mostly the step that comes next: who leaves already has "/1" at its end.
  const auto record = state("view:" + state("view"));
  const auto at = record.find(who + "/");
  const bool begun = at != std::string::npos && record.substr(at, record.find(',', at) - at).ends_with("/1");
  return script(Script::leave,
                {Pair::kGroup, who, nonce(),
                 chance(20) ? number(3)
                 : begun    ? "1"
                            : "0",
                 fresh("v"), chance(50) ? "40000" : "120000", chance(50) ? "20000" : "60000", number(12),
                 chance(60) ? "-" : of + ":" + number(9) + ":" + number(9) + "/" + number(9),
                 chance(50) ? "-" : of + ":" + number(15), chance(70) ? state("view") : "-",
                 chance(90) ? record.substr(0, record.find(' ')) : "run/other"});
}

Operation RandomCalls::revive() {
  return script(
      Script::revive,
      {Pair::kGroup, listed_member(), nonce(), std::to_string(1 + below(30)) + "." + fresh("r"), identity(),
       member() + "/1/1/0," + member() + "/0/2/0", chance(60) ? state("nonce") : fresh("g")});
}

Operation RandomCalls::declare() {
  return script(Script::declare, {Pair::kGroup, member(), nonce(), chance(50) ? "lost" : "possible", odd(),
                                  view(), number(3), number(9), number(9), number(9)});
}

Operation RandomCalls::desire() {
  static const Words kFields = {"state", "how", "consumers", "minimum", "maximum", "batch_size", "wrong"};
  static const Words kValues = {"running", "paused", "stopped", "drain", "now", "auto",
                                "0",       "1",      "7",       "300",   ""};
  const auto* hash = pair_.data().get<sim::Hash>(Pair::keys()[7]);
  Words words = {Pair::kGroup, "me@here", "-", chance(50) || !hash ? "-" : number(5)};
  const auto count = 1 + below(3);
  for (std::uint64_t i = 0; i < count; ++i) words.insert(words.end(), {any_of(kFields), any_of(kValues)});
  return script(Script::desire, std::move(words));
}

// What somebody else, time or a disaster does.
Operation RandomCalls::meddle() {
  const auto& keys = Pair::keys();
  const auto command = [](Words words) { return Operation{Operation::Kind::command, {}, std::move(words)}; };
  switch (below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return command({"HDEL", keys[1], listed_member()});
    case 4:
      return command({"HSET", keys[1], listed_member(), chance(80) ? "1 3 - - 1/2/3/4/5// 1" : odd()});
    case 5:
    case 6:
      return command({"DEL", keys[2]});
    case 7:
      return command({"DEL", keys[5], keys[6]});
    case 8:
      return {Operation::Kind::identity, {}, {}};
    case 9:
      return chance(30) ? command({"DEL", keys[0]})
                        : command({"HDEL", keys[0], chance(50) ? "tick" : "order"});
    case 10:
      return chance(30) ? command({"FLUSHALL"}) : command({"DEL", any_of(keys)});
    case 11:
      return chance(40) ? command({"SET", any_of(keys), "wrong"}) : command({"DEL", keys[2], keys[6]});
    case 12:
      return chance(40) ? command({"HSET", any_of(keys), "wrong", "type"}) : command({"DEL", keys[4]});
    default:
      return chance(50) ? command({"SADD", any_of(keys), "x"})
                        : command({"SET", keys[6], "another", "PX", "50000"});
  }
}

Operation RandomCalls::next_command() {
  static const Words kKeys = {"k1", "k2", "k3", "k4"};
  const auto key = any_of(kKeys);
  const auto word = [&] { return chance(85) ? std::string(1, static_cast<char>('p' + below(5))) : odd(); };
  const std::vector<Words> commands = {{"HSET", key, word(), word()},
                                       {"HSET", key, word(), word(), word(), word()},
                                       {"HDEL", key, word()},
                                       {"HDEL", key, word(), word()},
                                       {"HGET", key, word()},
                                       {"HMGET", key, word(), word()},
                                       {"HGETALL", key},
                                       {"HINCRBY", key, "n", number(9)},
                                       {"GET", key},
                                       {"SET", key, word()},
                                       {"SET", key, word(), "PX", "50000"},
                                       {"SADD", key, word()},
                                       {"SADD", key, word(), word()},
                                       {"SREM", key, word()},
                                       {"SREM", key, word(), word()},
                                       {"SMEMBERS", key},
                                       {"SMISMEMBER", key, word(), word()},
                                       {"SCARD", key},
                                       {"UNLINK", key},
                                       {"LLEN", key},
                                       {"RPUSH", key, word()},
                                       {"RPUSH", key, word(), word()},
                                       {"XADD", key, "*", word(), word()},
                                       {"XADD", key, "*", word(), word(), word(), word()},
                                       {"XADD", key, "MAXLEN", "~", "10000", "*", word(), word()},
                                       {"XLEN", key},
                                       {"XTRIM", key, "MAXLEN", "~", std::to_string(1 + below(5))},
                                       {"XTRIM", key, "MAXLEN", "=", number(5)},
                                       {"EXISTS", key, any_of(kKeys)},
                                       {"DEL", key},
                                       {"DEL", key, any_of(kKeys)},
                                       {"TYPE", key},
                                       {"PEXPIRE", key, "50000"},
                                       {"PEXPIRE", key, "0"}};
  return {Operation::Kind::command, {}, any_of(commands)};
}

}  // namespace tributary::test
