#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/group/transaction.hpp"

namespace tributary::redis {

/// Reads the answers to a transaction: to MULTI, to each command put into it, and to EXEC, whose
/// last element, the answer of settle.lua, is the one that counts. The rest, two lines for each
/// entry, is only looked through for errors: that is why this is not left to the general reader.
/// Bytes may come in any pieces.
class TransactionReader {
 public:
  /// Of a transaction of `commands` commands between MULTI and EXEC, at least one.
  void begin(std::size_t commands);
  /// Takes what belongs to the transaction and gives the rest back. Not after done() or broken().
  std::string_view feed(std::string_view bytes);
  bool done() const { return stage_ == Stage::done; }
  /// What came is not the answer to a transaction: the connection is of no use any more.
  bool broken() const { return stage_ == Stage::broken; }
  /// Once done().
  group::TransactionOutcome take();

 private:
  enum class Stage { queued, exec, elements, done, broken };

  void line(std::string_view line);
  void element(std::string_view line);
  void end_element();

  Stage stage_ = Stage::done;
  std::size_t left_ = 0;  // lines of this stage, or elements
  std::size_t commands_ = 0;
  std::size_t skip_ = 0;  // bytes of a bulk string, and its end
  std::string partial_;   // a line whose end has not come
  group::TransactionOutcome outcome_;
};

}  // namespace tributary::redis
