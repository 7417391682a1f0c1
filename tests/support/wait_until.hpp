#pragma once

#include <chrono>
#include <functional>

namespace tributary::test {

/// How much longer everything may take in this build: bounds given to wait_until() and ChildProcess::wait()
/// are multiplied by it (sanitizers make the code several times slower).
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr int kSlowness = 4;
#else
inline constexpr int kSlowness = 1;
#endif

/// How long a test waits for what should happen within a second or two: machines may be slow.
inline constexpr std::chrono::seconds kPatience{30};

/// Asks again every few milliseconds until the condition holds (true) or the bound has passed (false).
[[nodiscard]] bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds bound);

}  // namespace tributary::test
