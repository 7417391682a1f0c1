#include "storage/directory_label.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "core/base/text.hpp"

namespace tributary::storage {
namespace {

constexpr char kHeading[] = "tributary journal ";
constexpr char kAdvice[] = "; move the directory away, or name another --journal-dir";

Error wrong(const std::string& directory, const std::string& what) {
  return {ErrorKind::configuration, "journal directory " + directory + " " + what};
}

Error failed(const std::string& what, int error) {
  return {ErrorKind::cannot_create, "cannot " + what + ": " + std::strerror(error)};
}

std::uint64_t inode_of(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? about.st_ino : 0;
}

// Whole, or not at all, also if the host loses power; and the inode in it is its own.
Status write(const std::string& directory, const DirectoryLabel& label) {
  const auto path = directory + "/journal", draft = path + ".new";
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failed("write " + draft, errno);
  const auto text = kHeading + std::to_string(kFormatVersion) + "\ngroup " + label.group + "\nid " +
                    label.id + "\ninode " + std::to_string(inode_of(draft)) + "\n";
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!written) return failed("write " + draft, error);
  if (std::rename(draft.c_str(), path.c_str()) != 0) return failed("write " + path, errno);
  return Done{};
}

}  // namespace

Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  const auto path = directory + "/lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return failed("create " + path, errno);
  DirectoryLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return failed("lock " + path, errno);
  return Error{ErrorKind::temporary, "journal directory " + directory +
                                         " is in use by another process; each node needs a --journal-dir of "
                                         "its own"};
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}
DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
}

Result<DirectoryLabel> label_of(const std::string& directory, const std::string& group,
                                const std::string& new_id) {
  const auto path = directory + "/journal";
  std::ifstream file(path);
  if (!file && errno != ENOENT) return failed("read " + path, errno);
  DirectoryLabel label{group, new_id, false};
  if (!file) {
    if (const auto written = write(directory, label); !written) return written.error();
    return label;
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::map<std::string, std::string, std::less<>> said;
  std::string_view heading;
  for (const auto line : split(text, '\n')) {
    if (heading.empty()) {
      heading = line;
    } else if (const auto blank = line.find(' '); blank != std::string_view::npos) {
      said.emplace(line.substr(0, blank), line.substr(blank + 1));
    }
  }
  const bool ours = heading.starts_with(kHeading);
  const auto version = ours ? to_number(heading.substr(sizeof kHeading - 1)) : std::nullopt;
  if (!version)
    return wrong(directory, std::string("has a file \"journal\" that is none of tributary's") + kAdvice);
  if (*version > kFormatVersion) {
    return wrong(directory, "was written by a later version of tributary (format " +
                                std::to_string(*version) + ", this one reads " +
                                std::to_string(kFormatVersion) + "): let that version finish what is in it" +
                                kAdvice);
  }
  if (said["group"] != group)
    return wrong(directory, "holds the journal of group " + quoted(said["group"]) + ", not of " +
                                quoted(group) + kAdvice);
  label.id = said["id"];
  label.is_copy = to_number(said["inode"]) != inode_of(path);
  if (label.id.empty() || label.id.find_first_not_of("0123456789abcdef") != std::string::npos)
    return wrong(directory, std::string("has a file \"journal\" without a valid id") + kAdvice);
  if (!label.is_copy) return label;
  label.id = new_id;
  if (const auto written = write(directory, label); !written) return written.error();
  return label;
}

std::string directory_of(const std::string& all, const std::string& group) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string name;
  for (const char c : group) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !name.empty());
    const auto byte = static_cast<unsigned char>(c);
    name += plain ? std::string(1, c) : std::string{'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return all + "/" + name;
}

}  // namespace tributary::storage
