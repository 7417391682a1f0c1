#include "cli/system/cores.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tributary::cli {
namespace {

std::optional<double> cores(const std::map<std::string, std::string>& files) {
  return cgroup_cores([&](const std::string& path) {
    const auto file = files.find(path);
    return file == files.end() ? std::nullopt : std::optional(file->second);
  });
}

TEST(Cores, OfVersion2AreTheLeastOfTheGroupAndThoseAboveIt) {
  EXPECT_EQ(cores({{"/proc/self/cgroup", "0::/a/b\n"},
                   {"/sys/fs/cgroup/a/b/cpu.max", "400000 100000\n"},
                   {"/sys/fs/cgroup/a/cpu.max", "150000 100000\n"}}),
            1.5);
  EXPECT_EQ(cores({{"/proc/self/cgroup", "0::/a/b\n"},
                   {"/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n"},
                   {"/sys/fs/cgroup/a/cpu.max", "max 100000\n"}}),
            0.5);
  EXPECT_EQ(cores({{"/proc/self/cgroup", "0::/a\n"}, {"/sys/fs/cgroup/a/cpu.max", "max 100000\n"}}),
            std::nullopt);
}

TEST(Cores, OfAContainerAreFoundAtTheTop) {
  EXPECT_EQ(cores({{"/proc/self/cgroup", "0::/\n"}, {"/sys/fs/cgroup/cpu.max", "250000 100000\n"}}), 2.5);
  // Without a namespace of its own the path is the host's.
  EXPECT_EQ(cores({{"/proc/self/cgroup", "3:cpu,cpuacct:/docker/1234\n"},
                   {"/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n"},
                   {"/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"}}),
            0.5);
}

TEST(Cores, OfVersion1) {
  std::map<std::string, std::string> files{
      {"/proc/self/cgroup", "5:memory:/m\n4:cpu,cpuacct:/x\n1:name=systemd:/s\n0::/u\n"},
      {"/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "300000\n"},
      {"/sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n"}};
  EXPECT_EQ(cores(files), 3);
  files["/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us"] = "-1\n";
  EXPECT_EQ(cores(files), std::nullopt);
}

TEST(Cores, AreNotLimitedByWhatCannotBeRead) {
  EXPECT_EQ(cores({}), std::nullopt);
  for (const auto* const text : {"", "nonsense", "100000", "100000 0", "100000 x"}) {
    EXPECT_EQ(cores({{"/proc/self/cgroup", "0::/a"}, {"/sys/fs/cgroup/a/cpu.max", text}}), std::nullopt)
        << text;
  }
  for (const auto* const text : {"\n", "0:", "::", "4:cpu:", "0::"}) {
    EXPECT_EQ(cores({{"/proc/self/cgroup", text}}), std::nullopt) << text;
  }
}

TEST(Cores, ThatMayBeUsedAreRoundedUpAndAtLeastOne) {
  EXPECT_EQ(usable_cores(8, std::nullopt), 8U);
  EXPECT_EQ(usable_cores(8, 0.5), 1U);
  EXPECT_EQ(usable_cores(8, 2.1), 3U);
  EXPECT_EQ(usable_cores(2, 3.5), 2U);
  EXPECT_EQ(usable_cores(0, std::nullopt), 1U);
  EXPECT_EQ(usable_cores(8, 0.0), 1U);
  EXPECT_GE(usable_cores(), 1U);
}

}  // namespace
}  // namespace tributary::cli
