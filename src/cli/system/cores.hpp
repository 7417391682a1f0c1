#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tributary::cli {

/// The text of a file, if it can be read.
using FileReader = std::function<std::optional<std::string>(const std::string& path)>;

/// Cores that control groups let a process have, by its /proc/self/cgroup and the files of both versions below
/// /sys/fs/cgroup: the least of all groups that it is in, and those above them. Nothing: no limit. Pure but for `read`.
std::optional<double> cgroup_cores(const FileReader& read);

/// Of `affine` cores that a process may run on, and what control groups let it have: rounded up, at least 1.
std::uint32_t usable_cores(std::uint32_t affine, std::optional<double> cgroup);

/// Cores that this process may use.
std::uint32_t usable_cores();

}  // namespace tributary::cli
