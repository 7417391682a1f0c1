#include "http/page.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace tributary::http {
namespace {

std::string text_of(const PageFile& file) { return std::string(file.text); }

TEST(Page, HasAllFilesThatItsFilesName) {
  ASSERT_NE(page_file("/"), nullptr);
  for (const auto& file : page_files()) {
    const auto text = text_of(file);
    const std::regex named(R"re((?:src="|href="|from "\.?)(/[a-z]+\.[a-z]+))re");
    for (std::sregex_iterator name(text.begin(), text.end(), named), end; name != end; ++name)
      EXPECT_NE(page_file((*name)[1].str()), nullptr) << file.path << " names " << (*name)[1];
  }
}

TEST(Page, LoadsNothingFromElsewhere) {
  const std::regex elsewhere(R"re([a-z]*://(?!www\.w3\.org/2000/svg"))re");
  for (const auto& file : page_files())
    EXPECT_FALSE(std::regex_search(text_of(file), elsewhere)) << file.path;
  const auto policy = page_response(*page_file("/")).headers.at(0);
  EXPECT_EQ(policy.first, kSecurityPolicy);
  EXPECT_TRUE(policy.second.starts_with("default-src 'none'; ")) << policy.second;
  EXPECT_EQ(policy.second.find("unsafe"), std::string::npos);
}

// What is told may be anybody's: it becomes text.
TEST(Page, MakesNoMarkupOfWhatItIsTold) {
  const std::regex markup(
      R"re((inner|outer)HTML\s*=[^=]|insertAdjacentHTML|document\.write|\beval\(|new Function|style=|\son[a-z]+=")re");
  for (const auto& file : page_files()) EXPECT_FALSE(std::regex_search(text_of(file), markup)) << file.path;
}

}  // namespace
}  // namespace tributary::http
