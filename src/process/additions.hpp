#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "process/field.hpp"
#include "process/message_format.hpp"
#include "tributary/processor.hpp"

namespace tributary::process {

/// Most that a processor may add to one message.
inline constexpr std::size_t kMaxAdditions = 1000;
inline constexpr std::size_t kMaxAdditionBytes = 64 << 20;

/// Collects the fields that a processor adds to one message. A field named as one of tributary's own in the
/// entry (message_id, consumer_id, position; channel, payload where the format has them) is called
/// "processor.<name>"; of fields with the same name the last value counts, in the place of the first. Keeps its
/// memory; belongs to one thread.
class Additions final : public FieldSink {
 public:
  explicit Additions(const MessageFormat& format = {})
      : channel_is_ours_(format.keeps_channel()), payload_is_ours_(format.has_payload_field()) {}
  void add(std::string_view name, std::string_view value) override;

  void clear();
  /// True if more was added than is allowed; the rest was ignored.
  bool too_many() const { return too_many_; }
  /// Valid until the next add() or clear().
  std::span<const Field> fields();

 private:
  struct Place {
    std::size_t name_start, name_size, value_start, value_size;
  };
  bool is_ours(std::string_view name) const;
  std::string_view text(std::size_t start, std::size_t size) const {
    return std::string_view(bytes_).substr(start, size);
  }

  std::string bytes_;          ///< names and values, one behind the other
  std::vector<Place> places_;  ///< of each field; views would not survive that bytes_ grows
  std::vector<Field> fields_;
  bool too_many_ = false;
  bool channel_is_ours_, payload_is_ours_;
};

}  // namespace tributary::process
