#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/test_client.hpp"

namespace tributary::test {

/// What Redis holds of a group at one instant, read in one step and without the code under test.
struct GroupSnapshot {
  struct Member {
    std::string id;
    std::uint32_t weight = 0;
    bool leaving = false;
  };
  std::string view;                       ///< id of the current view; empty: there is no state
  std::vector<Member> members;            ///< of the current view
  std::vector<std::string> consumer_ids;  ///< what the consumers list holds
  std::string leader;                     ///< member id; empty: none
  std::vector<std::string> open_lanes;    ///< fields of the state, "lane:<view>:<index>"
  std::uint64_t tick = 0;                 ///< the last one

  /// What the consumers list should hold: the ids of all consumers of the current view, in its order.
  std::vector<std::string> expected_consumer_ids() const;
  /// Whether a member of this process is listed and stays.
  bool lists(pid_t pid) const;
};

GroupSnapshot read_group(TestClient& client, const std::string& group = "messages:processed",
                         const std::string& list = "consumer:ids");

/// The members of a view, from "<id>/<weight>/<order>/<leaving>,...".
std::vector<GroupSnapshot::Member> parse_members(std::string_view text);

/// The process that a member id ("<host>-<pid>-<random>") names; 0 if it names none.
pid_t pid_of(const std::string& member_id);

/// Entries ever appended to a stream (trimmed ones too); 0 if there is none.
std::int64_t entries_added(TestClient& client, const std::string& stream);

/// One entry of a stream: its fields and values in turn.
using EntryFields = std::vector<std::string>;
/// All entries of a stream, in order; read in pages.
std::vector<EntryFields> read_entries(TestClient& client, const std::string& stream);
/// The first value of a field; empty if there is none.
std::string value_of(const EntryFields& entry, const std::string& field);

}  // namespace tributary::test
