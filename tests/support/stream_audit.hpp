#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/test_client.hpp"

namespace tributary::test {

/// What is found at the end, against what nodes received and publishers published. Shares no code with tributary,
/// `verify` included.
struct StreamAudit {
  std::uint64_t received = 0;  ///< positions in the receipts
  std::uint64_t appended = 0;  ///< entries in the stream
  std::uint64_t dead_letters = 0;
  std::uint64_t lost = 0;  ///< received, in neither stream, and in no declared range
  std::uint64_t dropped =
      0;  ///< received, in neither stream, and its id is in the stream: of a group with a window
  std::uint64_t declared = 0;     ///< received, in neither stream, inside a declared range
  std::uint64_t duplicated = 0;   ///< positions that stand twice in the streams
  std::uint64_t mixed_up = 0;     ///< positions that name different messages in receipts and stream
  std::uint64_t published = 0;    ///< in the ledgers of the time when nothing but nodes failed
  std::uint64_t unaccounted = 0;  ///< of those, in neither stream
  std::uint64_t disordered = 0;   ///< entries behind one of their key that was published later
  std::uint64_t twice = 0;        ///< message ids of those that stand twice in the streams
  std::vector<std::string> examples;

  bool clean() const { return lost + duplicated + mixed_up + unaccounted + twice + disordered == 0; }
};

struct AuditOptions {
  bool once_by_id =
      false;  ///< ids are published again, and the group's window for them is longer than all this took
  bool by_key = false;            ///< messages have a member "key", and entries with the same are in order
  std::string in_order_to = "+";  ///< up to this entry
};

/// `receipts`: files of nodes, of which everything has to be found. `ledgers`: of publishers, for times without any
/// fault but of nodes.
StreamAudit audit(TestClient& client, const std::string& group, const std::vector<std::string>& receipts,
                  const std::vector<std::string>& ledgers, const AuditOptions& options = {});

}  // namespace tributary::test
