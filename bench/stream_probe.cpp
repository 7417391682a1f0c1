#include "bench/stream_probe.hpp"

#include <charconv>

#include "bench/publisher.hpp"
#include "redis/command.hpp"

namespace tributary::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{60};

/// Reads RESP values one after the other; once one is not there whole, nothing that follows is.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes), size_(bytes.size()) {}

  bool whole() const { return whole_; }
  std::size_t used() const { return size_ - rest_.size(); }

  /// The number of elements of an array; 0 for a nil.
  int array() { return std::max(number('*'), 0); }
  std::string_view text() {
    const int length = number('$');
    if (length < 0 || rest_.size() < static_cast<std::size_t>(length) + 2)
      return give_up(), std::string_view();
    const auto found = rest_.substr(0, static_cast<std::size_t>(length));
    rest_.remove_prefix(static_cast<std::size_t>(length) + 2);
    return found;
  }

 private:
  int number(char type) {
    const auto end = whole_ ? rest_.find("\r\n") : std::string_view::npos;
    if (end == std::string_view::npos) return give_up(), 0;
    if (rest_[0] != type) throw Failure("not what XREAD should answer: " + std::string(rest_.substr(0, end)));
    int value = 0;
    std::from_chars(rest_.data() + 1, rest_.data() + end, value);
    rest_.remove_prefix(end + 2);
    return value;
  }
  void give_up() { whole_ = false; }

  std::string_view rest_;
  std::size_t size_;
  bool whole_ = true;
};

}  // namespace

StreamProbe::StreamProbe(Team& team, std::uint64_t messages)
    : connection_(team.address()), sent_(messages), read_(messages), thread_([this] {
        try {
          read();
        } catch (const Failure&) {
          if (!stopping_) failure_ = std::current_exception();
        }
        ended_ = true;
      }) {}

StreamProbe::~StreamProbe() {
  stopping_ = true;
  connection_.shut_down();
  thread_.join();
}

void StreamProbe::sent(std::uint64_t number) {
  sent_[number].store(nanoseconds_now(), std::memory_order_relaxed);
}

void StreamProbe::read() {
  std::vector<char> buffer(1 << 20);
  std::string command;
  while (!stopping_) {
    command.clear();
    redis::append_command(command, {"XREAD", "COUNT", "1000", "BLOCK", "100", "STREAMS", kStream, last_id_});
    connection_.send(command);
    std::size_t filled = 0;
    do {
      if (filled == buffer.size()) buffer.resize(buffer.size() * 2);
      filled += connection_.receive(buffer.data() + filled, buffer.size() - filled, Connection::Wait::yes);
    } while (take_answer({buffer.data(), filled}) == 0);
  }
}

std::size_t StreamProbe::take_answer(std::string_view bytes) {
  const auto now = nanoseconds_now();
  for (const bool truly : {false, true}) {  // first looks whether it is all there
    Cursor cursor(bytes);
    if (cursor.array() == 0) return cursor.used();  // nothing came in time; or nothing at all was read yet: 0
    cursor.array();
    cursor.text();
    std::uint64_t taken = 0;
    for (int entries = cursor.array(); entries > 0 && cursor.whole(); --entries) {
      cursor.array();
      const auto id = cursor.text();
      std::string_view message_id;
      for (int fields = cursor.array(); fields > 0 && cursor.whole(); fields -= 2) {
        const auto name = cursor.text();
        const auto value = cursor.text();
        if (name == "message_id") message_id = value;
      }
      if (!truly) continue;
      const auto number = number_of(message_id);
      if (number >= read_.size()) throw Failure("an entry that nobody published");
      read_[number] = now;
      last_id_ = id;
      ++taken;
    }
    if (!cursor.whole()) return 0;
    count_ += taken;
    if (truly) return cursor.used();
  }
  return 0;
}

void StreamProbe::wait_until_read(std::uint64_t messages) {
  const auto end = steady_clock::now() + kPatience;
  while (count_ < messages) {
    if (ended_ && failure_) std::rethrow_exception(failure_);
    if (steady_clock::now() > end) throw Failure("the probe waits in vain for the last entries");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::vector<double> StreamProbe::microseconds(std::uint64_t first, std::uint64_t last) const {
  std::vector<double> found;
  for (auto i = first; i < last; ++i) {
    found.push_back(static_cast<double>(read_[i] - sent_[i].load(std::memory_order_relaxed)) / 1000);
  }
  return found;
}

}  // namespace tributary::bench
