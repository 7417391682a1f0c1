// What a program behind exec: costs at least: answers {} to each line, as many at a time as came.
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

int main() {
  std::vector<char> buffer(64 << 10);
  std::string answers;
  for (;;) {
    const auto size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size <= 0) return 0;
    answers.clear();
    for (auto lines = std::count(buffer.begin(), buffer.begin() + size, '\n'); lines > 0; --lines)
      answers += "{}\n";
    for (std::size_t written = 0; written < answers.size();) {
      const auto part = ::write(STDOUT_FILENO, answers.data() + written, answers.size() - written);
      if (part <= 0) return 1;
      written += static_cast<std::size_t>(part);
    }
  }
}
