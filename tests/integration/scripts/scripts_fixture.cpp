#include "integration/scripts/scripts_fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

namespace tributary::test {
namespace {

Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

Words split_words(const std::string& text, char separator) {
  Words words(1);
  for (const char c : text) {
    if (c == separator) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

std::string body_of(const redis::Script& script) {
  const char* directory = std::getenv("TRIBUTARY_TEST_SCRIPTS");
  std::ifstream file;
  if (directory != nullptr) file.open(std::string(directory) + "/" + std::string(script.name) + ".lua");
  if (!file.is_open()) return std::string(script.body);
  return {std::istreambuf_iterator<char>(file), {}};
}

Words words_of(const redis::Reply& reply) {
  if (!reply.is_array()) return {reply.text};
  Words words;
  for (const auto& element : reply.elements) words.push_back(element.text);
  return words;
}

Words ScriptsTest::keys_of(Script name) const {
  if (name == Script::commit) return {key("state"), "out", dead_};
  Words keys{key("state"), key("members"), key("leader"),         key("losses"),
             "out",        list_name_,     list_name_ + ":group", key("desired")};
  if (name == Script::status) {
    keys.push_back(dead_);
    for (const auto& one : id_keys()) keys.push_back(one);
  }
  if (name == Script::desire) keys.push_back(key("changes"));
  return keys;
}

Words ScriptsTest::run(Script name, const Words& arguments, Words keys) {
  if (keys.empty()) keys = keys_of(name);
  const Words start{"EVAL", body_of(redis::script(name)), std::to_string(keys.size())};
  const Words identity{known_identity_};  // behind the arguments of all but commits
  return words_of(redis_.command(
      joined(joined(joined(start, keys), arguments), name == Script::commit ? Words{} : identity)));
}

Words ScriptsTest::join(const std::string& member, const Joining& how) {
  const auto answer =
      run(Script::join, {"out", member, how.nonce, std::to_string(how.weight), how.former, how.highest,
                         how.fingerprint, how.protocol, view_nonce(), "group" + std::to_string(views_),
                         "60000", how.lease, how.seen, how.holds, "host", "h"});
  if (answer.size() == 7) nonce_ = answer[4];
  return answer;
}

Words ScriptsTest::beat(const std::string& member, const Beating& what) {
  return run(Script::beat, joined({"out", member, nonce_, what.tick, what.counted, what.floor, what.gaps,
                                   what.lengths, what.highest, what.lease, "60000", "4", view_nonce(),
                                   what.publishes ? "1" : "0", what.active, "backlog", "7", "view", view()},
                                  what.presence));
}

Words ScriptsTest::commit(const std::string& member, const std::string& lane, int from, const Words& runs,
                          bool release, const std::string& bound) {
  return run(Script::commit, joined({member, lane, std::to_string(from), release ? "1" : "0", bound}, runs));
}

Words ScriptsTest::commit_once(const std::string& member, const std::string& lane, int from,
                               const Words& runs, const std::string& bounds) {
  return run(Script::commit, joined({member, lane, std::to_string(from), "0", bounds}, runs),
             joined(keys_of(Script::commit), id_keys()));
}

Words ScriptsTest::claim(const std::string& member, const std::string& lane, const std::string& seen) {
  return run(Script::claim, {"out", member, nonce_, lane, seen});
}

Words ScriptsTest::sweep(const std::string& member, const Words& lanes_with_positions) {
  return run(Script::sweep, joined({"out", member, nonce_, view()}, lanes_with_positions));
}

Words ScriptsTest::leave(const std::string& member, const Leave& what) {
  return run(Script::leave, {"out", member, nonce_, what.step, view_nonce(), "60000", what.lease, what.floor,
                             what.lengths, what.highest, what.reads.empty() ? view() : what.reads,
                             what.identity.empty() ? identity() : what.identity});
}

Words ScriptsTest::desire(const std::string& who, const std::string& based_on,
                          const Words& fields_and_values) {
  return run(Script::desire, joined({"out", who, "-", based_on}, fields_and_values));
}

Words ScriptsTest::install(const std::string& member, const std::string& previous,
                           const std::string& members) {
  return run(Script::install, {"out", member, nonce_, previous, view_nonce(), members, "60000"});
}

Words ScriptsTest::revive(const std::string& member, const std::string& view, const std::string& identity,
                          const std::string& members, const std::string& nonce) {
  return run(Script::revive, {"out", member, nonce_, view, identity, members, nonce});
}

Words ScriptsTest::entries(const std::string& view, const std::vector<int>& positions) {
  Words runs{"t", std::to_string(positions.size()), "message_id", "consumer"};
  for (const int n : positions) {
    runs.push_back("m" + std::to_string(n));
    runs.push_back(view + ":" + std::to_string(n));
  }
  return runs;
}

std::string ScriptsTest::identity() {
  if (known_identity_ != "-") return known_identity_;
  const auto info = redis_.text({"INFO", "everything"});
  const auto value = [&](const std::string& name) {
    const auto begin = info.find("\n" + name + ":") + name.size() + 2;
    return info.substr(begin, 40);
  };
  return value("run_id") + "/" + value("master_replid");
}

bool ScriptsTest::has_presence(const std::string& member) {
  return redis_.integer({"HEXISTS", key("members"), member}) == 1;
}

long long ScriptsTest::left_ms(const std::string& member) {
  const auto now = list({"TIME"});
  return std::atoll(redis_.text({"HGET", key("members"), member}).c_str()) - std::stoll(now[0]) * 1000 -
         std::stoll(now[1]) / 1000;
}

std::string ScriptsTest::floor_of(const std::string& member) {
  return split_words(redis_.text({"HGET", key("members"), member}), ' ').at(1);
}

void ScriptsTest::let_lapse(const std::string& member) {
  const auto record = redis_.text({"HGET", key("members"), member});
  redis_.command({"HSET", key("members"), member, "1" + record.substr(record.find(' '))});
}

std::map<std::string, std::string> ScriptsTest::status() {
  const auto flat = run(Script::status, {"out", "-", "-"});
  std::map<std::string, std::string> told;
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) told[flat[i]] = flat[i + 1];
  return told;
}

Words ScriptsTest::list(const TestClient::Command& command) {
  Words words;
  for (const auto& element : redis_.command(command).elements) words.push_back(element.text);
  return words;
}

std::vector<std::map<std::string, std::string>> ScriptsTest::stream(const std::string& name) {
  std::vector<std::map<std::string, std::string>> found;
  for (const auto& entry : redis_.command({"XRANGE", name, "-", "+"}).elements) {
    auto& fields = found.emplace_back();
    const auto& flat = entry.elements.at(1).elements;
    for (std::size_t i = 0; i + 1 < flat.size(); i += 2) fields[flat[i].text] = flat[i + 1].text;
  }
  return found;
}

Words ScriptsTest::positions(const std::string& name) {
  Words found;
  for (auto& entry : stream(name)) found.push_back(entry["position"]);
  return found;
}

Words ScriptsTest::losses() {
  Words found;
  for (auto& entry : stream(key("losses"))) found.push_back(entry["reason"]);
  return found;
}

std::string ScriptsTest::state_text() {
  const auto flat = list({"HGETALL", key("state")});
  std::set<std::string> fields;
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) fields.insert(flat[i] + "=" + flat[i + 1]);
  std::string text;
  for (const auto& one : fields) text += one + "\n";
  return text;
}

// "<view>:<index>"; empty if the view is closed.
std::string ScriptsTest::lane_of(const std::string& position) {
  const auto parts = split_words(position, ':');
  const auto record = field("view:" + parts[0]);
  if (record.empty()) return "";
  Words weighted;
  const auto members = split_words(split_words(record, ' ')[1], ',');
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (split_words(members[i], '/').at(1) == "1") weighted.push_back(std::to_string(i));
  }
  const auto n = std::stoul(parts[1]);
  return parts[0] + ":" + weighted.at((n - 1) % weighted.size());
}

void ScriptsTest::expect_positions_match() {
  std::map<std::string, int> last;  // of each lane
  std::set<std::string> seen;
  for (const auto* name : {"out", "out:dead"}) {
    for (const auto& position : positions(name)) {
      EXPECT_TRUE(seen.insert(position).second) << position << " twice";
      auto& highest = last[lane_of(position)];
      highest = std::max(highest, std::stoi(split_words(position, ':').at(1)));
    }
  }
  const auto flat = list({"HGETALL", key("state")});
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) {
    if (!flat[i].starts_with("lane:")) continue;
    EXPECT_EQ(split_words(flat[i + 1], ' ').at(1), std::to_string(last[flat[i].substr(5)])) << flat[i];
  }
}

void ScriptsTest::restart() {
  server_.restart();
  redis_.command({"PING"});  // notices that its connection is gone; the next command connects again
  ASSERT_EQ(redis_.text({"PING"}), "PONG");
}

}  // namespace tributary::test
