#pragma once

#include <functional>
#include <string>
#include <vector>

#include "torture/world.hpp"

namespace tributary::test {

/// One kind of fault: injects it, and undoes it where it lasts, before returning. False: not
/// possible just now.
struct Fault {
  std::string name;
  bool of_redis;  ///< hurts the server or everybody: the publishers' ledger says nothing about such times
  std::function<bool(World&)> inject;
};

std::vector<Fault> all_faults();

}  // namespace tributary::test
