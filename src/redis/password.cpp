#include "redis/password.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace tributary::redis {
namespace {

constexpr std::size_t kMaxPasswordBytes = 4096;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";  // some editors put it in front of UTF-8

/// The first bytes of a file, one more than a password may have. Nothing if it cannot be read; errno says why.
std::optional<std::string> first_bytes(int file) {
  std::string text(kMaxPasswordBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(file, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace

Result<PasswordFile> read_password_file(const std::string& path, bool only_regular) {
  const auto wrong = [&](const std::string& what) { return Error{ErrorKind::usage, what}; };
  const auto unreadable = [&] { return wrong("cannot be read: " + path + ": " + std::strerror(errno)); };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | (only_regular ? O_NONBLOCK : 0));
  if (file < 0) return unreadable();
  struct stat facts {};
  const bool regular = ::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
  if (only_regular && !regular) {
    ::close(file);
    return wrong("cannot be read again: " + path + " is not a regular file");
  }
  auto text = first_bytes(file);
  const int error = errno;
  ::close(file);
  errno = error;
  if (!text) return unreadable();
  auto& password = *text;
  if (password.size() > kMaxPasswordBytes) return wrong("holds more than a password: " + path);
  if (password.starts_with(kByteOrderMark)) password.erase(0, kByteOrderMark.size());
  while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
  if (password.empty()) return wrong("is empty: " + path);
  return PasswordFile{std::move(password), regular};
}

PresentPassword present_password(const Endpoint& endpoint) {
  if (endpoint.password_file.empty()) return {endpoint.password, ""};
  auto file = read_password_file(endpoint.password_file, true);
  if (file) return {std::move(file->password), ""};
  return {endpoint.password, "the password file " + file.error().message};
}

}  // namespace tributary::redis
