#include "process/processors.hpp"

#include <xxhash.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "core/base/text.hpp"
#include "core/base/units.hpp"
#include "process/processors/exec.hpp"
#include "process/processors/http.hpp"
#include "process/processors/lua.hpp"
#include "process/processors/plugin.hpp"

namespace tributary::process {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kLongestDuration = std::chrono::hours(1);

class Stamp : public Processor {
 public:
  Outcome process(const Message&, FieldSink& fields, std::string&) override {
    fields.add("processed", "1");
    return Outcome::append;
  }
  bool may_block() const override { return false; }
};

class Delay final : public Stamp {
 public:
  explicit Delay(nanoseconds duration) : duration_(duration) {}
  Outcome process(const Message& message, FieldSink& fields, std::string& reason) override {
    std::this_thread::sleep_for(duration_);
    return Stamp::process(message, fields, reason);
  }
  bool may_block() const override { return true; }

 private:
  nanoseconds duration_;
};

class Spin final : public Stamp {
 public:
  explicit Spin(nanoseconds duration) : duration_(duration) {}
  Outcome process(const Message& message, FieldSink& fields, std::string& reason) override {
    const auto end = std::chrono::steady_clock::now() + duration_;
    while (std::chrono::steady_clock::now() < end) {
    }
    return Stamp::process(message, fields, reason);
  }
  bool may_block() const override { return true; }

 private:
  nanoseconds duration_;
};

class Flaky final : public Stamp {
 public:
  explicit Flaky(unsigned percent) : percent_(percent) {}
  Outcome process(const Message& message, FieldSink& fields, std::string& reason) override {
    attempt_ = message.position == position_ ? attempt_ + 1 : 1;
    position_ = message.position;
    if (!flaky_fails(message.id, attempt_, percent_)) return Stamp::process(message, fields, reason);
    reason = "flaky: attempt " + std::to_string(attempt_) + " was chosen to fail";
    return Outcome::fail;
  }

 private:
  unsigned percent_;
  std::string position_;  ///< of the last message
  unsigned attempt_ = 0;  ///< at that message
};

std::optional<nanoseconds> parse_duration(std::string_view text) {
  const auto ns = to_quantity(text, {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}});
  if (!ns || *ns > static_cast<double>(kLongestDuration.count())) return std::nullopt;
  return nanoseconds(static_cast<nanoseconds::rep>(*ns));
}

template <class T, class Argument>
ProcessorFactory factory_of(Argument argument) {
  return [argument] { return std::make_unique<T>(argument); };
}

Error wrong(std::string_view spec, std::string_view what) {
  return {ErrorKind::usage, "processor \"" + std::string(spec) + "\": " + std::string(what)};
}

}  // namespace

Result<ProcessorFactory> make_processors(std::string_view spec, const ProcessorContext& context) {
  const auto colon = spec.find(':');
  const auto name = spec.substr(0, colon);
  const auto argument = colon == std::string_view::npos ? std::string_view() : spec.substr(colon + 1);
  if (name == "stamp") {
    if (colon != std::string_view::npos) return wrong(spec, "stamp takes no argument");
    return ProcessorFactory([] { return std::make_unique<Stamp>(); });
  }
  if (name == "delay" || name == "spin") {
    const auto duration = parse_duration(argument);
    if (!duration) {
      return wrong(spec,
                   "needs a duration of at most an hour in us, ms or s, e.g. " + std::string(name) + ":5ms");
    }
    return name == "delay" ? factory_of<Delay>(*duration) : factory_of<Spin>(*duration);
  }
  if (name == "flaky") {
    const auto percent = to_number(argument);
    if (!percent || *percent > 100) return wrong(spec, "needs a percentage from 0 to 100, e.g. flaky:10");
    return factory_of<Flaky>(static_cast<unsigned>(*percent));
  }
  if (name == "exec") return make_exec_processors(argument, context);
  if ((name == "http" || name == "https") && !argument.starts_with("//"))
    return wrong(spec, "needs a URL, e.g. http://127.0.0.1:8080/");
  if (name == "http" || name == "https") return make_http(std::string(spec), context);
  if (name == "plugin") return make_plugin(std::string(argument));
  if (name == "lua") return make_lua(std::string(argument), context);
  return wrong(
      spec,
      "there is no such processor; choose stamp, exec:<command>, http://..., lua:<file>, plugin:<file>, "
      "delay:<duration>, spin:<duration> or flaky:<percent>");
}

std::string shown_processor(std::string_view spec) {
  if (!spec.starts_with("http://") && !spec.starts_with("https://")) return std::string(spec);
  const auto host = spec.find("://") + 3;
  spec = spec.substr(0, spec.find_first_of("?#"));
  const auto user_end = spec.substr(0, spec.find('/', host)).rfind('@');
  if (user_end == std::string_view::npos) return std::string(spec);
  return std::string(spec.substr(0, host)).append(spec.substr(user_end + 1));
}

bool flaky_fails(std::string_view message_id, unsigned attempt, unsigned percent) {
  return XXH3_64bits_withSeed(message_id.data(), message_id.size(), attempt) % 100 < percent;
}

}  // namespace tributary::process
