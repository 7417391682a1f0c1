#include "cli/publish/publish_payload.hpp"

#include <algorithm>

namespace tributary::cli {
namespace {

constexpr std::string_view kStart = R"({"message_id":")";

constexpr std::string_view kUser = R"(,"user":")";
constexpr char kDigits[] = "0123456789abcdef";

std::uint32_t digit_of(char c) { return static_cast<std::uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10); }

static_assert(std::string_view(R"({"message_id":"","data":""})").size() + kIdLength == kLeastPaddedPayload);

}  // namespace

MessageId random_uuid(Random& random) {
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

PayloadMaker::PayloadMaker(std::uint64_t size, std::uint32_t users) : users_(users) {
  payload_.append(kStart).append(kIdLength, '0').append("\"");
  if (users > 0) payload_.append(kUser).append("00\"");
  if (size >= kLeastPaddedPayload) {
    payload_.append(R"(,"data":")").append(size - kLeastPaddedPayload, 'x').append("\"");
  }
  payload_.append("}");
}

std::string_view PayloadMaker::make(const MessageId& id) {
  std::copy(id.begin(), id.end(), payload_.begin() + static_cast<std::ptrdiff_t>(kStart.size()));
  if (users_ == 0) return payload_;
  const auto user = (16 * digit_of(id[0]) + digit_of(id[1])) % users_;
  char* digits = payload_.data() + kStart.size() + kIdLength + 1 + kUser.size();
  digits[0] = kDigits[user / 16];
  digits[1] = kDigits[user % 16];
  return payload_;
}

}  // namespace tributary::cli
