#include "cli/bench/bench_bridge.hpp"

#include <thread>

#include "redis/command.hpp"
#include "redis/connection.hpp"
#include "redis/event_loop.hpp"

namespace tributary::cli {
namespace {

// The string of a member as it stands between its quotes; empty if it is not there.
std::string_view member(std::string_view payload, std::string_view name) {
  const auto key = payload.find(name);
  if (key == std::string_view::npos) return {};
  const auto begin = key + name.size();
  return payload.substr(begin, payload.find('"', begin) - begin);
}

}  // namespace

struct BareBridge::Parts : redis::CommandConnection::Handler, redis::SubscriberConnection::Handler {
  Parts(const redis::Endpoint& at, const std::string& channel, std::string to)
      : endpoint(at),
        stream(std::move(to)),
        commands(loop, *this),
        subscriber(loop, redis::Inputs{{channel}, {}}, channel + ":none", *this) {
    commands.open(endpoint);
    thread = std::thread([this] { loop.run(); });
  }
  ~Parts() override {
    loop.post([this] { loop.stop(); });
    thread.join();
  }

  void on_commands_ready(const redis::ServerFacts&) override { subscriber.open(endpoint); }
  void on_reply(std::uint64_t, redis::Reply&&) override {}
  void on_commands_down(const redis::Failure&) override { loop.stop(); }
  void on_subscribed(const std::string&) override {}
  void on_data(std::string_view payload, std::string_view) override {
    const auto id = member(payload, R"("message_id":")");
    if (id.empty()) return;
    const auto data = member(payload, R"("data":")");
    const auto position = "1.000000:" + std::to_string(++carried);
    auto& out = commands.command(0);
    redis::append_command_header(out, data.empty() ? 11 : 13);
    for (const auto part : {std::string_view("XADD"), std::string_view(stream), std::string_view("*"),
                            std::string_view("message_id"), id}) {
      redis::append_argument(out, part);
    }
    if (!data.empty()) {
      redis::append_argument(out, "data");
      redis::append_argument(out, data);
    }
    for (const auto part :
         {std::string_view("consumer_id"), std::string_view("bare-bridge.1"), std::string_view("processed"),
          std::string_view("1"), std::string_view("position"), std::string_view(position)}) {
      redis::append_argument(out, part);
    }
  }
  void on_control(std::string_view) override {}
  bool on_batch_end() override {
    commands.flush();
    return true;
  }
  void on_subscriber_down(const redis::Failure&) override { loop.stop(); }

  redis::Endpoint endpoint;
  std::string stream;
  std::uint64_t carried = 0;
  redis::EventLoop loop;
  redis::CommandConnection commands;
  redis::SubscriberConnection subscriber;
  std::thread thread;
};

BareBridge::BareBridge(const redis::Endpoint& endpoint, const std::string& channel, const std::string& stream)
    : parts_(std::make_unique<Parts>(endpoint, channel, stream)) {}

BareBridge::~BareBridge() = default;

}  // namespace tributary::cli
