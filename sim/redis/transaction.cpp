#include "sim/redis/transaction.hpp"

#include <algorithm>
#include <cstdlib>

namespace tributary::sim {
namespace {

using Words = std::vector<std::string>;

/// Reads the runs of a commit: see src/process/entries.hpp.
class Runs {
 public:
  Runs(const Words& keys, const Words& entries) : keys_(keys), words_(entries) {}

  bool read() {
    while (next_ < words_.size()) {
      if (!has(2)) return false;
      const auto kind = words_[next_];
      const auto count = number(words_[next_ + 1]);
      next_ += 2;
      if (kind != "t" && kind != "g" && kind != "d" && kind != "n") return false;
      if (kind == "t" && !has(2)) return false;
      const auto name = kind == "t" ? words_[next_++] : std::string();
      const auto consumer = kind == "t" ? words_[next_++] : std::string();
      for (std::size_t i = 0; i < count; ++i) {
        if (!(kind == "t" ? plain(name, consumer) : kind == "n" ? dropped() : general(kind == "d")))
          return false;
      }
    }
    return true;
  }

  struct Part {
    std::size_t count = 0;
    std::string first, last;
  };
  std::vector<Words> appends;
  Part parts[2];  // the output stream's, the dead letters'
  std::string last;

 private:
  static std::size_t number(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }
  bool has(std::size_t words) const { return words_.size() - next_ >= words; }

  bool plain(const std::string& name, const std::string& consumer) {
    if (!has(2)) return false;
    append(0,
           {name, words_[next_], "consumer_id", consumer, "processed", "1", "position", words_[next_ + 1]});
    next_ += 2;
    return true;
  }
  bool general(bool dead) {
    if (!has(1)) return false;
    const auto size = number(words_[next_++]);
    if (size == 0 || size % 2 != 0 || !has(size) || words_[next_ + size - 2] != "position") return false;
    const auto begin = words_.begin() + static_cast<std::ptrdiff_t>(next_);
    append(dead ? 1 : 0, Words(begin, begin + static_cast<std::ptrdiff_t>(size)));
    next_ += size;
    return true;
  }
  bool dropped() {
    if (!has(1)) return false;
    last = words_[next_++];
    return true;
  }
  void append(std::size_t part, const Words& fields) {
    Words command = {"XADD", keys_[1 + part], "*"};
    command.insert(command.end(), fields.begin(), fields.end());
    appends.push_back(std::move(command));
    if (parts[part].count++ == 0) parts[part].first = fields.back();
    parts[part].last = last = fields.back();
  }

  const Words& keys_;
  const Words& words_;
  std::size_t next_ = 0;
};

}  // namespace

std::optional<CommitTransaction> as_transaction(const Words& keys, const group::CommitCall& commit) {
  Runs runs(keys, commit.entries);
  if (commit.release || !runs.read() || runs.appends.empty()) return std::nullopt;
  CommitTransaction made;
  made.settle = {commit.member.text,
                 commit.lane.text(),
                 std::to_string(commit.after),
                 runs.last.substr(runs.last.rfind(':') + 1),
                 std::to_string(commit.stream_maxlen),
                 std::to_string(runs.parts[0].count),
                 runs.parts[0].first,
                 runs.parts[0].last,
                 std::to_string(runs.parts[1].count),
                 runs.parts[1].first,
                 runs.parts[1].last};
  made.appends = std::move(runs.appends);
  return made;
}

void forget_what_was_taken_back(std::vector<Effect>& effects) {
  std::vector<Effect> deletions;
  for (const auto& effect : effects) {
    if (effect[0] == "XDEL") deletions.push_back(effect);
  }
  if (deletions.empty()) return;
  std::erase_if(effects, [&](const Effect& effect) {
    if (effect[0] == "XDEL" || effect[0] == "XSETID") return true;
    return effect[0] == "XADD" && std::any_of(deletions.begin(), deletions.end(), [&](const auto& deletion) {
             return effect[1] == deletion[1] &&
                    std::find(deletion.begin() + 2, deletion.end(), effect[2]) != deletion.end();
           });
  });
}

}  // namespace tributary::sim
