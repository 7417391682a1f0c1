// Larger payloads, in bytes per second.
#include <fmt/format.h>

#include "bench/measures.hpp"

namespace tributary::bench {

void measure_payloads(const Plan& plan, Report& report) {
  struct Size {
    std::size_t bytes;
    std::string name;
    std::uint64_t messages;
    double target;
    Takes ours, floor;
  };
  std::vector<Size> sizes{{100, "100 B", 300'000, 0.95, {}, {}},
                          {1'000, "1 KB", 200'000, 0.95, {}, {}},
                          {10'000, "10 KB", 40'000, 0.9, {}, {}},
                          {100'000, "100 KB", 5'000, 0.85, {}, {}}};
  in_turn(plan, "payloads", sizes.size() * 2, [&](std::size_t i) {
    auto& size = sizes[i / 2];
    auto& takes = i % 2 == 0 ? size.ours : size.floor;
    takes.add(
        carry(plan, i % 2 == 0 ? nodes_with(1, 1) : floor_with(0), plan.messages(size.messages), size.bytes));
  });
  for (const auto& size : sizes) {
    const auto megabytes = [&](const Takes& takes) {
      return figure_of(takes.per_second).median * static_cast<double>(size.bytes) / 1e6;
    };
    report.add({"payloads of " + size.name, "floor, MB/s", at_least(size.target),
                ratio_of(size.ours.per_second, size.floor.per_second), "",
                fmt::format("{:.0f} / {:.0f} MB/s", megabytes(size.ours), megabytes(size.floor))});
    report.samples("payloads, messages/s, 1 x 1, " + size.name, size.ours.per_second);
    report.samples("payloads, messages/s, floor, " + size.name, size.floor.per_second);
  }
}

}  // namespace tributary::bench
