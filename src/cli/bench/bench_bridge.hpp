#pragma once

#include <memory>
#include <string>

#include "redis/endpoint.hpp"

namespace tributary::cli {

/// The floor that `bench` compares with: carries messages from a channel to a stream in a thread of
/// its own, with pipelined XADDs and no guarantee whatever. Payloads are those of PayloadMaker; other
/// ones are ignored.
class BareBridge {
 public:
  /// Starts at once; when it subscribed is seen at the server. Trouble with a connection ends its work,
  /// silently: its entries stay away.
  BareBridge(const redis::Endpoint& endpoint, const std::string& channel, const std::string& stream);
  ~BareBridge();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tributary::cli
