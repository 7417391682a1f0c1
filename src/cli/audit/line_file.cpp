#include "cli/audit/line_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "relay/write_all.hpp"

namespace tributary::cli {
namespace {

constexpr std::size_t kBufferBytes = 1 << 18;
constexpr std::size_t kMaxLineBytes = 1 << 16;

Error cannot(std::string_view what, const std::string& path, int error, ErrorKind kind) {
  return {kind, "cannot " + std::string(what) + " " + path + ": " + std::strerror(error)};
}

/// Closes a descriptor when it goes.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

}  // namespace

LineWriter::LineWriter(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {
  buffer_.reserve(kBufferBytes + kMaxLineBytes);
}

LineWriter::LineWriter(LineWriter&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      buffer_(std::move(other.buffer_)),
      error_(other.error_) {}

Result<LineWriter> LineWriter::create(const std::string& path) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return cannot("write", path, errno, ErrorKind::cannot_create);
  return LineWriter(descriptor, path);
}

LineWriter::~LineWriter() {
  if (descriptor_ < 0) return;
  empty_buffer();
  close(descriptor_);
}

void LineWriter::write(std::string_view text) {
  buffer_.append(text);
  if (buffer_.size() >= kBufferBytes) empty_buffer();
}

Status LineWriter::flush() {
  empty_buffer();
  if (error_ != 0) return cannot("write", path_, std::exchange(error_, 0), ErrorKind::cannot_create);
  return Done{};
}

void LineWriter::empty_buffer() {
  std::string_view rest = buffer_;
  if (!relay::write_all(descriptor_, rest)) error_ = errno;
  buffer_.clear();
}

Result<LineCount> for_each_line(const std::string& path,
                                const std::function<Status(std::string_view, std::uint64_t)>& take) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0) return cannot("read", path, errno, ErrorKind::no_input);
  LineCount count;
  std::string buffer(kBufferBytes, '\0');
  std::size_t held = 0;  // bytes at the buffer's start that belong to a line without its end yet
  for (;;) {
    const ssize_t got = read(file.number, buffer.data() + held, buffer.size() - held);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read", path, errno, ErrorKind::no_input);
    if (got == 0) break;
    std::string_view rest(buffer.data(), held + static_cast<std::size_t>(got));
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      if (auto taken = take(rest.substr(0, end), ++count.lines); !taken) return taken.error();
      rest.remove_prefix(end + 1);
    }
    if (rest.size() > kMaxLineBytes) {
      return Error{ErrorKind::data,
                   path + " line " + std::to_string(count.lines + 1) + ": too long for a line of this file"};
    }
    std::memmove(buffer.data(), rest.data(), rest.size());
    held = rest.size();
  }
  count.torn = held > 0;
  return count;
}

}  // namespace tributary::cli
