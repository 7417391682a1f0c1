#include "process/processors/plugin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "process/additions.hpp"

namespace tributary::process {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string plugin_file(const std::string& name) {
  return std::string(TRIBUTARY_PLUGINS) + "/" + name + ".so";
}

std::string error_of(const std::string& name) {
  const auto made = make_plugin(plugin_file(name));
  EXPECT_FALSE(made.ok());
  if (made.ok()) return "";
  EXPECT_EQ(made.error().kind, ErrorKind::configuration);
  EXPECT_THAT(made.error().message, StartsWith("processor \"plugin:"));
  EXPECT_EQ(made.error().message.find('\n'), std::string::npos);
  return made.error().message;
}

std::unique_ptr<Processor> make(const std::string& file) {
  auto made = make_plugin(file);
  EXPECT_TRUE(made.ok()) << made.error().message;
  return (*made)();
}

Outcome run(Processor& processor, const Message& message, std::vector<std::string>& fields,
            std::string& reason) {
  Additions additions;
  reason.clear();
  const auto outcome = processor.process(message, additions, reason);
  fields.clear();
  for (const auto& field : additions.fields())
    fields.push_back(std::string(field.name) + "=" + std::string(field.value));
  return outcome;
}

TEST(PluginTest, InC) {
  const auto processor = make(plugin_file("length"));
  EXPECT_FALSE(processor->may_block());
  std::vector<std::string> fields;
  std::string reason;
  EXPECT_EQ(run(*processor, {"12345", "m", "7.a:1", "c", 1}, fields, reason), Outcome::append);
  EXPECT_THAT(fields, ElementsAre("length=5"));
}

TEST(PluginTest, InCppWithArgumentsAndExceptions) {
  const auto processor = make(plugin_file("checked") + "?seen");
  EXPECT_FALSE(processor->may_block());
  processor->interrupt();
  std::vector<std::string> fields;
  std::string reason;
  EXPECT_EQ(run(*processor, {"fine", "m", "7.a:1", "c", 1}, fields, reason), Outcome::append);
  EXPECT_THAT(fields, ElementsAre("seen=yes"));
  EXPECT_EQ(run(*processor, {"broken", "m", "7.a:1", "c", 1}, fields, reason), Outcome::fail);
  EXPECT_EQ(reason, "it is broken");
}

TEST(PluginTest, ThatMayBlockAndReturnsNonsense) {
  auto made = make_plugin(plugin_file("blocks"));
  ASSERT_TRUE(made.ok());
  const auto one = (*made)(), other = (*made)();
  EXPECT_TRUE(one->may_block());
  EXPECT_TRUE(other->may_block());
  std::vector<std::string> fields;
  std::string reason;
  EXPECT_EQ(run(*one, {"x", "m", "7.a:1", "c", 1}, fields, reason), Outcome::fail);
  EXPECT_EQ(reason, "the plugin returned 77, which is no outcome");
  EXPECT_EQ(run(*other, {"x", "m", "7.a:1", "c", 2}, fields, reason), Outcome::dead);
  EXPECT_EQ(reason, "why\nnot");
}

TEST(PluginTest, ThatCannotBeUsedIsRefusedInOneLine) {
  EXPECT_THAT(error_of("nothing"), HasSubstr("nothing.so: cannot open shared object file"));
  EXPECT_THAT(error_of("no_symbol"),
              HasSubstr("no_symbol.so\": it is no plugin: it has no function tributary_plugin_get"));
  EXPECT_THAT(error_of("other_version"),
              HasSubstr("built for version 99 of the plugin interface, but this tributary has version 1"));
  EXPECT_THAT(error_of("no_process"), HasSubstr("it lacks one of create, process and destroy"));
  EXPECT_EQ(make_plugin("").error().kind, ErrorKind::usage);
  for (const auto& [arguments, why] :
       {std::pair("checked.so", "its create() fails: needs the name of a field"),
        std::pair("length.so?x", "it takes no arguments, not \"x\""),
        std::pair("blocks.so?fail", "it gives no reason")}) {
    const auto made = make_plugin(std::string(TRIBUTARY_PLUGINS) + "/" + arguments);
    ASSERT_FALSE(made.ok()) << arguments;
    EXPECT_EQ(made.error().kind, ErrorKind::configuration);
    EXPECT_THAT(made.error().message, HasSubstr(why));
  }
}

}  // namespace
}  // namespace tributary::process
