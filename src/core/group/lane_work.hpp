#pragma once

#include <cstdint>

#include "core/base/time.hpp"
#include "core/group/view.hpp"

namespace tributary::group {

/// A lane that this node owns and works on. Ranks count the lane's messages from 0.
struct LaneWork {
  std::uint64_t serial =
      0;  ///< new with every take-up: answers to commits of another one say nothing of this
  LaneId lane;
  MemberId owner;                  ///< the id under which this node owns it; commits carry it
  std::uint64_t acknowledged = 0;  ///< messages known to be done at the server
  std::uint64_t sent = 0;          ///< those and what commits in flight carry
  std::uint64_t ready =
      0;  ///< results exist below this rank (set by the relay; inline processing ignores it)
  std::uint32_t in_flight = 0;
  bool rewinding = false;  ///< something went wrong: wait for all in flight, then go on from `acknowledged`
  bool releasing = false;
  /// Owners that died here, one after the other, before they had committed the next message: perhaps of it.
  std::uint32_t deaths = 0;
  std::uint64_t careful_below = 0;  ///< messages below this rank are committed one at a time
  bool claiming = false;            ///< a claim under a new id is on its way: no commits until it is answered
  /// By keys: messages of its keys may be open in lanes of earlier views, so nothing of it is processed or committed.
  bool waits = false;
  /// By keys: nothing was committed since it waited. If the server went back meanwhile, what it waited for may be open again.
  bool untried = false;
};

/// From so many deaths on, messages are committed one at a time, so that it shows which one it is.
inline constexpr std::uint32_t kCarefulDeaths = 2;
/// A message at which so many owners died is given up.
inline constexpr std::uint32_t kMostDeaths = 3;

/// The next commit that may be sent: entries for ranks [first, end) of the lane. The shell may send fewer, at
/// least one.
struct CommitPlan {
  std::uint64_t serial = 0;
  LaneId lane;
  MemberId owner;
  std::uint64_t after = 0;  ///< position before the first entry: the script's "from"
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  bool may_be_transaction = false;  ///< else by the script only
  bool may_be_plain =
      false;  ///< the lane's record is known to the letter: the script's short form will do for plain entries
  /// If not empty, nothing is to be done if the server is another one: what had to come first may not be there any more.
  Identity only_under;
  bool poisoned = false;  ///< the one message is not to be processed: kMostDeaths owners died at it
  /// If not empty, the entries are in the stream already: only the position is to be moved, to that of the
  /// last of them, and only at this server.
  Identity only_move_at;
};

/// How a commit was sent.
enum class CommitWay { script, plain, transaction };

/// Messages of a lane, by rank, that are in the stream though the lane's position did not move, which only
/// this node knows.
struct Unsettled {
  LaneId lane;
  std::uint64_t first = 0, end = 0;
  Identity at;  ///< the server's; if it is another one now, nobody knows what of them is left
};

}  // namespace tributary::group
