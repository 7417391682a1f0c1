#include "cli/terminal/line_queue.hpp"

#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "relay/write_all.hpp"

namespace tributary::cli {
namespace {

constexpr std::size_t kMostBytes = 256 << 10;

/// Waits for room. False if not all of it could be written.
bool write_patiently(int descriptor, std::string_view text) {
  while (!relay::write_all(descriptor, text)) {
    if (errno != EAGAIN) return false;  // which whoever started us wants for its own end
    pollfd room{.fd = descriptor, .events = POLLOUT, .revents = 0};
    ::poll(&room, 1, -1);
  }
  return true;
}

// Takes from the front what could be written without waiting: nothing, if the kernel cannot tell for such a descriptor.
void write_at_once(int descriptor, std::string& text) {
  const iovec part{.iov_base = text.data(), .iov_len = text.size()};
  const auto written = ::pwritev2(descriptor, &part, 1, -1, RWF_NOWAIT);
  if (written > 0) text.erase(0, static_cast<std::size_t>(written));
}

}  // namespace

struct LineQueue::Shared {
  Shared(int d, Note n) : descriptor(d), note(std::move(n)) {}

  struct Entry {
    std::string text;
    std::uint64_t lines;  // lost with it, if it cannot be written
  };

  const int descriptor;
  const Note note;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Entry> entries;
  std::size_t bytes = 0;
  std::uint64_t dropped = 0;
  bool writing = false;
  bool ending = false;
  bool ended = false;

  void push(std::string text, std::uint64_t lines) {
    bytes += text.size();
    entries.push_back({std::move(text), lines});
  }
  bool idle() const { return entries.empty() && !writing; }
  void write_entries();
};

void LineQueue::Shared::write_entries() {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [this] { return !entries.empty() || ending; });
    if (entries.empty()) break;
    const auto entry = std::move(entries.front());
    entries.pop_front();
    bytes -= entry.text.size();
    writing = true;
    lock.unlock();
    const bool written = write_patiently(descriptor, entry.text);
    lock.lock();
    writing = false;
    if (!written) dropped += entry.lines;
    changed.notify_all();
  }
  ended = true;
  changed.notify_all();
}

LineQueue::LineQueue(int descriptor, Note note)
    : shared_(std::make_shared<Shared>(descriptor, std::move(note))) {
  // Signals are for the thread that waits for them. That writing stops nothing but this thread holds for SIGTTOU, too.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  std::thread([shared = shared_] { shared->write_entries(); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LineQueue::~LineQueue() {
  std::unique_lock lock(shared_->mutex);
  shared_->ending = true;
  shared_->changed.notify_all();
  shared_->changed.wait_for(lock, kPatience, [this] { return shared_->ended; });
}

void LineQueue::add(std::string line) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->bytes + line.size() > kMostBytes) {
    ++shared_->dropped;
    return;
  }
  if (const auto dropped = std::exchange(shared_->dropped, 0); dropped > 0) {
    shared_->push(shared_->note(dropped), dropped);
  }
  if (shared_->idle()) write_at_once(shared_->descriptor, line);
  if (line.empty()) return;
  shared_->push(std::move(line), 1);
  shared_->changed.notify_all();
}

bool LineQueue::drain(std::chrono::milliseconds bound) {
  std::unique_lock lock(shared_->mutex);
  return shared_->changed.wait_for(lock, bound, [this] { return shared_->idle(); });
}

}  // namespace tributary::cli
