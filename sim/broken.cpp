#include "sim/broken.hpp"

namespace tributary::sim {

const std::vector<BrokenVariant>& broken_variants() {
  static const std::vector<BrokenVariant> variants = {
      {"commit-ignores-position",
       {{"commit", "return all_new or tonumber(string.match(text, '%d+$')) > position", "return true"}}},
      {"commit-ignores-owner", {{"commit", "if owner ~= ARGV[1] then", "if false then"}}},
      {"commit-position-not-written", {{"commit", "call('HSET', KEYS[1], field, (released", "local _ = ((released"}}},
  };
  return variants;
}

}  // namespace tributary::sim
