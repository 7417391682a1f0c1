#include "cli/system/cores.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <thread>

#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

constexpr std::string_view kRoot = "/sys/fs/cgroup";
constexpr std::size_t kMostBytes = 1 << 16;

std::optional<std::uint64_t> first_number(std::string_view text) {
  return to_number(text.substr(0, text.find_first_of(" \n")));
}

/// "50000 100000", or "max 100000" without a limit: microseconds in each period.
std::optional<double> cores_of_version_2(const FileReader& read, const std::string& group) {
  const auto text = read(group + "/cpu.max");
  if (!text) return std::nullopt;
  const auto quota = first_number(*text);
  const auto blank = text->find(' ');
  const auto period =
      blank == std::string::npos ? std::nullopt : first_number(std::string_view(*text).substr(blank + 1));
  if (!quota || !period || *period == 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

/// The same in two files; the quota is -1 without a limit.
std::optional<double> cores_of_version_1(const FileReader& read, const std::string& group) {
  const auto quota = read(group + "/cpu.cfs_quota_us");
  const auto period = read(group + "/cpu.cfs_period_us");
  if (!quota || !period) return std::nullopt;
  const auto used = first_number(*quota);
  const auto of = first_number(*period);
  if (!used || !of || *of == 0) return std::nullopt;
  return static_cast<double>(*used) / static_cast<double>(*of);
}

/// The least of a group and of all above it. In a container the path may be the host's, which is not there; the top is.
template <class CoresOf>
std::optional<double> least_from(const FileReader& read, const std::string& top, std::string_view path,
                                 CoresOf cores_of) {
  std::optional<double> least;
  while (true) {
    if (path.ends_with('/')) path.remove_suffix(1);
    if (const auto cores = cores_of(read, top + std::string(path)))
      least = std::min(least.value_or(*cores), *cores);
    if (path.empty()) return least;
    path = path.substr(0, path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/'));
  }
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::uint32_t affine_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<std::uint32_t>(CPU_COUNT(&set));
  return std::thread::hardware_concurrency();  // more than 1024 cores
}

}  // namespace

std::optional<double> cgroup_cores(const FileReader& read) {
  const auto groups = read("/proc/self/cgroup");
  if (!groups) return std::nullopt;
  std::optional<double> least;
  const auto take = [&least](std::optional<double> cores) {
    if (cores) least = std::min(least.value_or(*cores), *cores);
  };
  // Lines such as "4:cpu,cpuacct:/path" of version 1, "0::/path" of version 2.
  for (const auto line : split(*groups, '\n')) {
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const auto path = line.substr(second + 1);
    if (controllers.empty()) {
      take(least_from(read, std::string(kRoot), path, cores_of_version_2));
      take(least_from(read, std::string(kRoot) + "/unified", path, cores_of_version_2));
      continue;
    }
    const auto names = split(controllers, ',');
    if (std::ranges::find(names, "cpu") == names.end()) continue;
    for (const auto& name : {std::string(controllers), std::string("cpu")}) {
      take(least_from(read, std::string(kRoot) + "/" + name, path, cores_of_version_1));
    }
  }
  return least;
}

std::uint32_t usable_cores(std::uint32_t affine, std::optional<double> cgroup) {
  const auto cores = std::max(affine, 1U);
  if (!cgroup || *cgroup >= cores) return cores;
  return std::max(static_cast<std::uint32_t>(std::ceil(*cgroup)), 1U);
}

std::uint32_t usable_cores() { return usable_cores(affine_cores(), cgroup_cores(read_file)); }

}  // namespace tributary::cli
