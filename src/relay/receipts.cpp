#include "relay/receipts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "relay/write_all.hpp"
#include "tributary/message.hpp"

namespace tributary::relay {
namespace {

constexpr std::size_t kLongestId = 16 << 10;  // readers of receipts take lines of at most 64 KiB

}  // namespace

Result<Receipts> Receipts::open(const std::string& path, const process::MessageFormat& format) {
  // They are written on the event loop, so not to what may keep it waiting: a pipe, a terminal. Even opening a pipe waits.
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
  const auto failed = [&](const std::string& why) {
    return Error{ErrorKind::cannot_create, "cannot write receipts to '" + path + "': " + why};
  };
  struct stat facts {};
  if (file < 0 && errno == ENXIO) return failed("it is not a regular file");
  if (file < 0) return failed(std::strerror(errno));
  if (::fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    ::close(file);
    return failed("it is not a regular file");
  }
  return Receipts(file, path, format);
}

Receipts::Receipts(Receipts&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      path_(std::move(other.path_)),
      lines_(std::move(other.lines_)),
      parser_(std::move(other.parser_)) {}

Receipts::~Receipts() {
  if (file_ < 0) return;
  flush();
  ::close(file_);
}

void Receipts::received(const group::ViewId& view, std::uint64_t position, std::string_view payload) {
  padded_.assign(payload);
  padded_.append(kPayloadPadding, '\0');
  std::string_view id = "-";
  if (parser_.parse({padded_.data(), payload.size()})) id = parser_.parsed().message_id.value_or("-");
  lines_ += view.text();
  lines_ += ':';
  lines_ += std::to_string(position);
  lines_ += ' ';
  // An id may hold any bytes; one that would break the line is recorded by its position alone.
  const bool plain = !id.empty() && id.size() <= kLongestId &&
                     std::none_of(id.begin(), id.end(), [](char c) { return c == '\n' || c == '\r'; });
  lines_ += plain ? id : "-";
  lines_ += '\n';
}

bool Receipts::flush() {
  std::string_view rest = lines_;
  const bool complete = write_all(file_, rest);
  lines_.clear();
  return complete;
}

}  // namespace tributary::relay
