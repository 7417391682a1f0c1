#include "cli/system/temporary_directory.hpp"

#include <sys/un.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace tributary::cli {
namespace {

constexpr std::size_t kLongestFileName = 32;  // of those in the directory: a socket's path has a limit

}  // namespace

Result<TemporaryDirectory> TemporaryDirectory::create() {
  const char* chosen = std::getenv("TMPDIR");
  std::string parent = chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
  const std::string name = "/tributary-XXXXXX";
  if (parent.size() + name.size() + kLongestFileName > sizeof(sockaddr_un::sun_path)) parent = "/tmp";
  std::string path = parent + name;
  if (mkdtemp(path.data()) == nullptr) {
    return Error{ErrorKind::cannot_create, "cannot make a temporary directory in " + parent + ": " +
                                               std::strerror(errno) +
                                               "; set TMPDIR to a directory that can be written"};
  }
  return TemporaryDirectory(path);
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace tributary::cli
