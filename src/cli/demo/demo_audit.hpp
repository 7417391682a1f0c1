#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/system/private_server.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

/// The demo's audit: counts of messages.
struct DemoCounts {
  std::uint64_t published = 0;
  std::uint64_t received = 0;  ///< by at least one node
  std::uint64_t appended = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t lost = 0;  ///< published and in neither stream, for whatever reason
  std::uint64_t duplicated = 0;
  bool passed = false;  ///< by the rules of `verify`

  bool clean() const { return passed && published > 0 && lost == 0 && duplicated == 0; }
};

/// From what `verify --json` printed; nothing if it is not that.
Result<DemoCounts> parse_audit(std::string_view json);

/// Runs `tributary verify` with these ledgers and receipts; files.
Result<DemoCounts> audit_demo(const PrivateServer& server, const std::vector<std::string>& ledgers,
                              const std::vector<std::string>& receipts);

}  // namespace tributary::cli
