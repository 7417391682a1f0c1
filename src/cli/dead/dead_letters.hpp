#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/options/entry_id.hpp"
#include "cli/options/settings.hpp"
#include "core/base/result.hpp"
#include "redis/reply.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {

/// One entry of the dead-letter stream. A field that is not there is nothing: others may have written it.
struct StoredLetter {
  EntryId id;
  std::optional<std::string> message_id;
  std::optional<std::string> payload;
  std::optional<std::string> channel;
  std::optional<std::string> reason;
  std::optional<std::string> attempts;
  std::optional<std::string> consumer_id;
  std::optional<std::string> position;

  /// "2026-01-31 12:00:05Z", by the server's clock.
  std::string time() const;
  std::string reason_text() const { return reason.value_or("(no reason)"); }
};

/// Nothing if the reply is no entry of a stream.
std::optional<StoredLetter> parse_letter(redis::Reply entry);

/// Some of the letters that were chosen, oldest first, and how far reading is (0 to 1).
struct LetterPage {
  std::vector<StoredLetter> letters;
  double fraction = 0;
};

struct LetterReading {
  std::uint64_t in_stream = 0;         ///< when it was first looked at
  EntryId last;                        ///< nothing above it was looked at
  std::uint64_t matched = 0;           ///< handed over
  std::vector<std::string> not_found;  ///< of the ids asked for
  bool interrupted = false;            ///< it was asked to stop, and ended early
};

inline constexpr std::size_t kLettersInPage = 1000;
/// Hands over the letters that `settings.dead` chooses, in pages of some MiB and at most kLettersInPage, up
/// to the last one there was at the start, and up to `last`. At most `limit` of them, if it is not 0. An
/// error of `take` ends it.
Result<LetterReading> read_letters(redis::SyncClient& client, const Settings& settings, std::uint64_t limit,
                                   const std::function<Status(LetterPage&)>& take,
                                   const std::function<bool()>& asked_to_stop,
                                   std::optional<EntryId> last = {});

/// How many letters have which reason; of further reasons than kMostReasons only the sum.
class ReasonCounts {
 public:
  static constexpr std::size_t kMostReasons = 1000;

  void add(const std::string& reason);
  /// The most frequent first.
  std::vector<std::pair<std::string, std::uint64_t>> sorted() const;
  /// A table of them, at most `rows`, fit for a terminal.
  std::string table(std::size_t rows) const;

 private:
  std::map<std::string, std::uint64_t> counts_;
  std::uint64_t others_ = 0;
};

/// "no dead letter 7-0 in messages:processed:dead", or of several; empty if all were found.
std::string not_found_text(const LetterReading& reading, const Settings& settings);

}  // namespace tributary::cli
