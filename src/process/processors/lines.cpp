#include "process/processors/lines.hpp"

#include <algorithm>
#include <cstring>

namespace tributary::process {
namespace {

constexpr std::size_t kKeptRoom = 1u << 20;  // more than that is given back when it is not needed

}  // namespace

char* Lines::room(std::size_t size) {
  if (begin_ > 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    searched_ -= begin_;
    begin_ = 0;
  }
  if (end_ + size <= kKeptRoom && bytes_.size() > 2 * kKeptRoom) {
    bytes_.resize(kKeptRoom);
    bytes_.shrink_to_fit();
  }
  if (bytes_.size() < end_ + size) bytes_.resize(std::max(end_ + size, 2 * bytes_.size()));
  return bytes_.data() + end_;
}

std::optional<std::string_view> Lines::next() {
  const auto unseen = end_ - searched_;
  const void* const found = unseen == 0 ? nullptr : std::memchr(bytes_.data() + searched_, '\n', unseen);
  if (found == nullptr) {
    searched_ = end_;
    return std::nullopt;
  }
  const auto line_end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes_.data());
  if (line_end - begin_ > longest_) {
    searched_ = line_end;  // which makes it too_long(), for good
    return std::nullopt;
  }
  const std::string_view line(bytes_.data() + begin_, line_end - begin_);
  begin_ = searched_ = line_end + 1;
  return line;
}

}  // namespace tributary::process
