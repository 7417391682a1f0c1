#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/identifier.hpp"
#include "core/journal/key_slots.hpp"

/// The words of the protocol as types: who is in a group, in which view, under which server. Values, no
/// behaviour but reading and writing the texts that go through Redis (formats: docs/protocol.md).
namespace tributary::group {

using MemberId = Identifier<struct MemberKind>;   ///< one node's membership through one subscriber connection
using GroupNonce = Identifier<struct NonceKind>;  ///< made with the group's state; in every marker and tick

/// The server process and the history of its data. Another run_id: another process, so another order of
/// messages. Only another replication id: the same order, but the data may have gone back in time.
struct Identity {
  std::string run_id;
  std::string replication_id;

  bool empty() const { return run_id.empty(); }
  std::string text() const { return run_id + "/" + replication_id; }
  static std::optional<Identity> parse(std::string_view text);
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// Number and random nonce, compared whole: a number may come again after Redis went back in time, the pair
/// does not.
struct ViewId {
  std::uint64_t number = 0;
  std::string nonce;

  bool empty() const { return number == 0; }
  std::string text() const { return std::to_string(number) + "." + nonce; }
  static std::optional<ViewId> parse(std::string_view text);
  friend auto operator<=>(const ViewId&, const ViewId&) = default;
};

/// Most consumers of one member: bounds the slot table, whatever a control message says.
inline constexpr std::uint32_t kMaxWeight = 4096;
/// Most consumers of a view.
inline constexpr std::uint64_t kMaxSlots = 1 << 20;

/// A member as a view lists it.
struct ViewMember {
  MemberId id;
  std::uint32_t weight = 0;  ///< consumers; 0: a standby, receives and holds but owns nothing
  std::uint64_t order = 0;   ///< order of joining; of two that differ the younger one goes
  bool leaving = false;
  bool present = true;  ///< only in a beat's answer: its presence has not run out
  friend bool operator==(const ViewMember&, const ViewMember&) = default;
};

/// A numbered list of members, installed atomically and announced by a marker on the control channel. A
/// member's lane has the member's index in this list.
struct View {
  ViewId id;
  Identity identity;
  std::vector<ViewMember> members;
  /// In a group with an order key: members of the view before, if there was one.
  std::optional<std::vector<ViewMember>> before = {};

  const ViewMember* find(const MemberId& member) const;
  std::vector<std::uint32_t> weights() const;
  /// In a group with an order key, a member has two lanes: that of its index for what it had in the view before, and behind
  /// all those another for what moved to it.
  std::uint32_t lane_count() const {
    return static_cast<std::uint32_t>(before ? 2 * members.size() : members.size());
  }
  std::optional<journal::KeySlots> keys() const;
};

/// The share of one view that falls to one member, or a part of it.
struct LaneId {
  ViewId view;
  std::uint32_t index = 0;

  std::string text() const { return view.text() + ":" + std::to_string(index); }
  friend auto operator<=>(const LaneId&, const LaneId&) = default;
};

/// "id/weight/order/leaving[/present]" joined by commas; "-" is the empty list. Nothing if the text is
/// anything else.
std::optional<std::vector<ViewMember>> parse_members(std::string_view text);
std::string format_members(const std::vector<ViewMember>& members);

}  // namespace tributary::group
