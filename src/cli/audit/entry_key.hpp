#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process/member_path.hpp"
#include "process/order_key.hpp"
#include "redis/reply.hpp"

namespace tributary::cli {

/// Reads from an entry what its message was in order by (--order-key).
class EntryKey {
 public:
  explicit EntryKey(const std::string& name);

  /// Nothing if the entry does not tell, as that of a message without the key. Valid until the next call, as long as the fields
  /// are.
  std::optional<std::string_view> of(const std::vector<redis::Reply>& fields);

 private:
  std::optional<std::string_view> in_object(std::string_view object);

  bool by_channel_;
  process::MemberPath path_;
  process::OrderKey key_;
  std::string padded_;
};

}  // namespace tributary::cli
