#pragma once

#include <algorithm>
#include <vector>

namespace tributary::bench {

/// The value below which so many per cent of these are. Changes their order.
inline double percentile(std::vector<double>& values, double percent) {
  const auto at = static_cast<std::ptrdiff_t>(static_cast<double>(values.size() - 1) * percent / 100);
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

/// What several takes of the same measure come to.
struct Figure {
  double median = 0;
  double lowest = 0;
  double highest = 0;
};

inline Figure figure_of(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::ranges::sort(samples);
  const auto middle = samples.size() / 2;
  const auto median = samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
  return {median, samples.front(), samples.back()};
}

/// The figure of `ours` divided by what was measured beside each of them; both have one sample for each pair.
inline Figure ratio_of(const std::vector<double>& ours, const std::vector<double>& theirs) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i)
    ratios.push_back(ours[i] / theirs[i]);
  return figure_of(std::move(ratios));
}

}  // namespace tributary::bench
