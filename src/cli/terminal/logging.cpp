#include "cli/terminal/logging.hpp"

#include <fmt/chrono.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <ctime>
#include <memory>
#include <mutex>
#include <utility>

#include "cli/terminal/output.hpp"
#include "cli/terminal/terminal.hpp"

namespace tributary::cli {
namespace {

// spdlog's own level names are in lower case and do not line up.
class LevelName : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const std::string_view name = name_of(message.level);
    out.append(name.data(), name.data() + name.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return spdlog::details::make_unique<LevelName>();
  }

 private:
  static std::string_view name_of(spdlog::level::level_enum level) {
    switch (level) {
      case spdlog::level::warn:
        return "WARN ";
      case spdlog::level::err:
        return "ERROR";
      case spdlog::level::critical:
        return "CRIT ";
      case spdlog::level::info:
        return "INFO ";
      default:
        return "DEBUG";
    }
  }
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::critical:
      return spdlog::level::critical;
  }
  return spdlog::level::info;
}

std::string_view colour_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::warn:
      return "\x1b[33m\x1b[1m";
    case spdlog::level::err:
      return "\x1b[31m\x1b[1m";
    case spdlog::level::critical:
      return "\x1b[1m\x1b[41m";
    case spdlog::level::info:
      return "\x1b[32m";
    default:
      return "\x1b[36m";
  }
}

LineQueue* queue_in_use = nullptr;

/// To standard error, straight away or by the queue.
class Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit Sink(bool colour) : colour_(colour) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    std::string line(formatted.data(), formatted.size());
    if (colour_ && message.color_range_end > message.color_range_start) {
      line.insert(message.color_range_end, "\x1b[m");
      line.insert(message.color_range_start, colour_of(message.level));
    }
    write_to_log(std::move(line));
  }
  void flush_() override {
    if (queue_in_use != nullptr) queue_in_use->drain();
  }

  bool colour_;
};

}  // namespace

std::string dropped_log_lines(std::uint64_t dropped) {
  return fmt::format("{:%H:%M:%S} WARN  {} line{} of this log dropped here: the reader was too slow\n",
                     fmt::localtime(std::time(nullptr)), dropped, dropped == 1 ? " was" : "s were");
}

void write_to_log(std::string line) {
  if (queue_in_use == nullptr) return write_error(line);
  queue_in_use->add(std::move(line));
}

void set_up_logging(LogLevel level, LineQueue* queue) {
  queue_in_use = queue;
  auto logger =
      std::make_shared<spdlog::logger>("tributary", std::make_shared<Sink>(wants_colour(STDERR_FILENO)));
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<LevelName>('*').set_pattern("%H:%M:%S %^%*%$ %v");
  logger->set_formatter(std::move(formatter));
  logger->set_level(spdlog_level(level));
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace tributary::cli
