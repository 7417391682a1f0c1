#include "process/processors/command_words.hpp"

#include <optional>
#include <utility>

namespace tributary::process {
namespace {

constexpr std::string_view kBlanks = " \t\n";
constexpr std::string_view kOperators = "|&;<>";
constexpr std::string_view kEscapedInQuotes = "\"\\$`";

bool has(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  // What is wrong with the text; nothing if it is divided.
  std::optional<std::string> divide() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (has(kBlanks, c)) {
        end_word();
      } else if (has(kOperators, c)) {
        return std::string("has ") + c + ", but no shell is run: quote it, or write exec:sh -c '...'";
      } else if (c == '\\') {
        if (++at_ == text_.size()) return "ends in a backslash";
        if (text_[at_] != '\n') add(text_[at_]);
      } else if (c == '\'' || c == '"') {
        if (!quoted(c)) return "has a quote that is not closed";
      } else {
        add(c);
      }
    }
    end_word();
    return words_.empty() ? std::optional<std::string>("names no program") : std::nullopt;
  }

  std::vector<std::string> take() { return std::move(words_); }

 private:
  bool quoted(char quote) {
    in_word_ = true;  // '' is a word, too
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == quote) return true;
      if (c == '\\' && quote == '"' && at_ + 1 < text_.size()) {
        const char next = text_[at_ + 1];
        if (has(kEscapedInQuotes, next) || next == '\n') {
          ++at_;
          if (next != '\n') word_ += next;
          continue;
        }
      }
      word_ += c;
    }
    return false;
  }
  void add(char c) {
    in_word_ = true;
    word_ += c;
  }
  void end_word() {
    if (std::exchange(in_word_, false)) words_.push_back(std::exchange(word_, {}));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  bool in_word_ = false;
};

}  // namespace

Result<std::vector<std::string>> command_words(std::string_view command) {
  const auto wrong = [](const std::string& what) { return Error{ErrorKind::usage, "the command " + what}; };
  if (has(command, '\0')) return wrong("has a zero byte");
  Splitter splitter(command);
  if (const auto problem = splitter.divide()) return wrong(*problem);
  return splitter.take();
}

}  // namespace tributary::process
