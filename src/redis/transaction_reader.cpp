#include "redis/transaction_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "core/base/check.hpp"

namespace tributary::redis {
namespace {

constexpr std::size_t kLongestLine = 64 << 10;
constexpr std::size_t kLongestBulk = 512 << 20;

std::optional<std::size_t> to_size(std::string_view digits) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return size;
}

}  // namespace

void TransactionReader::begin(std::size_t commands) {
  TRIBUTARY_CHECK(commands > 0);
  commands_ = commands;
  left_ = 1 + commands;
  skip_ = 0;
  partial_.clear();
  outcome_ = {};
  outcome_.entries = commands - 1;
  stage_ = Stage::queued;
}

std::string_view TransactionReader::feed(std::string_view bytes) {
  constexpr std::string_view kQueued = "+QUEUED\r\n";
  while (!bytes.empty() && stage_ < Stage::done) {
    if (skip_ > 0) {
      const auto skipped = std::min(skip_, bytes.size());
      bytes.remove_prefix(skipped);
      skip_ -= skipped;
      if (skip_ == 0) end_element();
      continue;
    }
    if (stage_ == Stage::queued && partial_.empty() && bytes.starts_with(kQueued)) {  // all but a few
      bytes.remove_prefix(kQueued.size());
      if (--left_ == 0) stage_ = Stage::exec;
      continue;
    }
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos || !partial_.empty()) {
      const auto taken = end == std::string_view::npos ? bytes.size() : end + 1;
      partial_ += bytes.substr(0, taken);
      bytes.remove_prefix(taken);
      if (partial_.size() > kLongestLine) stage_ = Stage::broken;
      if (partial_.back() != '\n' || stage_ == Stage::broken) continue;
      line(partial_);
      partial_.clear();
    } else {
      line(bytes.substr(0, end + 1));
      bytes.remove_prefix(end + 1);
    }
  }
  return bytes;
}

// One line, with its end.
void TransactionReader::line(std::string_view line) {
  if (line.size() < 3 || line.size() > kLongestLine || !line.ends_with("\r\n")) {
    stage_ = Stage::broken;
    return;
  }
  line.remove_suffix(2);
  const char type = line.front();
  if (stage_ == Stage::elements) return element(line);
  if (type == '-' && outcome_.error.empty()) outcome_.error = line.substr(1);
  if (stage_ == Stage::queued) {
    if (type == '$' && !outcome_.error.empty()) {
      stage_ = Stage::done;  // MULTI was refused: its commands are being done one by one
      outcome_.in_pieces = true;
    } else if (type != '+' && type != '-') {
      stage_ = Stage::broken;
    } else if (--left_ == 0) {
      stage_ = Stage::exec;
    }
    return;
  }
  const auto count = type == '*' ? to_size(line.substr(1)) : std::nullopt;
  if (type == '-') {
    stage_ = Stage::done;
  } else if (count == commands_ && outcome_.error.empty()) {
    left_ = commands_;
    outcome_.executed = true;
    stage_ = Stage::elements;
  } else {
    stage_ = Stage::broken;
  }
}

void TransactionReader::element(std::string_view line) {
  const char type = line.front();
  if (type == '-' && outcome_.error.empty()) outcome_.error = line.substr(1);
  if (type == '$' && left_ > 1) {
    const auto size = to_size(line.substr(1));
    if (!size || *size > kLongestBulk) {
      stage_ = Stage::broken;
    } else {
      skip_ = *size + 2;
      ++outcome_.appended;
    }
    return;
  }
  if (left_ == 1) {
    outcome_.settled = line.substr(1);
    outcome_.settle_refused = type == '-';
  }
  if (type == '+' || type == '-') {
    end_element();
  } else {
    stage_ = Stage::broken;
  }
}

void TransactionReader::end_element() {
  if (--left_ == 0) stage_ = Stage::done;
}

group::TransactionOutcome TransactionReader::take() {
  TRIBUTARY_CHECK(done());
  return std::move(outcome_);
}

}  // namespace tributary::redis
