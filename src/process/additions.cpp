#include "process/additions.hpp"

namespace tributary::process {
namespace {

/// What one message made the buffer grow beyond this is given back.
constexpr std::size_t kKeptBytes = 1 << 20;

constexpr std::string_view kAdditionPrefix = "processor.";

}  // namespace

bool Additions::is_ours(std::string_view name) const {
  name = without_prefixes(name, kAdditionPrefix);
  return name == kMessageId || name == kConsumerId || name == kPosition ||
         (name == kChannel && channel_is_ours_) || (name == kPayload && payload_is_ours_);
}

void Additions::add(std::string_view name, std::string_view value) {
  const auto prefix = is_ours(name) ? kAdditionPrefix : std::string_view();
  if (bytes_.size() + name.size() + prefix.size() + value.size() > kMaxAdditionBytes) {
    too_many_ = true;
    return;
  }
  Place place;
  place.name_start = bytes_.size();
  bytes_ += prefix;
  bytes_ += name;
  place.name_size = bytes_.size() - place.name_start;
  place.value_start = bytes_.size();
  place.value_size = value.size();
  bytes_ += value;

  const auto added = text(place.name_start, place.name_size);
  for (auto& known : places_) {
    if (text(known.name_start, known.name_size) == added) {
      known = place;
      return;
    }
  }
  if (places_.size() == kMaxAdditions) {
    too_many_ = true;
    return;
  }
  places_.push_back(place);
}

void Additions::clear() {
  bytes_.clear();
  if (bytes_.capacity() > kKeptBytes) bytes_.shrink_to_fit();
  places_.clear();
  too_many_ = false;
}

std::span<const Field> Additions::fields() {
  fields_.clear();
  for (const auto& place : places_) {
    fields_.push_back({text(place.name_start, place.name_size), text(place.value_start, place.value_size)});
  }
  return fields_;
}

}  // namespace tributary::process
