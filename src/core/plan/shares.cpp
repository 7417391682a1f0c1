#include "core/plan/shares.hpp"

#include <algorithm>
#include <numeric>

namespace tributary::plan {

std::vector<std::uint32_t> split(std::uint64_t consumers, const std::vector<Host>& hosts) {
  std::vector<std::uint32_t> shares(hosts.size(), 0);
  std::uint64_t capacity = 0;
  for (const auto& host : hosts) capacity += std::max(host.capacity, 1u);
  if (capacity == 0) return shares;

  std::vector<std::uint64_t> remainder(hosts.size(), 0);
  auto left = consumers;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const auto exact = consumers * std::max(hosts[i].capacity, 1u);
    shares[i] = static_cast<std::uint32_t>(exact / capacity);
    remainder[i] = exact % capacity;
    left -= shares[i];
  }
  // `left` hosts are rounded up; only those with a remainder may be.
  std::vector<std::size_t> order(hosts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if ((remainder[a] > 0) != (remainder[b] > 0)) return remainder[a] > 0;
    const bool keeps_a = hosts[a].current > shares[a];
    const bool keeps_b = hosts[b].current > shares[b];
    if (keeps_a != keeps_b) return keeps_a;
    return remainder[a] > remainder[b];
  });
  for (std::size_t i = 0; i < left; ++i) ++shares[order[i]];
  return shares;
}

}  // namespace tributary::plan
