#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace tributary::cli {

/// Writes lines through a buffer. Not thread-safe. The file is replaced if it exists, and can be read by
/// nobody else than its owner's group and others as the umask says.
class LineWriter {
 public:
  static Result<LineWriter> create(const std::string& path);
  LineWriter(LineWriter&& other) noexcept;
  LineWriter& operator=(LineWriter&&) = delete;
  ~LineWriter();

  /// Appends to the buffer, which goes to the file when it is full. `text` ends with "\n".
  void write(std::string_view text);
  /// Brings everything written so far into the file. An error of any write since the last flush shows here.
  Status flush();

 private:
  LineWriter(int descriptor, std::string path);
  void empty_buffer();

  int descriptor_;
  std::string path_;
  std::string buffer_;
  int error_ = 0;
};

/// What for_each_line() saw.
struct LineCount {
  std::uint64_t lines = 0;
  /// The last line has no end: its writer was killed in the middle of it. It was left out.
  bool torn = false;
};

/// Calls `take` with each line (without its end) and its number, from 1, until one gives an error. Lines
/// longer than 64 KiB are an error.
Result<LineCount> for_each_line(
    const std::string& path, const std::function<Status(std::string_view line, std::uint64_t number)>& take);

}  // namespace tributary::cli
