#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process/order_key.hpp"
#include "redis/reply.hpp"

namespace tributary::cli {

/// Reads from an entry what its message was in order by (--order-key).
class EntryKey {
 public:
  explicit EntryKey(std::string name);

  /// Nothing if the entry does not tell, as that of a message without the key. Valid until the next call, as long as the fields
  /// are.
  std::optional<std::string_view> of(const std::vector<redis::Reply>& fields);

 private:
  std::optional<std::string_view> in_object(std::string_view payload);

  std::string name_;
  bool is_pointer_into_member_;
  std::string member_;  ///< the top-level member that the key is, or is in
  process::OrderKey key_;
  std::string padded_;
};

}  // namespace tributary::cli
