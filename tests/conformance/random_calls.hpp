#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conformance/pair.hpp"
#include "core/base/random.hpp"

namespace tributary::test {

/// Makes up calls that nodes might make, at random: most of them fit what is there, some are late, repeated,
/// of somebody else or nonsense.
class RandomCalls {
 public:
  RandomCalls(const Pair& pair, std::uint64_t seed) : pair_(pair), random_(seed), trims_(seed % 2 == 0) {}
  Operation next();
  /// A command of those that the scripts use, on few keys of all types.
  Operation next_command();

 private:
  struct Lane {
    std::string name, owner, position;
  };

  bool chance(std::uint64_t percent) { return random_.below(100) < percent; }
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  template <class List>
  auto any_of(const List& list) -> const typename List::value_type& {
    return list[below(list.size())];
  }
  std::string number(std::uint64_t bound) { return std::to_string(below(bound)); }
  std::string state(const std::string& field) const;
  std::string member();
  std::string listed_member();
  std::string nonce();
  std::string view();
  std::string fresh(const char* letter) { return letter + std::to_string(++fresh_); }
  std::string odd();
  std::string identity();
  Lane lane();
  Operation script(group::Script script, std::vector<std::string> words);

  Operation join();
  Operation beat();
  Operation install();
  Operation claim();
  Operation commit();
  Operation sweep();
  Operation leave();
  Operation revive();
  Operation declare();
  Operation desire();
  Operation meddle();
  void add_run(std::vector<std::string>& words, const std::string& view, std::uint64_t& position);

  const Pair& pair_;
  Random random_;
  // Approximate trimming counts what was deleted before, the simulation's does not: so what is taken back and what is
  // trimmed do not meet.
  bool trims_;
  std::uint64_t fresh_ = 0;
  std::vector<std::string> views_;  // that ever were
  Operation last_;
};

}  // namespace tributary::test
