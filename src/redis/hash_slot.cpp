#include "redis/hash_slot.hpp"

#include <array>

namespace tributary::redis {
namespace {

constexpr unsigned kSlots = 16384;

// CRC-16/XMODEM, as the specification of Redis Cluster wants it.
constexpr std::array<std::uint16_t, 256> make_table() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}

constexpr auto kTable = make_table();

}  // namespace

std::string_view hash_tag(std::string_view key) {
  const auto open = key.find('{');
  if (open == std::string_view::npos) return {};
  const auto close = key.find('}', open + 1);
  return close == std::string_view::npos ? std::string_view() : key.substr(open + 1, close - open - 1);
}

std::uint16_t hash_slot(std::string_view key) {
  const auto tag = hash_tag(key);
  unsigned crc = 0;
  for (const unsigned char byte : tag.empty() ? key : tag) {
    crc = ((crc << 8) & 0xffff) ^ kTable[(crc >> 8) ^ byte];
  }
  return static_cast<std::uint16_t>(crc % kSlots);
}

}  // namespace tributary::redis
