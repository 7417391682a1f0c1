#include "process/processors/error_lines.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

namespace tributary::process {
namespace {

constexpr std::uint64_t kEnd = 0;             // in place of a source's number
constexpr std::uint64_t kEnded = 1ULL << 63;  // with a number: not its lines, its end
constexpr std::size_t kPiece = 64u << 10;
constexpr int kMostPiecesAtEnd = 16;
constexpr int kSecondMs = 1000;

}  // namespace

class ErrorLines::Source {
 public:
  Source(std::uint64_t id, int descriptor, std::string who, std::shared_ptr<LogRate> log,
         std::function<void()> ended)
      : id_(id),
        descriptor_(descriptor),
        who_(std::move(who)),
        log_(std::move(log)),
        ended_(std::move(ended)) {}
  ~Source() { close_descriptor(); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  std::uint64_t id() const { return id_; }
  void ended() const { ended_(); }

  // Reads once. False if there is nothing now; at the end the descriptor is closed.
  bool read(char* piece) {
    const std::lock_guard lock(mutex_);
    if (descriptor_ < 0) return false;
    const auto got = ::read(descriptor_, piece, kPiece);
    if (got > 0) {
      take({piece, static_cast<std::size_t>(got)});
      return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) close_descriptor();
    return false;
  }

  std::string finish() {
    std::vector<char> piece(kPiece);
    for (int i = 0; i < kMostPiecesAtEnd && read(piece.data()); ++i) {
    }
    const std::lock_guard lock(mutex_);
    close_descriptor();
    if (!line_.empty()) end_line();
    return last_;
  }

  bool tell_left_out() { return log_->tell_left_out(); }

 private:
  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      const auto part = bytes.substr(0, end);
      // One byte more than is shown, so that it shows that something was cut.
      line_ += part.substr(0, LogRate::kLongestLine + 1 - std::min(line_.size(), LogRate::kLongestLine + 1));
      if (end == std::string_view::npos) return;
      end_line();
      bytes.remove_prefix(end + 1);
    }
  }
  void end_line() {
    log_->say("processor_output"_event, who_, line_);
    std::swap(last_, line_);
    line_.clear();
  }
  void close_descriptor() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));  // which takes it out of epoll, too
  }

  const std::uint64_t id_;
  std::mutex mutex_;
  int descriptor_;
  const std::string who_;
  const std::shared_ptr<LogRate> log_;
  const std::function<void()> ended_;
  std::string line_;  // that has begun
  std::string last_;  // whole one
};

ErrorLines::~ErrorLines() {
  if (!thread_.joinable()) return;
  eventfd_write(end_, 1);
  thread_.join();
  close(epoll_);
  close(end_);
}

std::shared_ptr<ErrorLines::Source> ErrorLines::add(int descriptor, std::string who,
                                                    std::shared_ptr<LogRate> log, int end,
                                                    std::function<void()> ended) {
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) start();
  auto source =
      std::make_shared<Source>(++last_id_, descriptor, std::move(who), std::move(log), std::move(ended));
  sources_.emplace(source->id(), source);
  watch(descriptor, EPOLLIN, source->id());
  if (end >= 0) watch(end, EPOLLIN | EPOLLONESHOT, source->id() | kEnded);
  return source;
}

void ErrorLines::watch(int descriptor, std::uint32_t events, std::uint64_t id) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
}

std::string ErrorLines::finish(const std::shared_ptr<Source>& source) {
  auto last = source->finish();
  const std::lock_guard lock(mutex_);
  sources_.erase(source->id());
  return last;
}

void ErrorLines::start() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  end_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  watch(end_, EPOLLIN, kEnd);
  sigset_t all, before;  // signals are for the threads that were there before
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

std::shared_ptr<ErrorLines::Source> ErrorLines::source(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = sources_.find(id);
  return found == sources_.end() ? nullptr : found->second;
}

void ErrorLines::run() {
  std::vector<char> piece(kPiece);
  std::array<epoll_event, 16> events{};
  std::map<std::uint64_t, std::shared_ptr<Source>> to_tell;  // some of their lines may have been left out
  for (;;) {
    const int count =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), to_tell.empty() ? -1 : kSecondMs);
    for (int i = 0; i < count; ++i) {
      const auto id = events[static_cast<std::size_t>(i)].data.u64;
      if (id == kEnd) return;
      auto ready = source(id & ~kEnded);
      if (!ready) continue;
      if ((id & kEnded) != 0) {
        ready->ended();
        continue;
      }
      ready->read(piece.data());
      to_tell.emplace(id, std::move(ready));
    }
    std::erase_if(to_tell, [](auto& entry) { return !entry.second->tell_left_out(); });
  }
}

}  // namespace tributary::process
