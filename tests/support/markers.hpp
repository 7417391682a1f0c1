#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "support/group_snapshot.hpp"
#include "support/test_client.hpp"

namespace tributary::test {

/// The markers of a group from now on, in their order. Each names a tick, of which the leader gives one in
/// every beat: so a test can tell how long something took by the group's own clock, which stands still while
/// the machine gives it no time.
class Markers {
 public:
  using Members = std::vector<GroupSnapshot::Member>;

  explicit Markers(TestClient client, const std::string& group = "messages:processed");
  /// Reads on to the first view that is as wanted: its tick. Nothing if there is none within half a minute.
  std::optional<std::uint64_t> tick_when(const std::function<bool(const Members&)>& wanted);

 private:
  TestClient client_;
};

}  // namespace tributary::test
