#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace tributary::bench {

/// Reads /metrics from a Unix socket each second, as Prometheus would, until it is gone. Nothing happens if the path is empty.
class Scraper {
 public:
  explicit Scraper(std::string path);
  /// Throws nothing; what went wrong, if anything, is in failed().
  ~Scraper();
  Scraper(const Scraper&) = delete;
  Scraper& operator=(const Scraper&) = delete;

  /// A scrape that did not bring metrics.
  bool failed() const { return failed_; }
  int scrapes() const { return scrapes_; }

 private:
  void scrape();

  std::string path_;
  std::atomic<bool> stop_{false}, failed_{false};
  std::atomic<int> scrapes_{0};
  std::thread thread_;
};

}  // namespace tributary::bench
