#include "sim/world/environment.hpp"

#include <cstdio>

namespace tributary::sim {
namespace {

constexpr std::size_t kTraceLength = 60;

}  // namespace

void Environment::note(const std::string& text) {
  char time[32];
  std::snprintf(time, sizeof time, "%8.3f s  ", static_cast<double>(now()) / 1000);
  trace_.push_back(time + text);
  if (loud_) std::puts(trace_.back().c_str());
  if (trace_.size() > kTraceLength) trace_.pop_front();
}

}  // namespace tributary::sim
