#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "process/results.hpp"

namespace tributary::process {

/// Results of messages, in position order, laid out as the arguments of a commit: runs of consecutive entries
/// of the same kind, each argument as "$<length>\r\n<bytes>\r\n".
///
///     "t" <count> <field> <consumer id>   count x (<value> <position>)
///             exactly that field of the message, consumer_id, processed=1, position: by far the most
///     "g" <count>                 count x (<number of arguments> <field> <value> ... "position" <position>)
///     "u" <count>                 count x (<message id> and what "g" has), in place of "g" where nothing comes twice by id
///     "d" <count>                 the same as "g", for the dead-letter stream
///     "s" <count>                 count x (<message id> <position>), messages left unprocessed as duplicates
///     "n" <count>                 count x (<position>), messages that a processor dropped
///
/// A count has six digits, with zeros in front: it is filled in when the run ends. The bytes of several of
/// these in a row are again a sequence of runs. Keeps its memory (some MiB at most); belongs to one thread.
class EntryRuns final : public Results {
 public:
  /// `with_ids`: the commit is to know the id of whatever it appends.
  explicit EntryRuns(bool with_ids = false) : with_ids_(with_ids) {}

  void append(const Entry& entry) override;
  void dead(const DeadLetter& letter) override;
  void drop(std::string_view position) override;
  void skip(std::string_view message_id, std::string_view position) override;

  /// Ends the open run. bytes() is complete only then; what is appended later starts a new run.
  void finish();
  /// Only after finish() or clear(); holds until the next change.
  std::string_view bytes() const;
  /// Number of arguments so far, those of the open run and its start included.
  std::size_t arguments() const { return arguments_; }
  std::size_t size() const { return bytes_.size(); }  ///< of bytes(), so far
  /// Forgets everything, counts included.
  void clear();

  std::size_t appended() const { return appended_; }
  std::size_t dead_lettered() const { return dead_; }
  std::size_t dropped() const { return dropped_; }
  std::size_t skipped() const { return skipped_; }
  /// All of them: how many positions this moves a lane forward.
  std::size_t entries() const { return appended_ + dead_ + dropped_ + skipped_; }

 private:
  void open(char kind, std::string_view field = {}, std::string_view consumer_id = {});
  void add(std::string_view argument);
  void add_number(std::uint64_t number);

  bool with_ids_;
  std::string bytes_;
  std::size_t count_at_ = 0;    ///< where the open run's number of entries belongs, once it is known
  std::string run_consumer_;    ///< of an open template run
  std::string_view run_field_;  ///< and its field's name, which is one of tributary's own
  char kind_ = 0;               ///< of the open run, 0 if none is open
  std::size_t run_count_ = 0;   ///< entries of the open run
  std::size_t arguments_ = 0;
  std::size_t appended_ = 0;
  std::size_t dead_ = 0;
  std::size_t dropped_ = 0;
  std::size_t skipped_ = 0;
};

/// Of the arguments of a commit with so many entries, those behind kind and count if all of it is one run of "t"; else empty.
std::string_view plain_run(std::string_view arguments, std::size_t argument_count, std::uint64_t entries);

}  // namespace tributary::process
