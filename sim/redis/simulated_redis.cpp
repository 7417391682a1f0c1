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
  static constexpr std::string_view kReads[] = {"HGETALL",   "HGET",       "HMGET", "GET",      "EXISTS",
                                                "TYPE",      "LLEN",       "XLEN",  "SMEMBERS", "XINFO",
                                                "XREVRANGE", "SMISMEMBER", "SCARD"};
  return std::find(std::begin(kReads), std::end(kReads), command) == std::end(kReads);
}

}  // namespace

group::Answer answer_of(const Reply& reply) {
  group::Answer answer;
  if (reply.kind == Reply::Kind::array) {
    answer.kind = group::Answer::Kind::values;
    for (const auto& element : reply.elements) {
      answer.values.push_back(element.kind == Reply::Kind::integer ? std::to_string(element.number)
                                                                   : element.text);
    }
  } else if (reply.kind == Reply::Kind::bulk) {
    answer.kind = group::Answer::Kind::values;
    answer.values.push_back(reply.text);
  } else if (reply.is_error()) {
    answer.kind = group::Answer::Kind::refused;
    answer.error = reply.text;
  }
  return answer;
}

std::vector<std::string> with_identity(group::Script script, std::vector<std::string> arguments,
                                       const std::string& identity) {
  if (script != group::Script::commit) {
    arguments.push_back(identity);
  } else if (!arguments[0].starts_with("lane:") && arguments.size() > 3 && arguments[3].size() > 1) {
    arguments[3] += " " + identity;
  }
  return arguments;
}

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

SimulatedRedis::SimulatedRedis(const SimulatedRedis& other, Sink& sink)
    : scripts_(other.scripts_),
      sink_(sink),
      data_(other.data_),
      log_(other.log_),
      run_id_(other.run_id_),
      replication_id_(other.replication_id_),
      now_ms_(other.now_ms_) {}

Reply SimulatedRedis::run(group::Script script, const std::vector<std::string>& keys,
                          std::vector<std::string> arguments, const std::string& refusal) {
  if (!refusal.empty() && scripts_.has_header(script)) return Reply::error(refusal);
  appending_ = script == group::Script::commit;
  refusal_ = refusal;
  auto reply = scripts_.engine().run(scripts_.number(script), keys,
                                     with_identity(script, std::move(arguments)), *this);
  appending_ = false;
  refusal_.clear();
  end_transaction();
  return reply;
}

// What can keep an entry out, once a transaction is begun, keeps all out: that the user may not
// append any more.
group::TransactionOutcome SimulatedRedis::run(const CommitTransaction& commit,
                                              const std::vector<std::string>& keys,
                                              const std::string& refusal) {
  group::TransactionOutcome outcome;
  outcome.entries = commit.appends.size();
  outcome.error = refusal;
  if (!refusal.empty()) return outcome;
  outcome.executed = true;
  may_append_ = fail_append_ < 0 || fail_append_ >= static_cast<int>(commit.appends.size());
  if (fail_append_ >= 0) fail_append_ -= static_cast<int>(commit.appends.size());
  if (!may_append_) outcome.error = "ERR simulated trouble";
  for (const auto& append : commit.appends) {
    if (!may_append_) break;
    const auto reply = command(std::vector<std::string_view>(append.begin(), append.end()));
    outcome.appended += !reply.is_error();
    if (reply.is_error() && outcome.error.empty()) outcome.error = reply.text;
  }
  auto settled = fail_settle_ ? Reply::error("MISCONF simulated disk")
                              : scripts_.engine().run(scripts_.settle(), keys, commit.settle, *this);
  may_append_ = true;
  fail_settle_ = false;
  outcome.settled = std::move(settled.text);
  outcome.settle_refused = settled.is_error();
  forget_what_was_taken_back(effects_);
  end_transaction();
  return outcome;
}

Reply SimulatedRedis::run(const std::vector<std::string>& command_words) {
  const std::vector<std::string_view> words(command_words.begin(), command_words.end());
  auto reply = command(words);
  end_transaction();
  return reply;
}

Reply SimulatedRedis::command(Arguments words) {
  const auto name = words[0];
  if ((name == "PUBLISH" || name == "SPUBLISH") && words.size() == 3) {
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
