#pragma once

#include <chrono>
#include <functional>
#include <iomanip>
#include <iostream>

#include "support/scenario.hpp"

namespace tributary::test {

/// A site with three nodes and a publisher at work, to which something happens.
template <class Site>
class UnderLoad : public Site {
 protected:
  using Site::Site;

  /// `fault` returns when another server has the group. Then messages get through again, and what surviving nodes received is
  /// there, once. Prints what the table in docs/reliability.md has.
  void survive(const std::function<void()>& fault) {
    this->start_nodes(3, {"--replay-window", "10s"});
    this->start_publishing(40000, 4000, {"--keep-going"});
    this->wait_for_entries(8000);
    const auto begin = std::chrono::steady_clock::now();
    fault();
    this->expect_messages_get_through();
    const std::chrono::duration<double> pause = std::chrono::steady_clock::now() - begin;
    std::cout << "through again after " << std::fixed << std::setprecision(1) << pause.count() << " s\n";
    print(this->audit_survivors());
  }

  void print(const AuditResult& end) {
    EXPECT_GT(end.count("received"), 8000) << end.text;
    EXPECT_EQ(end.count("appended"), end.count("received")) << end.text;
    std::cout << "received " << end.count("received") << ", appended " << end.count("appended")
              << ", missing " << end.count("missing") << ", duplicated " << end.count("duplicated")
              << ", lines of the ledger " << end.count("losses_declared") << "\n";
  }
};

}  // namespace tributary::test
