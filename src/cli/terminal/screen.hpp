#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace tributary::cli {

/// The whole screen of a terminal, for as long as this lives: alternate screen, no echo, keys one by one. The
/// terminal is as it was afterwards, however the process ends, but for SIGKILL. One at a time in a process.
class Screen {
 public:
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  int width() const { return width_; }
  int height() const { return height_; }

  /// Shows these lines from the top, and nothing else. Lines that are too many are left out; each must fit
  /// the width.
  void show(const std::vector<std::string>& lines);

  enum class Event { none, quit, resized };
  /// Until a key or signal that ends it, a change of size, or the time is over.
  Event wait(std::chrono::milliseconds time);

 private:
  void read_size();

  int width_ = 80;
  int height_ = 24;
};

}  // namespace tributary::cli
