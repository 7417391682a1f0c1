#include "cli/terminal/log_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <regex>
#include <set>

#include "support/temporary_directory.hpp"

namespace tributary::cli {
namespace {

namespace json = boost::json;
using Level = group::Report::Level;
using testing::MatchesRegex;

constexpr std::timespec kTime{1'791'225'246, 120'999'999};
const group::Report kReport{Level::warning, "lanes_swept"_event, "gave up 2 lanes", {{"lanes", 2U}}};

TEST(LogLine, OfTextHasTheDateButOnATerminal) {
  EXPECT_THAT(
      log_line({}, kTime, kReport),
      MatchesRegex("2026-10-0[56]T[0-9]{2}:[0-9]{2}:06\\.120[+-][0-9]{2}:[0-9]{2} WARN  gave up 2 lanes\n"));
  EXPECT_THAT(log_line({.terminal = true}, kTime, kReport, {"[orders] ", "orders"}),
              MatchesRegex("[0-9]{2}:[0-9]{2}:06 WARN  \\[orders\\] gave up 2 lanes\n"));
  EXPECT_THAT(log_line({.terminal = true, .colour = true}, kTime, kReport),
              MatchesRegex("[0-9:]{8} \x1b\\[33m\x1b\\[1mWARN \x1b\\[m gave up 2 lanes\n"));
}

TEST(LogLine, TellsTheZone) {
  const char* before = std::getenv("TZ");
  const std::string kept = before == nullptr ? "" : before;
  const auto in_zone = [](const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
    return iso_time(kTime);
  };
  EXPECT_EQ(in_zone("UTC"), "2026-10-05T18:34:06.120+00:00");
  EXPECT_EQ(in_zone("XXX-5:45"), "2026-10-06T00:19:06.120+05:45");
  EXPECT_EQ(in_zone("XXX3:30"), "2026-10-05T15:04:06.120-03:30");
  before == nullptr ? unsetenv("TZ") : setenv("TZ", kept.c_str(), 1);
  tzset();
}

TEST(LogLine, OfJsonHasFigures) {
  const auto line = log_line({.json = true}, kTime, kReport, {"[orders] ", "orders"});
  ASSERT_EQ(line.back(), '\n');
  auto object = json::parse(line).as_object();
  EXPECT_EQ(object.at("time").as_string(), iso_time(kTime));
  object.erase("time");
  EXPECT_EQ(object, (json::object{{"level", "warn"},
                                  {"event", "lanes_swept"},
                                  {"group", "orders"},
                                  {"message", "gave up 2 lanes"},
                                  {"lanes", 2}}));
  EXPECT_FALSE(json::parse(log_line({.json = true}, kTime, kReport)).as_object().contains("group"));
}

TEST(LogLine, OfJsonIsValidWhateverTheTextHolds) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  for (const std::string& text :
       {bytes, std::string("\xed\xa0\x80 \xf8 \xc3"), std::string("caf\xc3\xa9\n\"\\")}) {
    const auto line =
        log_line({.json = true}, kTime, {Level::error, {}, text, {{"reason", text}}}, {"", text});
    EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line";
    json::error_code error;
    const auto object = json::parse(line, error);
    ASSERT_FALSE(error) << line;
    EXPECT_EQ(object.as_object().at("reason"), object.as_object().at("message"));
  }
  const auto cafe = json::parse(log_line({.json = true}, kTime, {Level::info, {}, "caf\xc3\xa9\t\x1b"}));
  EXPECT_EQ(cafe.as_object().at("message").as_string(), "caf\xc3\xa9\t\x1b");
}

// --- docs/log-lines.md against the sources

/// All that the first group of the pattern matches.
std::set<std::string> found(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> all;
  for (std::sregex_iterator i(text.begin(), text.end(), regex); i != std::sregex_iterator(); ++i) {
    all.insert((*i)[1]);
  }
  return all;
}

TEST(LogLine, EveryEventIsDocumentedAndNoOther) {
  std::set<std::string> used;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(TRIBUTARY_SOURCE "/src")) {
    const auto path = entry.path().string();
    if (path.ends_with("_test.cpp") || path.ends_with("/event.hpp") || !entry.is_regular_file()) continue;
    used.merge(found(test::read_file(path), "\"([^\"\n]*)\"_event"));
  }
  EXPECT_GT(used.size(), 50U);
  const auto documented =
      found(test::read_file(TRIBUTARY_SOURCE "/docs/log-lines.md"), "\n\\| `([a-z_]+)` \\|");
  EXPECT_EQ(used, documented);
}

}  // namespace
}  // namespace tributary::cli
