#pragma once

#include <chrono>
#include <string_view>

namespace tributary::cli {

/// A bar on standard error that shows how far something is, drawn at most ten times a second. Draws nothing
/// unless standard error is a terminal that can do more than print lines. Rubbed out at the end, so that only results stay.
class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// True if the next show() would draw: to save making the text otherwise.
  bool due() const;
  /// `fraction` from 0 to 1; `text` stands behind the bar.
  void show(double fraction, std::string_view text);
  /// Takes the bar away.
  void clear();

 private:
  bool draws_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace tributary::cli
