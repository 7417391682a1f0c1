#include "storage/journal_directory.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/journal/journal.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

namespace tributary::storage {
namespace {

namespace fs = std::filesystem;
using journal::Journal;

class JournalDirectoryTest : public testing::Test {
 protected:
  JournalSettings settings(const std::string& group = "out:put") const {
    JournalSettings settings;
    settings.directory = directory.path() + "/journals";
    settings.group = group;
    settings.seed = ++seed_;
    return settings;
  }
  std::unique_ptr<JournalDirectory> open() const {
    auto opened = JournalDirectory::open(settings());
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  Error refusal(const std::string& group = "out:put") const {
    auto opened = JournalDirectory::open(settings(group));
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }
  std::string path() const { return directory_of(settings().directory, "out:put"); }
  std::size_t files(const std::string& suffix) const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(path())) count += entry.path().string().ends_with(suffix);
    return count;
  }
  static void write(const std::string& file, const std::string& text) { std::ofstream(file) << text; }
  void label(const std::string& text) const { write(path() + "/journal", text); }

  test::TemporaryDirectory directory;

 private:
  mutable std::uint64_t seed_ = 0;
};

std::string message(int n) { return std::to_string(n) + std::string(static_cast<std::size_t>(n) % 300, '.'); }

void fill(Journal& journal, int from, int to) {
  for (int n = from; n <= to; ++n) journal.append(message(n));
}

// Leaves the directory as a process that was killed does.
void leave_messages(JournalDirectory& directory, int count) {
  Journal journal({1, 2});
  ASSERT_TRUE(journal.keep_in(directory, {"out:put", "m", "marker"}));
  for (int n = 1; n <= count; n += 100) {
    ASSERT_TRUE(test::wait_until([&] { return directory.has_room(); }, test::kPatience));
    fill(journal, n, std::min(n + 99, count));
  }
  directory.keep_all();
}

void expect_messages(JournalDirectory& directory, std::uint64_t count) {
  auto found = directory.take_found();
  ASSERT_EQ(found.views.size(), 1u);
  const Journal journal({1, 2}, {}, std::move(found.views[0]));
  EXPECT_EQ(journal.count(), count);
  for (std::uint32_t lane = 0; lane < 2; ++lane) {
    for (auto rank = journal.lane(lane).first(); rank < journal.lane(lane).end(); ++rank)
      EXPECT_EQ(journal.lane(lane).payload(rank), message(static_cast<int>(journal.position_of(lane, rank))));
  }
  directory.keep_all();
}

TEST_F(JournalDirectoryTest, IsMadeWithAllAboveIt) {
  const auto before = fs::current_path();
  fs::current_path(directory.path());
  for (const auto& name : std::vector<std::string>{"j", "a/b", "./c", directory.path() + "/d"}) {
    auto wanted = settings();
    wanted.directory = name;
    const auto opened = JournalDirectory::open(wanted);
    EXPECT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE(fs::is_directory(name));
  }
  fs::current_path(before);
}

TEST_F(JournalDirectoryTest, HasWhatAProcessLeftInIt) {
  leave_messages(*open(), 20'000);
  const auto again = open();
  EXPECT_TRUE(again->take_reports().empty());
  expect_messages(*again, 20'000);
}

TEST_F(JournalDirectoryTest, HasNothingOfWhatWasGivenBack) {
  {
    const auto first = open();
    Journal journal({1, 2});
    ASSERT_TRUE(journal.keep_in(*first, {"out:put", "m", "marker"}));
    fill(journal, 1, 5000);
  }
  EXPECT_TRUE(open()->take_found().views.empty());
}

TEST_F(JournalDirectoryTest, UsesItsFilesAgain) {
  const auto opened = open();
  Journal journal({1, 2});
  ASSERT_TRUE(journal.keep_in(*opened, {"out:put", "m", "marker"}));
  std::size_t before = 0;
  for (int round = 0; round < 20; ++round) {
    fill(journal, round * 5000 + 1, round * 5000 + 5000);
    ASSERT_TRUE(test::wait_until([&] { return opened->has_room(); }, test::kPatience));
    for (std::uint32_t lane = 0; lane < 2; ++lane) journal.forget_below(lane, journal.lane(lane).end());
    if (round == 9) before = files(".blocks");
  }
  EXPECT_LE(files(".blocks"), before + 1);
}

TEST_F(JournalDirectoryTest, IsReadableByItsUserOnly) {
  const auto journals = open();
  for (const auto& entry : fs::directory_iterator(path()))
    EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write) << entry.path();
}

TEST_F(JournalDirectoryTest, WhatMayHoldMessagesButCannotBeOpenedStopsItWithWhatToDo) {
  open();
  fs::create_directory(path() + "/000042.blocks");
  const auto error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::cannot_create);
  EXPECT_NE(error.message.find("000042.blocks: Is a directory; make it readable, or move it away"),
            std::string::npos)
      << error.message;
}

TEST_F(JournalDirectoryTest, BelongsToOneProcessAtATime) {
  const auto opened = open();
  const auto error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::temporary);
  EXPECT_EQ(error.message, "journal directory " + path() +
                               " is in use by another process; each node needs a --journal-dir of its own");
}

TEST_F(JournalDirectoryTest, OfAnotherGroupIsRefused) {
  leave_messages(*open(), 10);
  fs::copy(path(), directory_of(settings().directory, "other"));
  const auto error = refusal("other");
  EXPECT_EQ(error.kind, ErrorKind::configuration);
  EXPECT_NE(error.message.find("holds the journal of group \"out:put\", not of \"other\""), std::string::npos)
      << error.message;
  expect_messages(*open(), 10);
}

TEST_F(JournalDirectoryTest, OfALaterVersionIsRefused) {
  leave_messages(*open(), 10);
  label("tributary journal 2\nsomething else\n");
  EXPECT_NE(refusal().message.find("a later version of tributary (format 2, this one reads 1)"),
            std::string::npos);
  label("nonsense");
  EXPECT_NE(refusal().message.find("none of tributary's"), std::string::npos);
}

TEST_F(JournalDirectoryTest, CopiedGoesOnUnderAnIdOfItsOwn) {
  std::string id;
  {
    const auto opened = open();
    id = opened->id();
    leave_messages(*opened, 10);
  }
  EXPECT_EQ(open()->id(), id);
  fs::rename(path(), path() + ".was");
  fs::copy(path() + ".was", path());
  const auto copy = open();
  EXPECT_NE(copy->id(), id);
  EXPECT_EQ(copy->take_reports().at(0).event, "journal_copied"_event);
  expect_messages(*copy, 10);
}

TEST_F(JournalDirectoryTest, PutsAsideWhatItDoesNotUnderstand) {
  leave_messages(*open(), 10);
  write(path() + "/000077.blocks", std::string(8192, 'r'));
  write(path() + "/000078.blocks", "short");
  const auto again = open();
  const auto reports = again->take_reports();
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].event, "journal_unreadable"_event);
  EXPECT_EQ(files(".unreadable"), 2u);
  expect_messages(*again, 10);
}

TEST_F(JournalDirectoryTest, PutsNothingAsideAsLongAsItCannotBeOpened) {
  leave_messages(*open(), 10);
  write(path() + "/000077.blocks", "short");
  fs::create_directory(path() + "/000078.blocks");
  refusal();
  EXPECT_EQ(files(".unreadable"), 0u);
  fs::remove(path() + "/000078.blocks");
  const auto again = open();
  EXPECT_EQ(again->take_reports().size(), 1u);
  EXPECT_EQ(files(".unreadable"), 1u);
  expect_messages(*again, 10);
}

TEST_F(JournalDirectoryTest, UsesWhatComesBeforeATornEnd) {
  leave_messages(*open(), 20'000);
  for (const auto& entry : fs::directory_iterator(path())) {
    const auto name = entry.path().string();
    if (name.ends_with(".blocks")) fs::resize_file(name, fs::file_size(name) / 2);
  }
  const auto again = open();
  auto found = again->take_found();
  ASSERT_EQ(found.views.size(), 1u);
  const Journal journal({1, 2}, {}, std::move(found.views[0]));
  EXPECT_LT(journal.lane(0).end() + journal.lane(1).end(), 20'000u);
  again->keep_all();
}

TEST_F(JournalDirectoryTest, TellsOfAFullDiskAndGoesOnWhenThereIsRoomAgain) {
  const auto opened = open();
  std::atomic<bool> woken = false;
  opened->on_room([&] { woken = true; });
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{100'000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);  // of every process thread: no file of blocks can be made
  Journal journal({1, 2});
  ASSERT_TRUE(journal.keep_in(*opened, {"out:put", "m", "marker"}));
  for (int n = 1; opened->has_room() || opened->trouble().empty(); ++n) journal.append(message(n));
  journal.append(std::string(300'000, 'x'));  // what was read already is in memory
  EXPECT_NE(opened->trouble().find("cannot reserve space for "), std::string::npos) << opened->trouble();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_TRUE(test::wait_until([&] { return woken && opened->has_room(); }, test::kPatience));
  EXPECT_EQ(opened->trouble(), "");
}

TEST_F(JournalDirectoryTest, KeepsALargeMessage) {
  {
    const auto opened = open();
    Journal journal({1});
    ASSERT_TRUE(journal.keep_in(*opened, {"out:put", "m", "marker"}));
    journal.append(std::string(5 << 20, 'x'));
    journal.append("y");
    opened->keep_all();
  }
  const auto again = open();
  auto found = again->take_found();
  Journal journal({1}, {}, std::move(found.views.at(0)));
  EXPECT_EQ(journal.lane(0).payload(0).size(), 5u << 20);
  EXPECT_EQ(journal.lane(0).payload(1), "y");
  const auto before = files(".blocks");
  journal.forget_below(0, 2);
  EXPECT_TRUE(test::wait_until([&] { return files(".blocks") < before + 8; }, test::kPatience));
}

}  // namespace
}  // namespace tributary::storage
