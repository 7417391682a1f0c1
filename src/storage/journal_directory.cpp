#include "storage/journal_directory.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/journal/block_format.hpp"

namespace tributary::storage {
namespace {

using Level = group::Report::Level;

constexpr int kSpareFiles = 8;  // prepared ahead
constexpr std::chrono::seconds kRetryInterval{1};
constexpr std::uint64_t kSlack = 64ULL << 20;
constexpr char kSuffix[] = ".blocks";

Status make_directory(const std::string& path) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const auto part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST)
      return Error{ErrorKind::cannot_create, "cannot create directory " + part + ": " + std::strerror(errno)};
  }
  return Done{};
}

Result<std::vector<std::string>> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (name.ends_with(kSuffix)) names.push_back(name);
  }
  // It may hold messages of ours, so it is not taken for an empty one.
  if (error)
    return Error{ErrorKind::cannot_create, "cannot read directory " + directory + ": " + error.message()};
  std::ranges::sort(names);
  return names;
}

std::uint32_t block_size_for(std::size_t bytes) {
  std::uint32_t size = journal::kSmallestBlock;
  while (size < bytes) size *= 2;
  return size;
}

}  // namespace

Result<std::unique_ptr<JournalDirectory>> JournalDirectory::open(const JournalSettings& settings) {
  auto path = directory_of(settings.directory, settings.group);
  if (const auto made = make_directory(path); !made) return made.error();
  std::unique_ptr<JournalDirectory> directory(new JournalDirectory(settings, std::move(path)));
  if (const auto begun = directory->begin(); !begun) return begun.error();
  return directory;
}

JournalDirectory::JournalDirectory(const JournalSettings& settings, std::string path)
    : settings_(settings), path_(std::move(path)), random_(settings.seed) {}

Status JournalDirectory::begin() {
  auto lock = DirectoryLock::take(path_);
  if (!lock) return lock.error();
  lock_ = std::move(*lock);
  auto label = label_of(path_, settings_.group, random_.hex(16));
  if (!label) return label.error();
  label_ = std::move(*label);
  if (label_.is_copy)
    tell(Level::info, "journal_copied"_event,
         "journal directory " + path_ + " is a copy of another: it goes on under an id of its own");
  if (const auto read = read_files(); !read) return read.error();
  // Signals are the business of the thread that runs the loop; that of a limit on file sizes would end the process.
  sigset_t before, all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  preparer_ = std::thread([this] { prepare(); });
  if (settings_.sync.count() > 0) syncer_ = std::thread([this] { sync(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::unique_lock waiting(mutex_);
  changed_.wait(waiting, [&] { return spare_ > 0 || !trouble_.empty(); });
  if (spare_ == 0) return Error{ErrorKind::cannot_create, "journal directory: " + trouble_};
  // Not before all else succeeded: what was told of them would not be heard.
  for (const auto& file : strange_) std::rename(file.c_str(), (file + ".unreadable").c_str());
  return Done{};
}

JournalDirectory::~JournalDirectory() {
  keep_all_ = true;
  stop();
}

void JournalDirectory::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_ = nullptr;
  }
  changed_.notify_all();
  if (preparer_.joinable()) preparer_.join();
  if (syncer_.joinable()) syncer_.join();
}

void JournalDirectory::tell(Level level, Event event, std::string text) {
  reports_.push_back({level, event, std::move(text), {{"directory", path_}}});
}

// --- what is there at the beginning

Status JournalDirectory::read_files() {
  auto names = names_in(path_);
  if (!names) return names.error();
  std::vector<journal::HeldBlock> used;
  for (const auto& name : *names) {
    const auto number = to_number(name.substr(0, name.find('.'))).value_or(0);
    last_number_ = std::max(last_number_, number);
    if (const auto read = read_file(name, used); !read) {
      keep_all_ = true;  // what is used stays so
      return read;
    }
  }
  found_ = journal::find_views(std::move(used));
  if (found_.behind_holes > 0) {
    tell(Level::warning, "journal_torn"_event,
         "in journal directory " + path_ + " " + std::to_string(found_.behind_holes) +
             " messages lie behind damaged or missing ones: left out, unless all before them is done");
  }
  return Done{};
}

Status JournalDirectory::read_file(const std::string& name, std::vector<journal::HeldBlock>& used) {
  auto opened = BlockFile::open(path_ + "/" + name);
  if (!opened && opened.error().kind != ErrorKind::data) {
    auto error = opened.error();  // it may hold messages of ours, so it is not passed over
    error.message += "; make it readable, or move it away";
    return error;
  }
  if (!opened) {
    put_aside(name, opened.error().message);
    return Done{};
  }
  BlockFile& file = **opened;
  const auto bytes = file.bytes();
  const auto head = bytes.first(journal::kBlockHead);
  // Whoever made it died before it wrote the first word.
  const bool untouched = std::ranges::all_of(head, [](char c) { return c == 0; });
  if (untouched && file.size() == kFileSize) file.cut(kFileSize);
  if (!journal::read_block_head(bytes)) {
    put_aside(name, "it does not begin like one");
    return Done{};
  }
  add(std::move(*opened));
  read_blocks(file, used);
  return Done{};
}

void JournalDirectory::read_blocks(BlockFile& file, std::vector<journal::HeldBlock>& used) {
  std::size_t damaged = 0;
  const auto blocks = journal::blocks_of(file.bytes(), damaged);
  if (!blocks) {
    ++damaged;
  } else {
    file.block_size = blocks->front().read.size;
    for (const auto& [offset, read] : *blocks) {
      if (read.head.kind == journal::BlockKind::free) {
        file.free.push_back(static_cast<std::uint32_t>(offset));
        continue;
      }
      ++file.used;
      used.emplace_back(journal::Block{file.data() + offset, file.block_size, read.salt}, this);
    }
  }
  file.damaged = damaged > 0;
  if (file.damaged) {
    tell(Level::warning, "journal_unreadable"_event,
         std::to_string(damaged) + " blocks of " + file.path() +
             " are damaged: what is in them is left out; the file is renamed to *.unreadable once the rest "
             "is used");
  }
  if (file.used == 0) {
    free_file(file);
  } else if (!file.damaged && !file.free.empty()) {
    with_room_[file.block_size].push_back(&file);
  }
}

void JournalDirectory::put_aside(const std::string& name, const std::string& why) {
  strange_.push_back(path_ + "/" + name);
  tell(Level::warning, "journal_unreadable"_event,
       strange_.back() + " is no file of blocks (" + why + "): renamed to *.unreadable, and left alone");
}

// --- giving out and taking back

std::string JournalDirectory::next_name() {
  const std::lock_guard lock(mutex_);
  auto number = std::to_string(++last_number_);
  if (number.size() < 6) number.insert(0, 6 - number.size(), '0');
  return path_ + "/" + number + kSuffix;
}

void JournalDirectory::add(std::unique_ptr<BlockFile> file) {
  by_address_[file->data()] = file.get();
  const std::lock_guard lock(mutex_);
  bytes_ += file->size();
  files_.emplace_back(std::move(file));
}

BlockFile* JournalDirectory::blank_file() {
  std::unique_ptr<BlockFile> prepared;
  if (blank_.empty()) {
    const std::lock_guard lock(mutex_);
    if (!ready_.empty()) {
      prepared = std::move(ready_.back());
      ready_.pop_back();
      bytes_ -= prepared->size();  // which add() counts again
    }
  }
  if (prepared) {
    blank_.push_back(prepared.get());
    add(std::move(prepared));
  }
  const std::lock_guard lock(mutex_);  // or who waits for a change would miss it
  changed_.notify_all();
  short_ = blank_.empty();
  if (blank_.empty()) return nullptr;
  auto* file = blank_.back();
  blank_.pop_back();
  if (--spare_ == 0) short_ = true;
  return file;
}

journal::Block JournalDirectory::from(BlockFile& file) {
  const auto offset = file.free.back();
  file.free.pop_back();
  ++file.used;
  return {file.data() + offset, file.block_size, random_.next()};
}

journal::Block JournalDirectory::take(std::size_t bytes) {
  const auto size = block_size_for(bytes);
  if (size > kFileSize) return take_large(bytes);
  auto& files = with_room_[size];
  if (files.empty()) {
    auto* file = blank_file();
    if (!file) return {};
    file->cut(size);
    files.push_back(file);
  }
  auto& file = *files.back();
  const auto block = from(file);
  if (file.free.empty()) files.pop_back();
  return block;
}

// A message of more than 1 MiB waits for its file to be made: it is as large as what it keeps waiting.
journal::Block JournalDirectory::take_large(std::size_t bytes) {
  const auto size = (bytes + journal::kSmallestBlock - 1) / journal::kSmallestBlock * journal::kSmallestBlock;
  {
    const std::lock_guard lock(mutex_);
    if (bytes_ + size > 2 * settings_.limit + kSlack) return {};
  }
  auto made = BlockFile::create(next_name(), static_cast<std::uint32_t>(size));
  if (!made) return {};
  auto& file = **made;
  add(std::move(*made));
  return from(file);
}

void JournalDirectory::give_back(const journal::Block& block) {
  if (keep_all_) return;
  journal::write_free_head(block.data, block.size);
  const auto found = std::prev(by_address_.upper_bound(block.data));
  BlockFile& file = *found->second;
  TRIBUTARY_CHECK(file.used > 0);
  --file.used;
  file.free.push_back(static_cast<std::uint32_t>(block.data - file.data()));
  auto& files = with_room_[file.block_size];
  if (file.used == 0) {
    std::erase(files, &file);
    free_file(file);
  } else if (!file.damaged && file.free.size() == 1) {
    files.push_back(&file);
  }
}

// Nothing of it is used any more.
void JournalDirectory::free_file(BlockFile& file) {
  if (file.size() == kFileSize && !file.damaged) {
    blank_.push_back(&file);
    ++spare_;
    return;
  }
  by_address_.erase(file.data());
  const std::lock_guard lock(mutex_);
  bytes_ -= file.size();
  const auto it = std::ranges::find_if(files_, [&](const auto& one) { return one.get() == &file; });
  useless_.push_back(std::move(*it));
  files_.erase(it);
  changed_.notify_all();
}

std::string JournalDirectory::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void JournalDirectory::on_room(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

// --- the threads

void JournalDirectory::prepare() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    for (const auto& file : std::exchange(useless_, {})) {
      lock.unlock();
      if (file->damaged) {
        std::rename(file->path().c_str(), (file->path() + ".unreadable").c_str());
      } else {
        ::unlink(file->path().c_str());
      }
      lock.lock();
    }
    if (spare_ >= kSpareFiles) {
      changed_.wait(lock, [&] { return stopping_ || spare_ < kSpareFiles || !useless_.empty(); });
      continue;
    }
    if (bytes_ + kFileSize > 2 * settings_.limit + kSlack) {
      trouble_ = path_ + " has reached twice the journal limit";
    } else {
      lock.unlock();
      auto made = BlockFile::create(next_name(), kFileSize);
      if (made && settings_.sync.count() > 0) {
        (*made)->sync();
        const int directory = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory >= 0) {
          ::fsync(directory);
          ::close(directory);
        }
      }
      lock.lock();
      trouble_ = made ? "" : made.error().message;
      if (made) {
        bytes_ += (*made)->size();
        ready_.push_back(std::move(*made));
        ++spare_;
        changed_.notify_all();
        if (std::exchange(short_, false) && wake_) wake_();
        continue;
      }
    }
    changed_.notify_all();
    changed_.wait_for(lock, kRetryInterval, [&] { return stopping_ || !useless_.empty(); });
  }
}

void JournalDirectory::sync() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, settings_.sync, [&] { return stopping_; })) {
    const auto files = files_;
    lock.unlock();
    for (const auto& file : files) file->sync();
    lock.lock();
  }
}

}  // namespace tributary::storage
