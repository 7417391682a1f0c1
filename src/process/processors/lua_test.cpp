#include "process/processors/lua.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <utility>
#include <vector>

#include "process/additions.hpp"
#include "support/temporary_directory.hpp"
#include "tributary/message.hpp"

namespace tributary::process {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

struct Answer {
  Outcome outcome = Outcome::fail;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string reason;
};

class LuaTest : public testing::Test {
 protected:
  LuaTest() {
    context_.timeout = 200ms;
    context_.log = [this](Event, const std::string& line) { log_.push_back(line); };
  }

  Result<ProcessorFactory> factory(const std::string& script) {
    test::write_file(file_, script);
    return make_lua(file_, context_);
  }
  std::string error_of(const std::string& script) {
    const auto made = factory(script);
    EXPECT_FALSE(made.ok()) << script;
    if (made.ok()) return "";
    EXPECT_EQ(made.error().kind, ErrorKind::configuration);
    EXPECT_EQ(made.error().message.find('\n'), std::string::npos) << made.error().message;
    EXPECT_THAT(made.error().message, StartsWith("processor \"lua:" + file_ + "\": "));
    return made.error().message;
  }
  void load(const std::string& script) {
    auto made = factory(script);
    ASSERT_TRUE(made.ok()) << made.error().message;
    processor_ = (*made)();
  }
  void load_body(const std::string& body) { load("function process(message)\n" + body + "\nend"); }

  Answer run(std::string payload = R"({"message_id":"m","n":3})", unsigned attempt = 1) {
    payload.append(kPayloadPadding, '\0');
    const std::string_view view(payload.data(), payload.size() - kPayloadPadding);
    Additions additions;
    Answer answer;
    answer.outcome = processor_->process({view, id_, "7.a:1", "orders", attempt}, additions, answer.reason);
    for (const auto& field : additions.fields()) answer.fields.emplace_back(field.name, field.value);
    return answer;
  }
  /// What the expression is as a field, with `m` the message's members.
  std::string value(const std::string& expression, const std::string& payload = R"({"message_id":"m"})") {
    load_body("local m = message.members return {x = " + expression + "}");
    const auto answer = run(payload);
    if (answer.outcome != Outcome::append) return "failed: " + answer.reason;
    return answer.fields.size() == 1 ? answer.fields[0].second : "nothing";
  }
  void expect_fails(const std::string& body, const std::string& reason) {
    load_body(body);
    const auto answer = run();
    EXPECT_EQ(answer.outcome, Outcome::fail) << body;
    EXPECT_THAT(answer.reason, HasSubstr(reason)) << body;
  }

  test::TemporaryDirectory files_;
  std::string file_ = files_.file("script.lua");
  ProcessorContext context_;
  std::unique_ptr<Processor> processor_;
  std::vector<std::string> log_;
  std::string id_ = "m";
};

TEST_F(LuaTest, WhatAScriptReturnsIsWhatBecomesOfTheMessage) {
  for (const auto* const nothing : {"", "return", "return nil", "return true", "return {}"}) {
    load_body(nothing);
    EXPECT_FALSE(processor_->may_block());
    const auto answer = run();
    EXPECT_EQ(answer.outcome, Outcome::append) << nothing;
    EXPECT_THAT(answer.fields, IsEmpty()) << nothing;
  }
  load_body("return false");
  EXPECT_EQ(run().outcome, Outcome::drop);
  load_body("return {b = 2, a = 'x', c = {1, 2}}");
  EXPECT_THAT(run().fields, ElementsAre(Pair("a", "x"), Pair("b", "2"), Pair("c", "[1,2]")));
  load_body("dead('never ' .. message.id)");
  EXPECT_EQ(run().outcome, Outcome::dead);
  EXPECT_EQ(run().reason, "never m");
  expect_fails("error('no luck')", "script.lua:2: no luck");
  expect_fails("return 5",
               "process returned a number; it may return nothing, true, false or a table of fields");
  expect_fails("return message.members.a.b", "script.lua:2: attempt to index a nil value (field 'a')");
  expect_fails("return {[1] = 'x'}", "the name of a field must be a string, not a number");
}

TEST_F(LuaTest, TheMessage) {
  load_body(R"(return {all = table.concat({message.id, message.position, message.channel, message.attempt,
                                            message.payload}, " ")})");
  EXPECT_THAT(run(R"({"a":1})", 3).fields, ElementsAre(Pair("all", R"(m 7.a:1 orders 3 {"a":1})")));
  id_ = "";
  load_body("return {id = message.id == nil}");
  EXPECT_THAT(run().fields, ElementsAre(Pair("id", "true")));
  load_body("return {n = message.members.n + 1, same = message.members == message.members}");
  EXPECT_THAT(run().fields, ElementsAre(Pair("n", "4"), Pair("same", "true")));
  load_body("return {x = message.members == nil}");
  EXPECT_THAT(run("{\"a\":1").fields, ElementsAre(Pair("x", "true")));
  EXPECT_THAT(run(std::string("\0\xff", 2)).fields, ElementsAre(Pair("x", "true")));
  expect_fails("return {x = message.member}", "but no member");
  id_ = "m";
  load("local old function process(m) local o = old or m; old = m; return {id = o.id} end");
  EXPECT_EQ(run().outcome, Outcome::append);
  EXPECT_EQ(run().outcome, Outcome::append) << "what was asked for in time is kept";
  load(
      "local old function process(m) local o = old or m; old = m; if o ~= m then return {id = o.id} end end");
  EXPECT_EQ(run().outcome, Outcome::append);
  EXPECT_THAT(run().reason, HasSubstr("this message is over"));
}

TEST_F(LuaTest, JsonComesAndGoesAsItWas) {
  for (const auto* const json :
       {"1", "-7", "9223372036854775807", "1.5", "2.0", "1e+30", "true", "null", "[]", "{}",
        "[1,[2,{}],null]", R"({"a":{"b":[true,false]},"c":"\"\\\u0001/"})", R"(["é😀"])"}) {
    EXPECT_EQ(value("m.x", R"({"x":)" + std::string(json) + "}"), json);
  }
  EXPECT_EQ(value("m.x", R"({"x":"a\n\"\u00e9\ud83d\ude00\u0041"})"),
            "a\n\"\xc3\xa9\xf0\x9f\x98\x80"
            "A");
  EXPECT_EQ(value("m.x", R"({"x":"\ud83d!\ude00\ud83d\u0041"})"),
            "\xef\xbf\xbd!\xef\xbf\xbd\xef\xbf\xbd"
            "A");
  EXPECT_EQ(value("m.x", R"({"x":1,"x":2})"), "2");
  EXPECT_EQ(value("m.x", R"({"x":123456789012345678901234567890})"), "1.2345678901234568e+29");
  EXPECT_EQ(value("m.x", R"({"x":1e-999})"), "0.0");
  EXPECT_EQ(value("m.x == null", R"({"x":null})"), "true");
  EXPECT_EQ(value("tostring(null)"), "null");
  EXPECT_EQ(value("math.type(m.x)", R"({"x":10})"), "integer");
  EXPECT_EQ(value("{[10]=1, [9]=2, b=3}"), R"({"10":1,"9":2,"b":3})");
  EXPECT_EQ(value("{}"), "{}");
  EXPECT_EQ(value("array({})"), "[]");
  EXPECT_EQ(value("'\\xff\\0'"), std::string("\xff\0", 2)) << "a field may hold any bytes";
  EXPECT_THAT(value("{'\\xff'}"), HasSubstr("not UTF-8"));
  EXPECT_THAT(value("0/0"), HasSubstr("nan is no number"));
  EXPECT_THAT(value("print"), HasSubstr("a function cannot be written as JSON"));
  EXPECT_THAT(value("setmetatable({}, {__index = _G}), y = (function() local t = {} t.t = t return t end)()"),
              HasSubstr("or holds itself"));
  std::string deep;
  for (int i = 0; i < 900; ++i) deep += "[";
  EXPECT_EQ(value("type(m.x)", R"({"x":)" + deep + std::string(900, ']') + "}"), "table");
  for (const auto* const wrong :
       {"01", "1.", "-", "+1", "\"\\x\"", "[1,]", "{1:2}", "tru", "1 2", "\"\\u12\"", ".5", "1e"}) {
    load_body("return {x = message.members == nil}");
    EXPECT_THAT(run(wrong).fields, ElementsAre(Pair("x", "true"))) << wrong;
  }
}

TEST_F(LuaTest, ErrorsOfEveryKindAreOneReason) {
  expect_fails("error()", "an error without a reason");
  expect_fails("error({code = 5, why = 'x'})", R"({"code":5,"why":"x"})");
  expect_fails("error(setmetatable({}, {__tostring = function() return 'told' end}))", "told");
  expect_fails("error(setmetatable({}, {__tostring = function() error('again') end}))",
               "an error that cannot be told");
  expect_fails("local t = {} t.t = t error(t)", "an error that cannot be told");
  expect_fails("error(print)", "function");
  expect_fails("local function f() return f() + 1 end f()", "");  // of the stack, or of the memory
  load_body("dead({})");
  EXPECT_EQ(run().outcome, Outcome::dead);
}

TEST_F(LuaTest, AnEndlessLoopIsAFailedMessage) {
  for (const auto* const loop :
       {"while true do end", "while true do pcall(function() while true do end end) end",
        "local function f() pcall(f) return f() end f()", "repeat until pcall(error) and false",
        "while true do coroutine.wrap(function() pcall(function() while true do end end) end)() end",
        "table.sort({1, 2, 3}, function() while true do end end)",
        "while true do xpcall(function() while true do end end, function() while true do end end) end",
        "return {x = setmetatable({}, {__tostring = function() while true do end end}), "
        "print(message.payload)}, "
        "error(setmetatable({}, {__tostring = function() while true do end end}))",
        "local t <close> = setmetatable({}, {__close = function() while true do end end})"}) {
    load_body("if message.attempt == 1 then " + std::string(loop) + " end");
    const auto start = std::chrono::steady_clock::now();
    const auto answer = run();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s) << loop;
    EXPECT_EQ(answer.outcome, Outcome::fail) << loop;
    EXPECT_EQ(run(R"({"message_id":"m"})", 2).outcome, Outcome::append) << "after " << loop;
  }
  expect_fails("while true do end", "script.lua:2: took longer than 200 ms");
}

TEST_F(LuaTest, MemoryIsBounded) {
  context_.timeout = 20s;
  load(R"(local kept = {}
          function process(message)
            if message.attempt == 1 then while true do kept[#kept + 1] = ("x"):rep(1000) .. #kept end end
            return {kept = #kept}
          end)");
  const auto answer = run();
  EXPECT_EQ(answer.outcome, Outcome::fail);
  EXPECT_EQ(answer.reason, "needs more than 64 MiB of memory");
  EXPECT_THAT(run("{}", 2).fields, ElementsAre(Pair("kept", "0"))) << "a new state";
  load_body("local ok, why = pcall(string.rep, 'x', 1 << 30) return {why = why}");
  EXPECT_THAT(run().fields, ElementsAre(Pair("why", "not enough memory")));
  load_body("return {x = #('').rep('', 1 << 60)}");
  EXPECT_THAT(run().fields, ElementsAre(Pair("x", "0")));
}

TEST_F(LuaTest, NothingOutsideIsReached) {
  for (const auto* const name :
       {"io", "debug", "package", "dofile", "loadfile", "collectgarbage", "os.execute", "os.exit",
        "os.remove", "os.rename", "os.getenv", "os.tmpname", "os.setlocale", "string.dump"}) {
    EXPECT_EQ(value(std::string(name) + " == nil"), "true") << name;
  }
  EXPECT_EQ(value("os.time() > 0 and os.clock() >= 0 and os.date('%Y') > '2000'"), "true");
  EXPECT_EQ(value("load('return 1 + 1')()"), "2");
  EXPECT_EQ(value("load('return x', 'name', 'b', {x = 7})()"), "7") << "the mode is always text";
  EXPECT_THAT(value("select(2, load('\\27Lua'))"), HasSubstr("attempt to load a binary chunk"));
  EXPECT_THAT(value("setmetatable({}, {__gc = function() end})"), HasSubstr("__gc is not supported"));
  EXPECT_THAT(value("getmetatable(message)"), "false");
}

TEST_F(LuaTest, RequireFindsFilesBesideTheScriptOnly) {
  test::write_file(files_.file("helper.lua"), "return {twice = function(x) return 2 * x end}");
  test::write_file(files_.file("broken.lua"), "return {\n  x = = 1}");
  load("local helper = require('helper')\nfunction process(m) return {x = helper.twice(m.members.n)} end");
  EXPECT_THAT(run().fields, ElementsAre(Pair("x", "6")));
  for (const auto* const name : {"../script", "/etc/passwd", "a.b", "", "a/b", "helper.lua"}) {
    EXPECT_THAT(error_of("require('" + std::string(name) + "')"),
                HasSubstr("script.lua:1: require takes the name"));
  }
  EXPECT_THAT(error_of("require('nothing')"), HasSubstr("nothing.lua: No such file"));
  EXPECT_THAT(error_of("require('broken')"), HasSubstr("broken.lua:2: unexpected symbol near '='"));
}

TEST_F(LuaTest, IsReadOnce) {
  test::write_file(files_.file("helper.lua"), "return 1");
  auto made = factory("local x = require('helper') function process() return {x = x} end");
  ASSERT_TRUE(made.ok());
  test::write_file(file_, "rubbish(");
  std::filesystem::remove(files_.file("helper.lua"));
  processor_ = (*made)();
  EXPECT_THAT(run().fields, ElementsAre(Pair("x", "1")));
}

TEST_F(LuaTest, IsCheckedAtStart) {
  EXPECT_THAT(error_of("function process(m)\n  retrun 1\nend"),
              HasSubstr("script.lua:2: syntax error near '1'"));
  EXPECT_THAT(error_of("x = 1"),
              HasSubstr("script.lua: it must define function process(message), but process is not there"));
  EXPECT_THAT(error_of("process = 5"), HasSubstr("but process is number"));
  EXPECT_THAT(error_of("nothing.there = 1"), HasSubstr("script.lua:1: attempt to index a nil value"));
  EXPECT_THAT(error_of("while true do end"), HasSubstr("script.lua:1: took longer than 200 ms"));
  EXPECT_THAT(error_of("\x1bLua"), HasSubstr("attempt to load a binary chunk"));
  EXPECT_THAT(error_of("error('two\\nlines')"), HasSubstr("two lines"));
  std::filesystem::remove(file_);
  const auto none = make_lua(file_, context_);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().kind, ErrorKind::configuration);
  EXPECT_THAT(none.error().message, HasSubstr("script.lua: No such file or directory"));
  EXPECT_EQ(make_lua(files_.path(), context_).error().kind, ErrorKind::configuration);
  EXPECT_EQ(make_lua("", context_).error().kind, ErrorKind::usage);
}

TEST_F(LuaTest, PrintGoesToTheLog) {
  load_body("print('a', 1, nil, null) print('two\\nlines')");
  run();
  EXPECT_THAT(log_, ElementsAre("script.lua: a 1 nil null", "script.lua: two lines"));
}

}  // namespace
}  // namespace tributary::process
