#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tributary::sim {

class Truth;

/// A view as its marker announced it, at its place in the order of one server process.
struct ViewTruth {
  struct Member {
    std::string id;
    std::uint32_t weight = 0;
    bool leaving = false;
  };
  std::string id, previous, nonce, identity;
  std::uint64_t number = 0;
  std::size_t life = 0;
  std::uint64_t base = 0;  // data messages of that life before the marker
  std::vector<Member> members;
  std::vector<std::uint32_t> slots;           // lane of each
  std::optional<std::uint64_t> length;        // once the next marker of the same group was published
  std::optional<std::uint64_t> rival_length;  // once a marker of whatever group was

  std::vector<std::uint32_t> lane_of_key_slot;  // in a group with an order key
  const Truth* truth = nullptr;

  bool lists(std::string_view member) const;
  std::uint32_t lane_of(std::uint64_t position) const;
  /// The last position of the lane that is not above `up_to`; 0 if there is none.
  std::uint64_t last_in_lane(std::uint32_t lane, std::uint64_t up_to) const;
};

/// What really was published, and in which order: known to nobody inside the world. Reads markers by itself
/// and computes slots by itself, so that it shares nothing with what it is to check.
class Truth {
 public:
  void on_data(std::size_t life, std::uint32_t message);
  /// The view, if the text is a marker of ours.
  const ViewTruth* on_control(std::size_t life, std::string_view text);

  const ViewTruth* view(const std::string& id) const;
  /// The message at a position, if there ever was one.
  std::optional<std::uint32_t> message(const ViewTruth& view, std::uint64_t position) const;
  /// Data messages of the view's life since its marker, whatever came between.
  std::uint64_t count_since(const ViewTruth& view) const { return data_[view.life].size() - view.base; }
  std::uint64_t view_count() const { return views_.size(); }

 private:
  std::vector<std::vector<std::uint32_t>> data_;  // by life
  std::map<std::string, ViewTruth> views_;
  std::map<std::size_t, std::string> last_view_;                              // by life
  std::map<std::pair<std::size_t, std::string>, std::string> last_of_group_;  // by life and nonce
};

/// The words of a text between separators.
std::vector<std::string> words_of(std::string_view text, char separator);

}  // namespace tributary::sim
