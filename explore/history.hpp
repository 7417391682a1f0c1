#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "explore/digest.hpp"

namespace tributary::explore {

/// What was really published, in the order of each server process: known to nobody in the world. A value.
struct History {
  struct View {
    std::string id, nonce, identity;
    std::vector<std::uint32_t> weights;
    std::optional<std::uint64_t> length;
  };
  struct Message {
    std::string view;  ///< empty: before the first marker of its process
    std::uint64_t position = 0;
  };
  std::vector<View> views;
  std::vector<Message> messages;
  std::vector<std::uint64_t> deleted;    ///< messages that were in the stream when somebody deleted it
  std::vector<std::uint64_t> unsettled;  ///< messages that are in while their lane's position did not move
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
  void digest(Digest& out) const;
};

}  // namespace tributary::explore
