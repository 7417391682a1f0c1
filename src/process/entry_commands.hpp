#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/check.hpp"
#include "process/results.hpp"

namespace tributary::process {

/// Results of messages, in position order, as the commands of a transaction: an XADD for each entry, nothing
/// for a message that a processor dropped. What must follow them: src/redis/scripts/settle.lua. Keeps its
/// memory (some MiB at most); belongs to one thread.
class EntryCommands final : public Results {
 public:
  EntryCommands(std::string_view output_stream, std::string_view dead_letter_stream);

  void append(const Entry& entry) override;
  void dead(const DeadLetter& letter) override;
  void drop(std::string_view) override {}
  /// Nothing is skipped for a transaction, which does not look at ids.
  void skip(std::string_view, std::string_view) override { TRIBUTARY_CHECK(false); }

  /// What went to one stream.
  struct Part {
    std::size_t count = 0;
    std::string first_position, last_position;  ///< of no meaning if there is none
  };
  const Part& appended() const { return appended_; }
  const Part& dead_lettered() const { return dead_; }
  std::size_t commands() const { return appended_.count + dead_.count; }
  /// The commands; holds until the next change.
  std::string_view bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  void clear();

 private:
  static void count(Part& part, std::string_view position);
  void name_consumer(std::string_view consumer_id);

  std::string output_stream_, dead_letter_stream_;  // as arguments
  std::string id_start_, payload_start_;            // of the command for a plain entry, up to its first value
  std::string plain_middle_;                        // from there to the position
  std::string consumer_;                            // that is named in the middle
  std::string bytes_;
  Part appended_, dead_;
};

}  // namespace tributary::process
