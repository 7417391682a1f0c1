#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/check.hpp"
#include "explore/digest.hpp"

namespace tributary::explore {

/// What a value in a pool goes by: two numbers are equal if and only if the values are.
using Id = std::uint32_t;

/// Every different value once. A state of the world is a handful of ids into pools, so that millions fit into
/// memory and what was computed once for a part is never computed again. T has `void digest(Digest&) const`.
template <class T>
class Pool {
 public:
  Id put(T value) {
    digest_.clear();
    value.digest(digest_);
    const auto [found, fresh] = ids_.emplace(hash_of(digest_.bytes()), static_cast<Id>(values_.size()));
    if (fresh) {
      TRIBUTARY_CHECK(values_.size() < UINT32_MAX);
      values_.push_back(std::make_unique<T>(std::move(value)));
    }
    return found->second;
  }
  const T& operator[](Id id) const { return *values_[id]; }
  std::size_t size() const { return values_.size(); }

 private:
  struct Low {
    std::size_t operator()(const Hash128& hash) const { return hash.low; }
  };
  Digest digest_;
  std::unordered_map<Hash128, Id, Low> ids_;
  std::vector<std::unique_ptr<T>> values_;
};

/// A first-in first-out queue of ids, as a value.
struct Queue {
  std::vector<Id> items;
  void digest(Digest& out) const {
    for (const auto item : items) out.add(item);
  }
};

/// The results of a function of two ids.
template <class Result>
class Memo {
 public:
  const Result* find(Id left, Id right) const {
    const auto found = results_.find(key(left, right));
    return found == results_.end() ? nullptr : found->second.get();
  }
  const Result& put(Id left, Id right, Result result) {
    return *results_.emplace(key(left, right), std::make_unique<Result>(std::move(result))).first->second;
  }
  std::size_t size() const { return results_.size(); }

 private:
  struct Mix {
    std::size_t operator()(std::uint64_t key) const { return key * 0x9e3779b97f4a7c15ULL >> 7; }
  };
  static std::uint64_t key(Id left, Id right) { return (static_cast<std::uint64_t>(left) << 32) | right; }
  std::unordered_map<std::uint64_t, std::unique_ptr<Result>, Mix> results_;
};

}  // namespace tributary::explore
