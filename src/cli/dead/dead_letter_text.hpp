#pragma once

#include <string>
#include <vector>

#include "cli/dead/dead_letters.hpp"

namespace tributary::cli {

/// What `dead list` found: the letters it shows, and the reasons of all that were chosen.
struct LetterList {
  std::string stream;
  std::vector<StoredLetter> letters;  ///< their payloads may be emptied; see `sizes`
  std::vector<std::size_t> sizes;     ///< bytes of the payload of each
  std::uint64_t in_stream = 0;
  std::uint64_t matched = 0;
  bool filtered = false;
  ReasonCounts reasons;
};
std::string letter_list_text(const LetterList& list);
/// One JSON object, without a line end; docs/operating.md says what is in it.
std::string letter_list_json(const LetterList& list);

/// A letter whole. In the text everything that is no visible character is escaped (safe_text.hpp).
std::string letter_text(const StoredLetter& letter);
/// One JSON object, without a line end. `payload` if it is UTF-8, else `payload_base64`.
std::string letter_json(const StoredLetter& letter);

}  // namespace tributary::cli
