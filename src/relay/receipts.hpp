#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/group/view.hpp"
#include "process/payload.hpp"

namespace tributary::relay {

/// A record of every message this node received, one line each, "<position> <message id>" ("-" if it has
/// none), for audits: what the promise speaks of is what surviving nodes received, and only they can tell.
/// Written in batches; a line is complete or not there.
class Receipts {
 public:
  /// An existing file is continued.
  static Result<Receipts> open(const std::string& path, const process::MessageFormat& format = {});
  Receipts(Receipts&& other) noexcept;
  Receipts& operator=(Receipts&&) = delete;
  ~Receipts();

  void received(const group::ViewId& view, std::uint64_t position, std::string_view payload);
  /// Hands what was recorded to the operating system. False if that failed (disk full): said
  /// once by the caller.
  bool flush();

 private:
  Receipts(int file, std::string path, const process::MessageFormat& format)
      : file_(file), path_(std::move(path)), parser_(format) {}

  int file_;
  std::string path_;
  std::string lines_;
  std::string padded_;
  process::PayloadParser parser_;
};

}  // namespace tributary::relay
