#include "cli/publish/publish_payload.hpp"

#include <algorithm>
#include <functional>

namespace tributary::cli {
namespace {

constexpr std::string_view kStart = R"({"message_id":")";
constexpr std::string_view kKeyStart = R"(,"key":")";
constexpr std::size_t kKeyDigits = 6;

static_assert(kKeyStart.size() + kKeyDigits + 1 == kKeyBytes);

static_assert(std::string_view(R"({"message_id":"","data":""})").size() + kIdLength == kLeastPaddedPayload);

}  // namespace

MessageId random_uuid(Random& random) {
  static constexpr char kDigits[] = "0123456789abcdef";
  MessageId id;
  std::uint64_t bits[2] = {random.next(), random.next()};
  bits[0] = (bits[0] & ~0xf000ULL) | 0x4000ULL;              // version 4
  bits[1] = (bits[1] & ~(0xc0ULL << 56)) | (0x80ULL << 56);  // variant 10
  std::size_t at = 0;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) id[at++] = '-';
    const int shift = 60 - 4 * (digit % 16);
    id[at++] = kDigits[(bits[digit / 16] >> shift) & 15];
  }
  return id;
}

PayloadMaker::PayloadMaker(std::uint64_t size, std::uint64_t keys) : keys_(keys) {
  payload_.append(kStart).append(kIdLength, '0').append("\"");
  if (keys > 0) payload_.append(kKeyStart).append(kKeyDigits, '0').append("\"");
  const auto least = kLeastPaddedPayload + (keys > 0 ? kKeyBytes : 0);
  if (size >= least) payload_.append(R"(,"data":")").append(size - least, 'x').append("\"");
  payload_.append("}");
}

std::string_view PayloadMaker::make(const MessageId& id) {
  std::copy(id.begin(), id.end(), payload_.begin() + static_cast<std::ptrdiff_t>(kStart.size()));
  if (keys_ == 0) return payload_;
  auto key = std::hash<std::string_view>{}(view(id)) % keys_;
  auto digit = payload_.begin() +
               static_cast<std::ptrdiff_t>(kStart.size() + kIdLength + 1 + kKeyStart.size() + kKeyDigits);
  for (std::size_t i = 0; i < kKeyDigits; ++i, key /= 10) *--digit = static_cast<char>('0' + key % 10);
  return payload_;
}

}  // namespace tributary::cli
