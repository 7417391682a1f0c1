#pragma once

#include <cstdio>
#include <cstdlib>

/// For programmer errors only: says what was broken and stops the process. Stays on in production, because a
/// node that has lost its mind must stop appending. Operating errors are values (see result.hpp).
#define TRIBUTARY_CHECK(condition)                                                                       \
  do {                                                                                                   \
    if (!(condition)) [[unlikely]] {                                                                     \
      std::fprintf(stderr, "tributary: broken invariant: %s (%s:%d)\n", #condition, __FILE__, __LINE__); \
      std::abort();                                                                                      \
    }                                                                                                    \
  } while (false)
