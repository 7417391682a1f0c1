#include "storage/block_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "core/journal/block_format.hpp"

namespace tributary::storage {
namespace {

Error failure(const char* what, const std::string& path, int error) {
  return {ErrorKind::cannot_create, std::string("cannot ") + what + " " + path + ": " + std::strerror(error)};
}

// Where the file system does not keep its promise, this finds out; later it would be a signal.
int touch_all(char* data, std::size_t size) {
#ifdef MADV_POPULATE_WRITE
  if (::madvise(data, size, MADV_POPULATE_WRITE) != 0 && errno != EINVAL) return errno;
#else
  (void)data;
  (void)size;
#endif
  return 0;
}

}  // namespace

Result<std::unique_ptr<BlockFile>> BlockFile::map(const std::string& path, int file, std::uint64_t size) {
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const int error = errno;
  ::close(file);
  if (data == MAP_FAILED) return failure("map", path, error);
  return std::unique_ptr<BlockFile>(
      new BlockFile(path, static_cast<char*>(data), static_cast<std::uint32_t>(size)));
}

Result<std::unique_ptr<BlockFile>> BlockFile::create(const std::string& path, std::uint32_t size) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return failure("create", path, errno);
  if (const int error = ::posix_fallocate(file, 0, size); error != 0) {
    ::close(file);
    ::unlink(path.c_str());
    return failure("reserve space for", path, error);
  }
  auto made = map(path, file, size);
  if (!made) {
    ::unlink(path.c_str());
    return made;
  }
  if (const int error = touch_all((*made)->data_, size); error != 0) {
    ::unlink(path.c_str());
    return failure("reserve space for", path, error);
  }
  (*made)->cut(size);
  return made;
}

Result<std::unique_ptr<BlockFile>> BlockFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return failure("open", path, errno);
  struct stat about {};
  if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size < journal::kSmallestBlock ||
      about.st_size > std::numeric_limits<std::uint32_t>::max()) {
    ::close(file);
    return Error{ErrorKind::data, "its size is none that such a file has"};
  }
  const auto size = static_cast<std::uint64_t>(about.st_size);
  // It may be sparse, being a copy.
  if (const int error = ::posix_fallocate(file, 0, about.st_size); error != 0) {
    ::close(file);
    return failure("reserve space for", path, error);
  }
  return map(path, file, size);
}

BlockFile::~BlockFile() { ::munmap(data_, size_); }

void BlockFile::cut(std::uint32_t size) {
  block_size = size;
  free.clear();
  // The first one last: it says which size they have.
  for (auto offset = size_ / size * size; offset > 0;) {
    offset -= size;
    journal::write_free_head(data_ + offset, size);
    free.push_back(offset);
  }
}

void BlockFile::sync() const { ::msync(data_, size_, MS_SYNC); }

}  // namespace tributary::storage
