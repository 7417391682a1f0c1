#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "redis/reply.hpp"

namespace tributary::redis {

/// What an error starts with that the server's last word on a transaction is, if it was not "nothing was done": what a
/// transaction must not do, and cannot while the user's rights are left alone (see may_settle.lua).
inline constexpr std::string_view kDoneInPart = "DONE IN PART ";
/// The same if all entries were appended and only settle was refused, as on a disk that failed meanwhile.
inline constexpr std::string_view kUnsettled = "UNSETTLED ";

/// Reads the answers to a transaction: to MULTI, to each command put into it, and to EXEC, whose last element, the answer
/// of settle.lua, is the one that counts. The rest, two lines for each entry, is only looked through for errors: that is
/// why this is not left to the general reader. Bytes may come in any pieces.
class TransactionReader {
 public:
  /// Of a transaction of `commands` commands between MULTI and EXEC, at least one.
  void begin(std::size_t commands);
  /// Takes what belongs to the transaction and gives the rest back. Not after done() or broken().
  std::string_view feed(std::string_view bytes);
  bool done() const { return stage_ == Stage::done; }
  /// What came is not the answer to a transaction: the connection is of no use any more.
  bool broken() const { return stage_ == Stage::broken; }
  /// Once done(): settle's words as an array of strings, with the server's own error behind "failed"; or the error that kept
  /// the transaction from being done. An error that begins with kDoneInPart is another matter.
  Reply take();

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
  std::string error_;     // the first one
  std::string last_;      // the last element, with its type in front
};

}  // namespace tributary::redis
