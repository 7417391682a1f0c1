#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tributary::process {

/// Lines from a stream of bytes that come in any pieces. Keeps its memory; belongs to one thread.
class Lines {
 public:
  /// Takes lines of up to `longest` bytes, without the line end.
  explicit Lines(std::size_t longest) : longest_(longest) {}

  /// Room for `size` more bytes, until anything else is called; came() says how many of them were written.
  char* room(std::size_t size);
  void came(std::size_t size) { end_ += size; }

  /// The next whole line, without its line end, valid until room(); nothing until there is one.
  std::optional<std::string_view> next();
  /// What came behind the last whole line.
  std::string_view rest() const { return {bytes_.data() + begin_, end_ - begin_}; }
  /// After next() had nothing: a line has begun that is longer than it may be. Then only clear() helps.
  bool too_long() const { return searched_ - begin_ > longest_; }
  void clear() { begin_ = searched_ = end_ = 0; }

 private:
  std::size_t longest_;
  std::string bytes_;
  std::size_t begin_ = 0;     // of what was not given out
  std::size_t searched_ = 0;  // no line end between begin_ and here
  std::size_t end_ = 0;       // of what came
};

}  // namespace tributary::process
