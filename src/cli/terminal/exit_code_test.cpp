#include "cli/terminal/exit_code.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace tributary::cli {
namespace {

// Scripts and service managers decide by these numbers: docs/operating.md and the manual page promise them.
TEST(ExitCode, OfEachKindOfErrorIsThePromisedOne) {
  for (const auto& [kind, code] : {std::pair{ErrorKind::not_found, 1},
                                   {ErrorKind::conflict, 1},
                                   {ErrorKind::declined, 1},
                                   {ErrorKind::usage, 64},
                                   {ErrorKind::data, 65},
                                   {ErrorKind::no_input, 66},
                                   {ErrorKind::unavailable, 69},
                                   {ErrorKind::software, 70},
                                   {ErrorKind::cannot_create, 73},
                                   {ErrorKind::io, 74},
                                   {ErrorKind::temporary, 75},
                                   {ErrorKind::no_permission, 77},
                                   {ErrorKind::configuration, 78}}) {
    EXPECT_EQ(static_cast<int>(exit_code(kind)), code);
  }
}

}  // namespace
}  // namespace tributary::cli
