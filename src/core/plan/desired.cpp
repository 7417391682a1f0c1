#include "core/plan/desired.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace tributary::plan {
namespace {

std::string shortened(const std::string& value) {
  std::string text;
  for (const char c : value.substr(0, 40)) text += c >= ' ' && c <= '~' ? c : '?';
  return value.size() > 40 ? text + "..." : text;
}

class Reader {
 public:
  explicit Reader(const Desired& last) : last_(last) {}

  void field(const std::string& name, const std::string& value) {
    if (name == "state") {
      one_of(
          name, value, {"running", "paused", "stopped"},
          [&](std::size_t choice) { read_.desired.state = static_cast<Desired::State>(choice); },
          [&] { read_.desired.state = last_.state; });
    } else if (name == "how") {
      one_of(
          name, value, {"drain", "now"}, [&](std::size_t choice) { read_.desired.stop_now = choice == 1; },
          [&] { read_.desired.stop_now = last_.stop_now; });
    } else if (name == "consumers") {
      if (value == "auto") {
        read_.desired.automatic = true;
      } else if (const auto count = number(name, value, 0, kMostConsumers, "a number or auto")) {
        read_.desired.consumers = static_cast<std::uint32_t>(*count);
      } else {
        read_.desired.consumers = last_.consumers;
        read_.desired.automatic = last_.automatic;
      }
    } else if (name == "minimum") {
      read_.desired.minimum = static_cast<std::uint32_t>(
          number(name, value, 1, kMostConsumers, "a number from 1 to 100000").value_or(last_.minimum));
    } else if (name == "maximum") {
      read_.desired.maximum = static_cast<std::uint32_t>(
          number(name, value, 1, kMostConsumers, "a number from 1 to 100000").value_or(last_.maximum));
    } else if (name == "batch_size") {
      const auto size = number(name, value, 1, 10'000, "a number from 1 to 10000");
      read_.desired.batch_size = size ? std::optional(static_cast<std::uint32_t>(*size)) : last_.batch_size;
    } else if (name == "idle_timeout_ms") {
      const auto time = number(name, value, 0, 1ull << 40, "a number of milliseconds");
      read_.desired.idle_timeout_ms =
          time ? std::optional(static_cast<TimeMs>(*time)) : last_.idle_timeout_ms;
    } else if (name == "changed_by") {
      read_.desired.changed_by = shortened(value);
    } else if (name != "revision") {
      complain(name, "is not a field of the desired state");
    }
  }

  ReadDesired result() {
    if (read_.desired.minimum > read_.desired.maximum) {
      complain("minimum", "is above maximum");
      read_.desired.minimum = last_.minimum;
      read_.desired.maximum = std::max(last_.minimum, last_.maximum);
    }
    return std::move(read_);
  }

 private:
  void complain(const std::string& name, const std::string& what) {
    if (read_.complaints.size() < 8) read_.complaints.push_back(shortened(name) + " " + what);
  }
  std::optional<std::uint64_t> number(const std::string& name, const std::string& value, std::uint64_t least,
                                      std::uint64_t most, const std::string& wanted) {
    const auto found = to_number(value);
    if (found && *found >= least && *found <= most) return found;
    complain(name, "must be " + wanted + ", not \"" + shortened(value) + "\"");
    return std::nullopt;
  }
  template <class Take, class Keep>
  void one_of(const std::string& name, const std::string& value, const std::vector<std::string>& choices,
              Take take, Keep keep) {
    const auto found = std::find(choices.begin(), choices.end(), value);
    if (found != choices.end()) return take(static_cast<std::size_t>(found - choices.begin()));
    std::string wanted;
    for (const auto& choice : choices) wanted += (wanted.empty() ? "" : " or ") + choice;
    complain(name, "must be " + wanted + ", not \"" + shortened(value) + "\"");
    keep();
  }

  const Desired& last_;
  ReadDesired read_;
};

}  // namespace

ReadDesired read_desired(const std::vector<std::pair<std::string, std::string>>& fields,
                         const Desired& last) {
  Reader reader(last);
  for (const auto& [name, value] : fields) reader.field(name, value);
  return reader.result();
}

}  // namespace tributary::plan
