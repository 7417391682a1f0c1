#include "sim/redis/simulated_redis.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "redis/scripts.hpp"

namespace tributary::sim {
namespace {

namespace text = tributary::redis::script_text;

struct Named {
  const char* name;
  const char* const* body;
};

// In the order of group::Script.
constexpr Named kScripts[] = {
    {"join", &text::join},     {"beat", &text::beat},       {"install", &text::install},
    {"claim", &text::claim},   {"sweep", &text::sweep},     {"leave", &text::leave},
    {"revive", &text::revive}, {"declare", &text::declare}, {"commit", &text::commit},
    {"status", &text::status}, {"desire", &text::desire},   {"settle", &text::settle}};
static_assert(std::size(kScripts) == static_cast<std::size_t>(group::Script::desire) + 2);

bool writes(std::string_view command) {
  static constexpr std::string_view kReads[] = {"HGETALL", "HGET", "HMGET",    "GET",   "EXISTS",   "TYPE",
                                                "LLEN",    "XLEN", "SMEMBERS", "XINFO", "XREVRANGE"};
  return std::find(std::begin(kReads), std::end(kReads), command) == std::end(kReads);
}

}  // namespace

const char* name_of(group::Script script) { return kScripts[static_cast<std::size_t>(script)].name; }

std::vector<std::string> Scripts::texts(const std::vector<Change>& changes) {
  std::vector<std::string> texts;
  std::vector<bool> found(changes.size(), false);
  for (const auto& [name, body] : kScripts) {
    std::string changed = *body;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const auto& change = changes[i];
      if (change.script != name && change.script != "*") continue;
      const auto at = changed.find(change.from);
      if (at == std::string::npos) continue;
      found[i] = true;
      changed.replace(at, change.from.size(), change.to);
    }
    texts.push_back(std::move(changed));
  }
  TRIBUTARY_CHECK(std::find(found.begin(), found.end(), false) == found.end());
  return texts;
}

Scripts::Scripts(const std::vector<Change>& changes) {
  for (auto& text : texts(changes)) {
    headers_.push_back(text.starts_with("#!lua"));
    numbers_.push_back(engine_.load(kScripts[numbers_.size()].name, std::move(text)));
  }
}

Reply SimulatedRedis::run(group::Script script, const std::vector<std::string>& keys,
                          const std::vector<std::string>& arguments, const std::string& refusal) {
  if (!refusal.empty() && scripts_.has_header(script)) return Reply::error(refusal);
  appending_ = script == group::Script::commit;
  refusal_ = refusal;
  auto reply = scripts_.engine().run(scripts_.number(script), keys, arguments, *this);
  appending_ = false;
  refusal_.clear();
  end_transaction();
  return reply;
}

// What can keep an entry out, once a transaction is begun, keeps all out: that the user may not append any more.
Reply SimulatedRedis::run(const CommitTransaction& commit, const std::vector<std::string>& keys,
                          const std::string& refusal) {
  if (!refusal.empty()) return Reply::error(refusal);
  may_append_ = fail_append_ < 0 || fail_append_ >= static_cast<int>(commit.appends.size());
  if (fail_append_ >= 0) fail_append_ -= static_cast<int>(commit.appends.size());
  std::string first_error = may_append_ ? "" : "ERR simulated trouble";
  for (const auto& append : commit.appends) {
    if (!may_append_) break;
    const auto reply = command(std::vector<std::string_view>(append.begin(), append.end()));
    if (reply.is_error() && first_error.empty()) first_error = reply.text;
  }
  auto settled = scripts_.engine().run(scripts_.settle(), keys, commit.settle, *this);
  may_append_ = true;
  forget_what_was_taken_back();
  end_transaction();
  if (settled.is_error()) return Reply::error("DONE IN PART " + settled.text);
  auto words = Reply::array();
  for (std::size_t end = 0; end != std::string::npos; settled.text.erase(0, end + 1)) {
    end = settled.text.find(' ');
    words.elements.push_back(Reply::bulk(settled.text.substr(0, end)));
    if (end == std::string::npos) break;
  }
  if (words.elements[0].text == "failed") words.elements.push_back(Reply::bulk(first_error));
  return words;
}

// Nobody ever saw it, and it is not there after a restart either.
void SimulatedRedis::forget_what_was_taken_back() {
  for (std::size_t i = 0; i < effects_.size(); ++i) {
    if (effects_[i][0] != "XDEL") continue;
    const auto deletion = effects_[i];
    std::erase_if(effects_, [&](const Effect& effect) {
      return effect == deletion ||
             (effect[0] == "XADD" && effect[1] == deletion[1] &&
              std::find(deletion.begin() + 2, deletion.end(), effect[2]) != deletion.end());
    });
    i = static_cast<std::size_t>(-1);
  }
}

Reply SimulatedRedis::run(const std::vector<std::string>& command_words) {
  const std::vector<std::string_view> words(command_words.begin(), command_words.end());
  auto reply = command(words);
  end_transaction();
  return reply;
}

Reply SimulatedRedis::command(Arguments words) {
  const auto name = words[0];
  if (name == "PUBLISH" && words.size() == 3) {
    sink_.published(words[1], words[2]);
    return Reply::integer(1);
  }
  if (name == "INFO" && words.size() == 2) {
    return Reply::bulk(words[1] == "server" ? "# Server\r\nrun_id:" + run_id_ + "\r\n"
                                            : "# Replication\r\nmaster_replid:" + replication_id_ + "\r\n");
  }
  if (name == "FLUSHALL") {
    data_.clear();
    effects_.push_back({"FLUSHALL"});
    return Reply::status("OK");
  }
  if (name == "XADD" && appending_ && fail_append_ >= 0 && fail_append_-- == 0)
    return Reply::error("ERR simulated trouble");
  if (name == "XADD" && !may_append_) return Reply::error("ERR simulated trouble");
  if (!refusal_.empty() && writes(name)) return Reply::error(refusal_);
  return data_.execute(words, effects_);
}

void SimulatedRedis::end_transaction() {
  if (effects_.empty()) return;
  log_.push_back({now_ms_, std::move(effects_)});
  effects_.clear();
}

void SimulatedRedis::go_back(std::size_t count) {
  TRIBUTARY_CHECK(count <= log_.size());
  log_.resize(count);
  data_.clear();
  for (const auto& transaction : log_) {
    data_.set_time(transaction.time_ms);
    for (const auto& effect : transaction.effects) {
      if (effect.front() == "FLUSHALL") {
        data_.clear();
      } else {
        data_.repeat(effect);
      }
    }
  }
  data_.set_time(now_ms_);
}

}  // namespace tributary::sim
