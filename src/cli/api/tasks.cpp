#include "cli/api/tasks.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace tributary::cli {
namespace {

// Whoever asked waits, and should not find it done long after they gave up.
constexpr redis::Timeouts kPatience{std::chrono::seconds(2), std::chrono::seconds(5)};

constexpr std::size_t kMostLines = 100;
constexpr std::chrono::seconds kLongestEnd{2};

}  // namespace

struct Tasks::Shared {
  std::mutex mutex;
  std::condition_variable ended;
  redis::EventLoop* loop;  // none once the tasks are gone
  bool running = false;
  std::atomic<bool> stop{false};

  explicit Shared(redis::EventLoop& l) : loop(&l) {}
};

Tasks::Tasks(redis::EventLoop& loop) : shared_(std::make_shared<Shared>(loop)) {}

Tasks::~Tasks() {
  const std::lock_guard lock(shared_->mutex);
  shared_->loop = nullptr;
}

bool Tasks::start(std::string who, Work work, std::function<void(const Outcome&)> done) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (std::exchange(shared_->running, true)) return false;
  }
  std::thread([shared = shared_, who = std::move(who), work = std::move(work),
               done = std::move(done)]() mutable {
    std::vector<std::string> said;
    const Caller caller{std::move(who),
                        [&](const std::string& line) {
                          if (said.size() < kMostLines) said.push_back(line);
                        },
                        [&] { return shared->stop.load(); }, false, kPatience};
    const auto outcome = std::make_shared<Outcome>(Outcome{work(caller), {}});
    outcome->said = std::move(said);
    work = nullptr;
    const std::lock_guard lock(shared->mutex);
    shared->running = false;
    if (shared->loop != nullptr) shared->loop->post([outcome, done = std::move(done)] { done(*outcome); });
    shared->ended.notify_all();
  }).detach();
  return true;
}

bool Tasks::end() {
  shared_->stop = true;
  std::unique_lock lock(shared_->mutex);
  return shared_->ended.wait_for(lock, kLongestEnd, [&] { return !shared_->running; });
}

}  // namespace tributary::cli
