#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "explore/digest.hpp"

namespace tributary::explore {

/// That all messages have, in worlds with an order key.
inline constexpr char kKey[] = "k";

/// What was really published, in the order of each server process: known to nobody in the world. A value.
struct History {
  struct View {
    std::string id, nonce, identity;
    std::vector<std::uint32_t> weights;
    std::optional<std::uint64_t> length = {};
    std::optional<std::uint32_t> lane_of_key = {};  ///< with an order key: the lane of kKey
    std::vector<std::string> members = {};

    /// The lane of a position, or -1: counted here, not by the code under test. All weights are 0 or 1 here.
    int lane_of(std::uint64_t position) const;
  };
  struct Message {
    std::string view;  ///< empty: before the first marker of its process
    std::uint64_t position = 0;
  };
  struct Revived {
    std::string view, by;
  };
  std::vector<View> views;
  std::vector<Message> messages;
  std::vector<std::uint64_t> deleted;    ///< messages that were in the stream when somebody deleted it
  std::vector<std::uint64_t> unsettled;  ///< messages that are in while their lane's position did not move
  std::vector<Revived> revived;          ///< views that the server had lost
  int current = -1;                      ///< the view whose marker this server process published last
  std::uint64_t count = 0;

  void on_message();
  /// The text of a control message; what is wrong with it, if it is a marker. `previous`: the view
  /// that was current.
  std::string on_control(const std::string& text, const std::string& previous);
  void on_new_process();
  bool was_deleted(std::uint64_t message) const;
  bool is_unsettled(const std::string& message) const;
  const View* view(const std::string& id) const;
  /// Whether entries of one view may stand behind those of a later one: the server had lost it, and whoever revived it was
  /// not there yet when the later one was made.
  bool may_be_late(const std::string& late, const std::string& behind) const;
  void digest(Digest& out) const;
};

}  // namespace tributary::explore
