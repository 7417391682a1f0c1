// Processors of one's own as a user meets them: in Lua, in a shared library, behind HTTP; also when they are wrong.
#include <gmock/gmock.h>

#include <cstdlib>

#include "support/http_service.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Then = HttpService::Response::Then;

constexpr const char* kOutput = "messages:processed";
constexpr const char* kDead = "messages:processed:dead";

class Processors : public Scenario {
 protected:
  void say(const std::string& payload) { client_.command({"PUBLISH", "messages:published", payload}); }
  std::int64_t dead_letters() { return client_.integer({"XLEN", kDead}); }
  void wait_for(std::int64_t entries, std::int64_t letters) {
    EXPECT_TRUE(wait_until([&] { return appended() >= entries && dead_letters() >= letters; }, kPatience))
        << appended() << " entries, " << dead_letters() << " dead letters";
    EXPECT_EQ(appended(), entries);
    EXPECT_EQ(dead_letters(), letters);
  }
  std::string last(const std::string& field, const char* stream = kOutput) {
    const auto entries = read_entries(client_, stream);
    return entries.empty() ? "no entry" : value_of(entries.back(), field);
  }
  /// A node that must not start: one line, and this exit code.
  void expect_refused(const Flags& flags, int status, const std::string& why) {
    auto& node = launch_node(flags);
    EXPECT_EQ(node.wait(kPatience), status) << node.err();
    const auto said = node.err();
    EXPECT_THAT(said, HasSubstr(why));
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
    nodes_.pop_back();
  }
  std::string script(const std::string& text) {
    const auto file = files_.file("script.lua");
    write_file(file, text);
    return "lua:" + file;
  }
  static std::string plugin(const std::string& name) { return "plugin:" TRIBUTARY_PLUGINS "/" + name; }
  static std::string example(const std::string& name) {
    return TRIBUTARY_SOURCE "/examples/processors/" + name;
  }
};

TEST_F(Processors, TheLuaExample) {
  start_node({"--processor", "lua:" + example("enrich.lua")});
  say(R"({"message_id":"1","price":2.5,"count":4})");
  say(R"({"message_id":"2","kind":"note"})");
  say(R"({"message_id":"3"})");
  wait_for(1, 1);
  EXPECT_EQ(last("total"), "10.0");
  EXPECT_EQ(last("reason", kDead), "an order without a price");
  EXPECT_EQ(last("attempts", kDead), "1");
  stop_nodes();
}

TEST_F(Processors, ALuaScriptThatMisbehavesCostsItsMessagesOnly) {
  auto& node =
      start_node({"--processor",
                  script("function process(m)\n"
                         "  print('saw', m.id)\n"
                         "  if m.members.loop then while true do pcall(error) end end\n"
                         "  if m.members.eat then local t = {} while true do t[#t + 1] = {} end end\n"
                         "  if m.members.table then error({code = 7}) end\n"
                         "end\n"),
                  "--processing-retries", "0", "--processing-timeout", "300ms"});
  say(R"({"message_id":"1"})");
  say(R"({"message_id":"2","loop":true})");
  say(R"({"message_id":"3","table":true})");
  say(R"({"message_id":"4"})");
  wait_for(2, 2);
  EXPECT_THAT(last("reason", kDead), HasSubstr(R"(failed after 1 attempt: {"code":7})"));
  EXPECT_THAT(std::string(value_of(read_entries(client_, kDead).front(), "reason")),
              HasSubstr("script.lua:3: took longer than 300 ms"));
  EXPECT_TRUE(node.wait_for_output("script.lua: saw 4", kPatience)) << node.err();
  stop_nodes();
}

TEST_F(Processors, WhatCannotWorkIsRefusedAtStart) {
  expect_refused({"--processor", script("function process(m)\n  return return\nend")}, 78,
                 "script.lua:2: unexpected symbol near 'return'");
  expect_refused({"--processor", script("x = 1")}, 78, "process is not there");
  expect_refused({"--processor", "lua:/nowhere.lua"}, 78,
                 "cannot read /nowhere.lua: No such file or directory");
  expect_refused({"--processor", plugin("other_version.so")}, 78, "version 99 of the plugin interface");
  expect_refused({"--processor", plugin("no_symbol.so")}, 78, "it is no plugin");
  expect_refused({"--processor", "plugin:/nowhere.so"}, 78, "/nowhere.so: cannot open shared object file");
  expect_refused({"--processor", plugin("checked.so")}, 78, "create() fails: needs the name of a field");
  expect_refused({"--processor", "http://a:99999/"}, 64, "it is no URL");
  expect_refused({"--processor", "http:/a"}, 64, "needs a URL");
  expect_refused({"--processing-retries", "unlimited"}, 64, "runs on the node's own thread");
}

TEST_F(Processors, PluginsInCAndCpp) {
  start_node({"--processor", plugin("length.so")});
  say(R"({"message_id":"1"})");
  wait_for(1, 0);
  EXPECT_EQ(last("length"), "18");
  stop_nodes();
  nodes_.clear();
  start_node({"--processor", plugin("checked.so?seen"), "--processing-retries", "2"});
  say(R"({"message_id":"2"})");
  say(R"({"message_id":"broken"})");
  wait_for(2, 1);
  EXPECT_EQ(last("seen"), "yes");
  EXPECT_EQ(last("reason", kDead), "failed after 3 attempts: it is broken");
  stop_nodes();
}

TEST_F(Processors, APluginThatCrashesLosesNothing) {
  auto& crashing = start_node({"--processor", plugin("crashes.so")});
  start_node({"--processor", "stamp"});
  EXPECT_TRUE(wait_until([&] { return group().members.size() == 2; }, kPatience));
  for (int i = 0; i < 40; ++i) say(R"({"message_id":"crash )" + std::to_string(i) + "\"}");
  EXPECT_EQ(crashing.wait(kPatience), 128 + SIGABRT);
  wait_for(40, 0);
}

TEST_F(Processors, AServiceThatIsDownKeepsItsMessages) {
  auto service =
      std::make_unique<HttpService>([](const auto&) { return HttpService::answer(503, "not now"); });
  const int port = service->port();
  auto& node = start_node(
      {"--processor", service->url("/work"), "--consumers", "2", "--processing-retries", "unlimited"});
  for (int i = 0; i < 20; ++i) say(R"({"message_id":")" + std::to_string(i) + "\"}");
  EXPECT_TRUE(node.wait_for_output("its messages are kept and tried until it works: " +
                                       service->url("/work") + ": it answered 503: \"not now\"",
                                   kPatience))
      << node.err();
  service.reset();
  EXPECT_TRUE(node.wait_for_output("Failed to connect", kPatience)) << node.err();
  const auto status = [&] { return run_tributary("status", redis_).out; };
  EXPECT_TRUE(wait_until(
      [&] { return status().find("messages are kept and tried again, for ") != std::string::npos; },
      kPatience))
      << status();
  EXPECT_EQ(appended() + dead_letters(), 0);
  service = std::make_unique<HttpService>([](const auto&) { return HttpService::answer(200); }, port);
  wait_for(20, 0);
  EXPECT_TRUE(node.wait_for_output("the processor works again", kPatience)) << node.err();
  EXPECT_TRUE(
      wait_until([&] { return status().find("kept and tried again") == std::string::npos; }, kPatience));
  const auto said = node.err();
  const auto first = said.find("until it works");
  EXPECT_NE(first, std::string::npos);
  stop_nodes();
}

TEST_F(Processors, AServiceThatMisbehavesLeavesDeadLettersThatSayHow) {
  HttpService service([](const HttpService::Request& request) -> HttpService::Response {
    if (request.body.find("rubbish") != std::string::npos) return HttpService::answer(200, "<html>");
    if (request.body.find("moved") != std::string::npos)
      return HttpService::answer(301, "", "Location: http://127.0.0.1:1/\r\n");
    if (request.body.find("never") != std::string::npos)
      return {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", 0, Then::hang};
    if (request.body.find("refused") != std::string::npos) return HttpService::answer(422);
    return HttpService::answer(200, R"({"fields":{"seen":true}})");
  });
  start_node({"--processor", service.url(), "--consumers", "5", "--processing-retries", "1",
              "--processing-timeout", "1s"});
  for (const auto* const id : {"fine", "rubbish", "moved", "never", "refused"}) {
    say(R"({"message_id":")" + std::string(id) + "\"}");
  }
  wait_for(1, 4);
  EXPECT_EQ(last("seen"), "true");
  for (const auto& letter : read_entries(client_, kDead)) {
    const std::string id(value_of(letter, "message_id")), reason(value_of(letter, "reason"));
    const auto* const part = id == "rubbish" ? "failed after 2 attempts: http://127.0.0.1:"
                             : id == "moved" ? "a redirect to http://127.0.0.1:1/; none are followed"
                             : id == "never" ? "1000 ms"
                                             : "it answered 422";
    EXPECT_THAT(reason, HasSubstr(part)) << id;
  }
  stop_nodes();
}

TEST_F(Processors, ACertificateThatNobodySignedIsNotTrusted) {
  if (std::system("openssl version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no openssl";
  const auto key = files_.file("key"), certificate = files_.file("certificate");
  const auto make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout " + key +
                    " -out " + certificate + " >/dev/null 2>&1";
  ASSERT_EQ(std::system(make.c_str()), 0);
  const int port = HttpService([](const auto&) { return HttpService::answer(200); }).port();  // free again
  ChildProcess server({"openssl", "s_server", "-quiet", "-www", "-accept",
                       "127.0.0.1:" + std::to_string(port), "-key", key, "-cert", certificate});
  const auto listens =
      "openssl s_client -connect 127.0.0.1:" + std::to_string(port) + " </dev/null >/dev/null 2>&1";
  ASSERT_TRUE(wait_until([&] { return std::system(listens.c_str()) == 0; }, kPatience));
  start_node({"--processor", "https://127.0.0.1:" + std::to_string(port) + "/", "--processing-retries", "3"});
  say(R"({"message_id":"1"})");
  wait_for(0, 1);
  EXPECT_THAT(last("reason", kDead), HasSubstr("SSL certificate problem: self-signed certificate"));
  stop_nodes();
}

TEST_F(Processors, TheExampleOfAService) {
  if (std::system("python3 -c '' >/dev/null 2>&1") != 0) GTEST_SKIP() << "no python3";
  ChildProcess service({"python3", example("service.py"), "0"});
  ASSERT_TRUE(service.wait_for_output("listening on port ", kPatience)) << service.err();
  const auto port = std::stoi(service.out().substr(service.out().rfind(' ') + 1));
  start_node({"--processor", "http://127.0.0.1:" + std::to_string(port) + "/", "--consumers", "4"});
  say(R"({"message_id":"1","text":"four"})");
  wait_for(1, 0);
  EXPECT_EQ(last("length"), "4");
  stop_nodes();
}

TEST_F(Processors, ANodeWhoseServiceHangsStillLeaves) {
  HttpService service([](const auto&) { return HttpService::Response{"", 600'000, Then::close}; });
  auto& node = start_node({"--processor", service.url()});
  start_node();
  EXPECT_TRUE(wait_until([&] { return group().members.size() == 2; }, kPatience));
  for (int i = 0; i < 20; ++i) say(R"({"message_id":")" + std::to_string(i) + "\"}");
  EXPECT_TRUE(wait_until([&] { return service.requests() > 0; }, kPatience));
  EXPECT_TRUE(node.terminate(40s).has_value());
  wait_for(20, 0);
}

}  // namespace
}  // namespace tributary::test
