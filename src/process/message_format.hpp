#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/base/check.hpp"

namespace tributary::process {

/// How the messages of a group are read, and what their entries look like. All but `payload_entry` must be the
/// same at every node, since it decides what a message is.
struct MessageFormat {
  bool raw = false;                      ///< payloads are any bytes; nothing is parsed or refused
  std::string id_member = "message_id";  ///< a name, or a JSON pointer such as "/meta/id"; empty: no ids
  bool payload_entry = false;            ///< the entry has the payload in one field, not its members
  /// The only channel there is; empty if there may be several. Then the journal keeps the channel of each
  /// message behind its payload (Record), and entries have a field `channel`.
  std::string channel = "messages:published";

  bool keeps_channel() const { return channel.empty(); }
  bool has_payload_field() const { return raw || payload_entry; }
};

/// A message as the journal keeps it where there may be several channels: the payload, the channel, and its
/// length in 4 bytes. Views into the journal.
struct Record {
  std::string_view payload, channel;
};

/// What follows the payload in the record.
inline void make_trailer(std::string_view channel, std::string& trailer) {
  const auto size = static_cast<std::uint32_t>(channel.size());  // Redis' names are far shorter than 4 GiB
  trailer.assign(channel);
  trailer.append(reinterpret_cast<const char*>(&size), sizeof size);
}

inline Record split_record(const MessageFormat& format, std::string_view bytes) {
  if (!format.keeps_channel()) return {bytes, format.channel};
  std::uint32_t size = 0;
  TRIBUTARY_CHECK(bytes.size() >= sizeof size);
  std::memcpy(&size, bytes.data() + bytes.size() - sizeof size, sizeof size);
  TRIBUTARY_CHECK(bytes.size() - sizeof size >= size);
  const auto payload = bytes.size() - sizeof size - size;
  return {bytes.substr(0, payload), bytes.substr(payload, size)};
}

}  // namespace tributary::process
