#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cli/audit/ledger.hpp"
#include "cli/audit/text_hash.hpp"

namespace tributary::cli {

/// Most examples kept of each kind.
inline constexpr std::size_t kMaxExamples = 10;

/// What an audit found; counts of messages or entries.
struct AuditReport {
  // What the files say.
  std::uint64_t published = 0;       ///< lines of ledgers
  std::uint64_t unacknowledged = 0;  ///< of those: may have been published or not
  std::uint64_t reached_nobody = 0;  ///< of those: no subscriber at that moment
  std::uint64_t received = 0;        ///< positions in receipts, each counted once
  // What the streams hold.
  std::uint64_t appended = 0;
  std::uint64_t dead_lettered = 0;
  // What does not fit.
  std::uint64_t missing = 0;  ///< should be there and is not
  /// Published to somebody, in no receipts and not there: no promise broken.
  std::uint64_t never_received = 0;
  std::uint64_t duplicated_ids = 0;        ///< entries beyond those the files account for
  std::uint64_t duplicated_positions = 0;  ///< entries whose position was there before
  std::uint64_t unexpected = 0;            ///< entries that the files do not know
  std::uint64_t mismatched = 0;            ///< one position, two message ids
  std::uint64_t without_position = 0;      ///< entries without a readable position
  std::uint64_t out_of_order = 0;          ///< entries behind one of the same view with a higher position
  std::uint64_t keys = 0;                  ///< different ones, if entries have keys
  std::uint64_t out_of_order_by_key = 0;   ///< entries behind one of the same key that comes later
  std::vector<std::string> out_of_order_examples;  ///< by key
  std::vector<std::string> duplicated_examples;
  std::vector<std::string> unexpected_examples;
  std::vector<std::string> mismatched_examples;
};

/// Compares what should be in the output stream with what is. Feed all ledgers and receipts first,
/// then all entries.
///
/// With receipts, missing is what was received and is in neither stream, by position: that is what the group
/// promises. With ledgers only, it is what was published to at least one subscriber, by message id.
class Audit {
 public:
  void publication(const Publication& publication);
  void receipt(const Receipt& receipt);

  struct Entry {
    std::optional<std::string_view> id = std::nullopt;
    std::optional<std::string_view> position = std::nullopt;
    bool dead = false;                                   ///< from the dead-letter stream
    std::optional<std::string_view> key = std::nullopt;  ///< what messages are in order by
  };
  void entry(const Entry& entry);

  AuditReport report() const;

  /// After all entries: whether this line of a file is one of the missing. For finding examples in a
  /// second reading.
  bool is_missing(const Publication& publication) const;
  bool is_missing(const Receipt& receipt) const;

 private:
  // Counters of one message id; they stop at 255.
  struct Id {
    std::uint8_t required = 0;  // published to somebody
    std::uint8_t possible = 0;  // published, perhaps to nobody
    std::uint8_t received = 0;  // under different positions
    std::uint8_t seen = 0;      // entries
  };
  struct Position {
    std::uint64_t id = 0;  // part of the id's hash; 0: none known
    bool received = false;
    bool seen = false;
  };
  static unsigned excused(const Id& id);
  bool known(const Entry& entry) const;
  void note_id(const Entry& entry);
  void note_position(const Entry& entry);
  void note_order(std::string_view position);
  void note_order_of_key(const Entry& entry);

  TextMap<Id> ids_;
  TextMap<Position> positions_;
  std::unordered_map<std::string, std::uint64_t> highest_;  // position seen so far, by view
  struct Place {
    std::uint64_t view = 0, number = 0;
  };
  TextMap<Place> last_of_key_;
  bool has_receipts_ = false;
  AuditReport report_;
};

}  // namespace tributary::cli
