// A program that is a node itself: counts messages and adds their number to each entry. Ends on SIGINT and SIGTERM.
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <tributary/consumer.hpp>

namespace {

std::atomic<int> count = 0;

class Counter final : public tributary::Processor {
 public:
  tributary::Outcome process(const tributary::Message& message, tributary::FieldSink& fields,
                             std::string& reason) override {
    if (message.payload.size() > 1'000'000) {
      reason = "too large";
      return tributary::Outcome::dead;
    }
    fields.add("number_here", std::to_string(++count));
    return tributary::Outcome::append;
  }
  bool may_block() const override { return false; }  // true: each consumer gets a thread
};

tributary::Consumer* running = nullptr;

}  // namespace

int main() {
  tributary::ConsumerSettings settings;
  if (const char* url = std::getenv("REDIS_URL")) settings.redis_url = url;
  settings.log = [](tributary::LogLevel level, std::string_view line) {
    if (level >= tributary::LogLevel::info) std::cerr << line << '\n';
  };
  tributary::Consumer consumer(settings, [] { return std::make_unique<Counter>(); });

  running = &consumer;
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { running->stop(); });
  if (const auto error = consumer.run()) {
    std::cerr << error->message << '\n';
    return 1;
  }
  std::cout << count << " messages processed here\n";
}
