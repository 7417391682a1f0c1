#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/base/text.hpp"
#include "http/families.hpp"

namespace tributary::http {
namespace {

// Of /proc/self/stat, behind the name in brackets, which may hold anything; numbered as in proc(5).
double stat_field(const std::string& line, std::size_t number) {
  const auto end = line.rfind(')');
  if (end == std::string::npos || end + 2 > line.size()) return 0;
  const auto fields = split(std::string_view(line).substr(end + 2), ' ');
  const auto index = number - 3;
  return index < fields.size() ? static_cast<double>(to_number(fields[index]).value_or(0)) : 0;
}

double booted_at() {
  std::ifstream stream("/proc/stat");
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("btime ")) return static_cast<double>(to_number(line.substr(6)).value_or(0));
  }
  return 0;
}

}  // namespace

void add_process(Families& families) {
  std::ifstream stream("/proc/self/stat");
  std::string line;
  if (!std::getline(stream, line)) return;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  families.counter("process_cpu_seconds_total", "Time on a processor, in the program and in the system.", {},
                   (stat_field(line, 14) + stat_field(line, 15)) / ticks);
  families.gauge("process_resident_memory_bytes", "Memory that it holds.", {},
                 stat_field(line, 24) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  families.gauge("process_virtual_memory_bytes", "Memory that it may touch.", {}, stat_field(line, 23));
  families.gauge("process_start_time_seconds", "When it was started, in seconds since 1970.", {},
                 booted_at() + stat_field(line, 22) / ticks);
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (!error) {
    families.gauge("process_open_fds", "Files and sockets that are open.", {},
                   static_cast<double>(std::distance(begin(files), end(files))));
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    families.gauge("process_max_fds", "How many may be.", {}, static_cast<double>(limit.rlim_cur));
}

}  // namespace tributary::http
