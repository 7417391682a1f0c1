#include "bench/publisher.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <thread>

#include "redis/command.hpp"

namespace tributary::bench {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::string_view kIdStart = "6f1c2a7e-90d4-4b3a-8c55-";
constexpr std::size_t kDigits = 12;  // hexadecimal, at the end of the id
constexpr std::string_view kKeyStart = R"("key":")";
constexpr std::size_t kKeyDigits = 4;
constexpr std::size_t kMostBlockBytes = 128 << 10;
constexpr std::size_t kMostInBlock = 500;
constexpr std::uint64_t kMostUnanswered = 4000;
// How far ahead of the stream: a subscriber may be 32 MiB behind by Redis' defaults.
constexpr std::uint64_t kMostAhead = 100'000;
constexpr std::uint64_t kMostBytesAhead = 16 << 20;

void write_digits(char* to, std::uint64_t number, std::size_t digits) {
  for (std::size_t i = digits; i-- > 0; number >>= 4) to[i] = "0123456789abcdef"[number & 15];
}

}  // namespace

std::string message_with(const std::string& more) {
  return R"({"message_id":")" + std::string(kIdStart) + std::string(kDigits, '0') + "\"" + more + "}";
}

std::string message_of(std::size_t size) {
  const auto shortest = message_with(), empty = message_with(R"(,"data":"")");
  if (size <= shortest.size()) return shortest;
  return message_with(R"(,"data":")" + std::string(size - std::min(size, empty.size()), 'x') + "\"");
}

std::int64_t nanoseconds_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

std::uint64_t number_of(std::string_view id) {
  std::uint64_t number = 0;
  id.remove_prefix(std::min(id.size(), kIdStart.size()));
  std::from_chars(id.data(), id.data() + id.size(), number, 16);
  return number;
}

Publisher::Publisher(Team& team, const std::string& message, std::uint64_t keys)
    : team_(team), connection_(team.address()), keys_(keys), payload_size_(message.size()) {
  std::string command;
  redis::append_command(command, {"PUBLISH", kChannel, message});
  command_size_ = command.size();
  digits_at_ = command.find(kIdStart) + kIdStart.size();
  key_at_ = command.find(kKeyStart) + kKeyStart.size();
  const auto count = std::clamp<std::size_t>(kMostBlockBytes / command_size_, 1, kMostInBlock);
  for (std::size_t i = 0; i < count; ++i) block_ += command;
}

void Publisher::send(std::size_t count) {
  throw_if_interrupted();
  for (std::size_t i = 0; i < count; ++i)
    write_digits(&block_[i * command_size_ + digits_at_], published_ + i, kDigits);
  for (std::size_t i = 0; keys_ > 0 && i < count; ++i)
    write_digits(&block_[i * command_size_ + key_at_], (published_ + i) % keys_, kKeyDigits);
  connection_.send(std::string_view(block_).substr(0, count * command_size_));
  published_ += count;
  read_answers();
}

// An answer is ":1\r\n": one colon each.
void Publisher::read_answers() {
  char answers[16384];
  for (;;) {
    const auto wait = published_ - answered_ > kMostUnanswered ? Connection::Wait::yes : Connection::Wait::no;
    const auto size = connection_.receive(answers, sizeof answers, wait);
    answered_ += static_cast<std::uint64_t>(std::count(answers, answers + size, ':'));
    if (size == 0) return;
  }
}

void Publisher::flat_out(std::uint64_t count) {
  const auto end = published_ + count;
  const auto in_block = block_.size() / command_size_;
  const auto ahead = std::clamp<std::uint64_t>(kMostBytesAhead / payload_size_, 1, kMostAhead);
  auto appended = team_.appended();
  while (published_ < end) {
    const auto part = std::min<std::uint64_t>({in_block, end - published_, ahead});
    if (published_ + part > appended + ahead) {
      appended = team_.appended();
      if (published_ + part > appended + ahead) team_.wait_until_appended(published_ + part - ahead);
      continue;
    }
    send(static_cast<std::size_t>(part));
  }
}

void Publisher::paced(std::uint64_t rate, std::uint64_t count,
                      const std::function<void(std::uint64_t)>& sent) {
  constexpr auto kShortestPause = 100us;
  const auto in_block = block_.size() / command_size_;
  const auto start = steady_clock::now();
  for (std::uint64_t done = 0; done < count;) {
    const std::chrono::duration<double> elapsed = steady_clock::now() - start;
    const auto due =
        std::min(count, static_cast<std::uint64_t>(elapsed.count() * static_cast<double>(rate)) + 1);
    if (due <= done) {
      const std::chrono::duration<double> next(static_cast<double>(done) / static_cast<double>(rate));
      std::this_thread::sleep_for(std::max<std::chrono::duration<double>>(next - elapsed, kShortestPause));
      continue;
    }
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(due - done, in_block));
    if (sent) {
      for (std::size_t i = 0; i < part; ++i) sent(published_ + i);
    }
    send(part);
    done += part;
  }
}

}  // namespace tributary::bench
