#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "process/field.hpp"
#include "tributary/processor.hpp"

namespace tributary::process {

/// Most that a processor may add to one message.
inline constexpr std::size_t kMaxAdditions = 1000;
inline constexpr std::size_t kMaxAdditionBytes = 64 << 20;

/// Collects the fields that a processor adds to one message. A field named message_id, consumer_id or
/// position, which belong to tributary, is called "processor.<name>"; of fields with the same name the last
/// value counts, in the place of the first. Keeps its memory; belongs to one thread.
class Additions final : public FieldSink {
 public:
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
  std::string_view text(std::size_t start, std::size_t size) const {
    return std::string_view(bytes_).substr(start, size);
  }

  std::string bytes_;          ///< names and values, one behind the other
  std::vector<Place> places_;  ///< of each field; views would not survive that bytes_ grows
  std::vector<Field> fields_;
  bool too_many_ = false;
};

}  // namespace tributary::process
