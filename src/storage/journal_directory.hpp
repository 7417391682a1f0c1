#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/group/actions.hpp"
#include "core/journal/found.hpp"
#include "core/journal/storage.hpp"
#include "storage/block_file.hpp"
#include "storage/directory_label.hpp"

namespace tributary::storage {

struct JournalSettings {
  std::string directory;  ///< of all groups: each has a directory of its own in it
  std::string group;
  std::uint64_t limit = 256ULL << 20;  ///< bytes of journals; twice as much may be taken on the disk
  std::chrono::milliseconds sync{0};   ///< time between two writes to the disk itself; 0: as the system likes
  std::uint64_t seed = 1;
};

/// The journal of one node in files, mapped into memory (docs/journal-format.md): what was written into a block outlives
/// the process as soon as it is written, and with `sync` the host, too. Space is reserved before it is used, so a full
/// disk is something that is told, and never ends the process.
///
/// take(), give_back() and has_room() belong to one thread and never wait for the disk, but for messages above 1 MiB: files are
/// prepared ahead by a thread of its own. Files that are free are used again.
class JournalDirectory final : public journal::Storage {
 public:
  /// Takes the directory for this process, and reads what is there. Creates it if there is none. Errors: in use by another
  /// process; another group's; of a later version; cannot be read or written. Files that cannot be read are renamed and told of.
  static Result<std::unique_ptr<JournalDirectory>> open(const JournalSettings& settings);
  ~JournalDirectory() override;

  /// Of this directory, wherever it is; a copy of it gets another one.
  const std::string& id() const { return label_.id; }
  /// What an earlier process left; once.
  journal::Found take_found() { return std::move(found_); }
  /// What there is to tell of opening it; once.
  std::vector<group::Report> take_reports() { return std::exchange(reports_, {}); }
  /// Called on another thread when there is room again. Once, before the first block is taken.
  void on_room(std::function<void()> wake);
  /// What is given back from now on stays as it is, for the next process to find.
  void keep_all() { keep_all_ = true; }

  journal::Block take(std::size_t bytes) override;
  void give_back(const journal::Block& block) override;
  bool has_room() const override { return spare_ > 0; }
  std::string trouble() const override;

 private:
  JournalDirectory(const JournalSettings& settings, std::string path);
  Status begin();
  Status read_files();
  Status read_file(const std::string& name, std::vector<journal::HeldBlock>& used);
  void read_blocks(BlockFile& file, std::vector<journal::HeldBlock>& used);
  void put_aside(const std::string& name, const std::string& why);
  void tell(group::Report::Level level, Event event, std::string text);
  std::string next_name();
  BlockFile* blank_file();
  journal::Block from(BlockFile& file);
  journal::Block take_large(std::size_t bytes);
  void add(std::unique_ptr<BlockFile> file);
  void free_file(BlockFile& file);
  void prepare();
  void sync();
  void stop();

  const JournalSettings settings_;
  const std::string path_;  // of this group
  DirectoryLock lock_;
  DirectoryLabel label_;
  journal::Found found_;
  std::vector<group::Report> reports_;
  std::vector<std::string> strange_;  // no files of blocks, to be put aside
  Random random_;
  bool keep_all_ = false;

  // Of the one thread.
  std::map<const char*, BlockFile*> by_address_;                // all files
  std::map<std::uint32_t, std::vector<BlockFile*>> with_room_;  // by size of block: those that have free ones
  std::vector<BlockFile*> blank_;                               // nothing is used of them

  // Of all threads.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<BlockFile>> files_;
  std::vector<std::unique_ptr<BlockFile>> ready_;    // prepared, not taken yet
  std::vector<std::shared_ptr<BlockFile>> useless_;  // to be removed, or put aside
  std::string trouble_;
  std::uint64_t bytes_ = 0;  // of all files
  std::uint64_t last_number_ = 0;
  bool stopping_ = false;
  std::function<void()> wake_;
  std::atomic<int> spare_ = 0;  // files that are blank or ready
  bool short_ = false;          // somebody waits for room
  std::thread preparer_, syncer_;
};

}  // namespace tributary::storage
