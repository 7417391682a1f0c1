#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/audit/line_file.hpp"
#include "core/base/result.hpp"

// Two kinds of files that say what should be in the stream. Both are text, one message a line, fields
// separated by one space; a last line without its end is ignored, because its writer was killed.
//
// Ledger, by `publish`:   <message_id> <receivers>
//   receivers: how many subscribers Redis said it gave the message to; "?" if the answer never came, so that
//   the message may have been published or not.
// Receipts, by a node:    <position> <message_id>
//   position such as 7.3fa9c2:12345; message_id "-" for a payload without a usable one. Several nodes receive
//   the same messages, so receipts of several nodes are united by position.
namespace tributary::cli {

/// One line of a ledger; the id refers to the line.
struct Publication {
  std::string_view id;
  std::optional<std::uint64_t> receivers;  ///< nothing: never acknowledged
};
std::optional<Publication> parse_ledger_line(std::string_view line);
void append_ledger_line(std::string& out, const Publication& publication);

/// One line of receipts; both refer to the line.
struct Receipt {
  std::string_view position;
  std::optional<std::string_view> id;  ///< nothing: the payload had none
};
std::optional<Receipt> parse_receipt_line(std::string_view line);
void append_receipt_line(std::string& out, const Receipt& receipt);

/// Records publications. They reach the file within half a second, as long as record() or flush() is called.
class Ledger {
 public:
  static Result<Ledger> create(const std::string& path);
  void record(const Publication& publication);
  /// Brings all into the file; tells of any write that failed since the last call.
  Status flush();
  /// The same, if it was not done for half a second.
  Status flush_if_due();

 private:
  explicit Ledger(LineWriter writer) : writer_(std::move(writer)) {}
  LineWriter writer_;
  std::string line_;
  std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
};

/// Call `take` with each line. Errors name file and line.
Result<LineCount> read_ledger(const std::string& path, const std::function<void(const Publication&)>& take);
Result<LineCount> read_receipts(const std::string& path, const std::function<void(const Receipt&)>& take);

}  // namespace tributary::cli
