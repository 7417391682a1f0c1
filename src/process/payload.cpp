#include "process/payload.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "process/json_string.hpp"
#include "process/member_path.hpp"
#include "tributary/message.hpp"

namespace tributary::process {
namespace {

namespace ondemand = simdjson::ondemand;

static_assert(kPayloadPadding >= simdjson::SIMDJSON_PADDING);

constexpr std::string_view kNotValid = "not valid JSON";
constexpr std::string_view kInvalidUtf8 = "invalid UTF-8";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// Memory for payloads up to this size is kept for good, for larger ones until the next smaller one.
constexpr std::size_t kKeptCapacity = 1 << 20;
constexpr std::size_t kSmallestCapacity = 1 << 10;

/// Up to this many members are compared one by one, more are looked up.
constexpr std::size_t kComparedMembers = 16;
constexpr std::size_t kSlots = 2048;
static_assert(kSlots >= 2 * kMaxMembers);

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_trailing_space(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes the digits at the front of `text` away; false if there are none.
bool take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count > 0;
}

/// A number of any size and precision by the grammar of RFC 8259. simdjson's own conversions would refuse
/// numbers that do not fit into a machine word, which is no concern of ours.
bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!take_digits(text)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

/// `token` without surrounding space: everything that is neither string, object nor array.
bool is_scalar(std::string_view token) {
  return is_number(token) || token == "true" || token == "false" || token == "null";
}

/// True if every byte is printable ASCII or DEL and none is a backslash: inside quotes, such bytes stand for
/// themselves. Eight at a time: a word has such a byte exactly if the usual test for a byte below n, or for a
/// zero, says so of any.
bool is_plain(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x80 * kOnes;
  const auto bad_in = [](std::uint64_t word) {
    const auto backslash = word ^ ('\\' * kOnes);
    return (word | ((word - ' ' * kOnes) & ~word) | ((backslash - kOnes) & ~backslash)) & kHighs;
  };
  std::uint64_t bad = 0;
  for (; text.size() >= 8; text.remove_prefix(8)) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), 8);
    bad |= bad_in(word);
  }
  std::uint64_t rest = ' ' * kOnes;
  std::memcpy(&rest, text.data(), text.size());
  return (bad | bad_in(rest)) == 0;
}

/// Takes a string in quotes, without escapes, away from the front of `text`; false if there is none.
bool take_plain_string(std::string_view& text, std::string_view& string) {
  if (!text.starts_with('"')) return false;
  const auto end = text.find('"', 1);
  if (end == std::string_view::npos) return false;
  string = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool starts_with_object(std::string_view payload) {
  const auto start = std::find_if_not(payload.begin(), payload.end(), is_space);
  return start != payload.end() && *start == '{';
}

}  // namespace

class PayloadParser::Reader {
 public:
  explicit Reader(const MessageFormat& format);
  bool parse(std::string_view payload);

  ParsedPayload parsed;
  std::string_view reason;

 private:
  using Value = ondemand::value;

  bool read_plain(std::string_view payload);
  bool refuse(std::string_view why);
  bool refuse(simdjson::error_code error);
  bool prepare(std::string_view payload);
  bool read_members(ondemand::document& document);
  bool read_member(ondemand::field& field);
  bool read_name(ondemand::field& field, std::string_view& name);
  bool read_value(Value& value, std::string_view token, std::string_view& text);
  bool read_string(Value& value, std::string_view token, std::string_view& text);
  bool replace_surrogates(std::string_view quoted, std::string_view& text);
  bool find_id();
  bool check_nested(Value& value, int depth, const char*& end);
  bool check_array(ondemand::array& array, int depth);
  bool check_object(Value& value, int depth);
  bool check_element(Value& value, int depth);
  bool store(Field member, char kind);
  std::size_t find(std::string_view name);
  void index(std::size_t member);

  ondemand::parser parser_;
  const char* payload_end_ = nullptr;
  bool has_escapes_ = false;     ///< without a single backslash, strings are used where they lie
  bool has_surrogates_ = false;  ///< perhaps halves of them
  bool raw_ = false;
  bool wants_id_ = true;
  std::string id_name_;           ///< the member that is the id, or that it is in
  std::string id_pointer_;        ///< where in that member; empty: it is the member itself
  std::string no_id_, wrong_id_;  ///< reasons
  char id_kind_ = 0;              ///< first character of the value of the member id_name_, 0 if there is none
  ondemand::parser nested_;       ///< for ids inside other members
  std::deque<std::string> texts_;  ///< unescaped here and not by simdjson
  /// Hash table of members, used when there are more than a few: index + 1, 0 if free.
  std::vector<std::uint16_t> slots_;
};

bool PayloadParser::Reader::refuse(std::string_view why) {
  reason = why;
  return false;
}

bool PayloadParser::Reader::refuse(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return refuse(kInvalidUtf8);
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
      return refuse("too large to parse");
    default:
      return refuse(kNotValid);
  }
}

bool PayloadParser::Reader::parse(std::string_view payload) {
  if (raw_ || read_plain(payload)) return true;
  parsed.message_id.reset();
  parsed.members.clear();
  id_kind_ = 0;
  if (!prepare(payload)) return false;

  ondemand::document document;
  const simdjson::padded_string_view padded(payload.data(), payload.size(), payload.size() + kPayloadPadding);
  if (const auto error = parser_.iterate(padded).get(document)) return refuse(error);
  if (!read_members(document)) return false;

  return !wants_id_ || find_id();
}

bool PayloadParser::Reader::find_id() {
  if (id_kind_ == 0) return refuse(no_id_);
  auto value = parsed.members[find(id_name_)].value;
  if (id_pointer_.empty()) {
    parsed.message_id = value;
    return id_kind_ == '"' || id_kind_ == '-' || is_digit(id_kind_) || refuse(wrong_id_);
  }
  if (id_kind_ != '{' && id_kind_ != '[') return refuse(no_id_);
  // A part of the payload, so what may be read behind that may be read behind this.
  const simdjson::padded_string_view padded(value.data(), value.size(), value.size() + kPayloadPadding);
  ondemand::document document;
  ondemand::value id;
  if (nested_.iterate(padded).get(document) || document.at_pointer(id_pointer_).get(id))
    return refuse(no_id_);
  const auto token = without_trailing_space(id.raw_json_token());
  if (!token.starts_with('"') && !is_number(token)) return refuse(wrong_id_);
  if (!read_value(id, token, value)) return false;
  parsed.message_id = value;
  return true;
}

/// By far the most messages are {"message_id":"..."} or a few more such members: an object of strings without
/// escapes, without space between. Those are read here, for a fraction of the cost; false says nothing about
/// the payload.
bool PayloadParser::Reader::read_plain(std::string_view payload) {
  if (!is_plain(payload) || !take(payload, '{')) return false;
  parsed.members.clear();
  bool has_id = false;
  do {
    Field member;
    if (!take_plain_string(payload, member.name) || !take(payload, ':') ||
        !take_plain_string(payload, member.value)) {
      return false;
    }
    const bool known = std::any_of(parsed.members.begin(), parsed.members.end(),
                                   [&](const Field& other) { return other.name == member.name; });
    if (known || parsed.members.size() == kComparedMembers) return false;
    parsed.members.push_back(member);
    if (member.name == id_name_) {
      has_id = true;
      parsed.message_id = member.value;
    }
  } while (take(payload, ','));
  return (has_id ? id_pointer_.empty() : !wants_id_) && payload == "}";
}

/// What can be told without parsing, and memory.
bool PayloadParser::Reader::prepare(std::string_view payload) {
  if (payload.empty()) return refuse("empty payload");
  if (!starts_with_object(payload)) {
    if (!simdjson::validate_utf8(payload)) return refuse(kInvalidUtf8);
    const bool marked = payload.starts_with(kByteOrderMark);  // not part of JSON, by RFC 8259
    return refuse(marked ? "begins with a byte order mark" : "not a JSON object");
  }
  payload_end_ = payload.data() + payload.size();
  has_escapes_ = std::memchr(payload.data(), '\\', payload.size()) != nullptr;
  has_surrogates_ = has_escapes_ && (payload.find("\\ud") != std::string_view::npos ||
                                     payload.find("\\uD") != std::string_view::npos);
  texts_.clear();
  if (parser_.capacity() > kKeptCapacity && payload.size() <= kKeptCapacity) parser_ = ondemand::parser();
  if (parser_.capacity() < payload.size()) {
    // In powers of two, so that slowly growing payloads do not mean new memory each time.
    const auto capacity = std::max(kSmallestCapacity, std::bit_ceil(payload.size()));
    if (const auto error = parser_.allocate(capacity, parser_.max_depth())) return refuse(error);
  }
  return true;
}

bool PayloadParser::Reader::read_members(ondemand::document& document) {
  ondemand::object object;
  if (const auto error = document.get_object().get(object)) return refuse(error);
  for (auto item : object) {
    ondemand::field field;
    if (const auto error = std::move(item).get(field)) return refuse(error);
    if (!read_member(field)) return false;
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return refuse("something behind the JSON object");
  }
  return true;
}

bool PayloadParser::Reader::read_member(ondemand::field& field) {
  Field member;
  if (!read_name(field, member.name)) return false;
  const auto token = without_trailing_space(field.value().raw_json_token());
  return read_value(field.value(), token, member.value) && store(member, token.front());
}

bool PayloadParser::Reader::read_name(ondemand::field& field, std::string_view& name) {
  if (!has_escapes_) {
    const char* const start = field.key().raw();
    const auto* const end = std::memchr(start, '"', static_cast<std::size_t>(payload_end_ - start));
    if (end == nullptr) return refuse(kNotValid);
    name = {start, static_cast<std::size_t>(static_cast<const char*>(end) - start)};
    return true;
  }
  if (has_surrogates_) {
    const char* const start = field.key().raw() - 1;
    return replace_surrogates({start, static_cast<std::size_t>(payload_end_ - start)}, name);
  }
  const auto error = field.unescaped_key().get(name);
  return !error || refuse(error);
}

/// Reads a whole value as text; `token` is its first token.
bool PayloadParser::Reader::read_value(Value& value, std::string_view token, std::string_view& text) {
  if (token.empty()) return refuse(kNotValid);
  switch (token.front()) {
    case '"':
      return read_string(value, token, text);
    case '{':
    case '[': {
      const char* end = nullptr;
      if (!check_nested(value, 2, end)) return false;
      text = without_trailing_space({token.data(), static_cast<std::size_t>(end - token.data())});
      return true;
    }
    default:
      text = token;
      return is_scalar(token) || refuse(kNotValid);
  }
}

bool PayloadParser::Reader::read_string(Value& value, std::string_view token, std::string_view& text) {
  if (!has_escapes_) {
    // Nothing but space can lie between the closing quote and the next token.
    if (const auto error = value.get_raw_json_string().error()) return refuse(error);
    if (token.size() < 2 || token.back() != '"') return refuse(kNotValid);
    text = token.substr(1, token.size() - 2);
    return true;
  }
  if (has_surrogates_) {
    if (const auto error = value.get_raw_json_string().error()) return refuse(error);
    return replace_surrogates(token, text);
  }
  const auto error = value.get_string().get(text);
  return !error || refuse(error);
}

/// Unescapes the string at the front of `quoted` as simdjson does, but for halves of surrogate pairs.
bool PayloadParser::Reader::replace_surrogates(std::string_view quoted, std::string_view& text) {
  texts_.emplace_back();
  if (unescape_json(quoted, texts_.back()) == 0) return refuse(kNotValid);
  text = texts_.back();
  return true;
}

/// Walks through an object or array, which is passed on as text, only to see that it is valid. `end` becomes
/// the token behind it, of which there must be one: the top-level object is not closed yet, and simdjson, not
/// asked, would go on reading behind the payload.
bool PayloadParser::Reader::check_nested(Value& value, int depth, const char*& end) {
  if (depth > kMaxDepth) return refuse("nested deeper than 1000 levels");
  ondemand::array array;
  const bool valid = value.get_array().get(array) ? check_object(value, depth) : check_array(array, depth);
  if (!valid) return false;
  const auto error = value.current_location().get(end);
  return !error || refuse(error);
}

bool PayloadParser::Reader::check_array(ondemand::array& array, int depth) {
  for (auto item : array) {
    Value element;
    if (const auto error = item.get(element)) return refuse(error);
    if (!check_element(element, depth)) return false;
  }
  return true;
}

bool PayloadParser::Reader::check_object(Value& value, int depth) {
  ondemand::object object;
  if (const auto error = value.get_object().get(object)) return refuse(error);
  for (auto item : object) {
    ondemand::field field;
    std::string_view name;
    if (const auto error = std::move(item).get(field)) return refuse(error);
    if (!read_name(field, name) || !check_element(field.value(), depth)) return false;
  }
  return true;
}

bool PayloadParser::Reader::check_element(Value& value, int depth) {
  const auto token = without_trailing_space(value.raw_json_token());
  if (token.starts_with('{') || token.starts_with('[')) {
    const char* end = nullptr;
    return check_nested(value, depth + 1, end);
  }
  std::string_view text;
  return read_value(value, token, text);
}

bool PayloadParser::Reader::store(Field member, char kind) {
  if (wants_id_ && member.name == id_name_) id_kind_ = kind;
  auto& members = parsed.members;
  if (const auto known = find(member.name); known < members.size()) {
    members[known].value = member.value;
    return true;
  }
  if (members.size() == kMaxMembers) return refuse("more than 1000 members");
  members.push_back(member);
  if (members.size() == kComparedMembers + 1) {
    slots_.assign(kSlots, 0);
    for (std::size_t i = 0; i < members.size(); ++i) index(i);
  } else if (members.size() > kComparedMembers) {
    index(members.size() - 1);
  }
  return true;
}

/// Where a member of this name is, or the number of members.
std::size_t PayloadParser::Reader::find(std::string_view name) {
  const auto& members = parsed.members;
  if (members.size() <= kComparedMembers) {
    const auto same = [name](const Field& member) { return member.name == name; };
    return static_cast<std::size_t>(std::find_if(members.begin(), members.end(), same) - members.begin());
  }
  for (auto slot = std::hash<std::string_view>{}(name) % kSlots; slots_[slot] != 0;
       slot = (slot + 1) % kSlots) {
    if (members[slots_[slot] - 1U].name == name) return slots_[slot] - 1U;
  }
  return members.size();
}

void PayloadParser::Reader::index(std::size_t member) {
  auto slot = std::hash<std::string_view>{}(parsed.members[member].name) % kSlots;
  while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
  slots_[slot] = static_cast<std::uint16_t>(member + 1);
}

PayloadParser::Reader::Reader(const MessageFormat& format)
    : raw_(format.raw), wants_id_(!format.raw && !format.id_member.empty()) {
  auto path = MemberPath(format.id_member);
  id_name_ = std::move(path.member);
  id_pointer_ = std::move(path.pointer);
  no_id_ = "no " + format.id_member;
  wrong_id_ = format.id_member + " is neither string nor number";
}

PayloadParser::PayloadParser(const MessageFormat& format) : reader_(std::make_unique<Reader>(format)) {}
PayloadParser::~PayloadParser() = default;
PayloadParser::PayloadParser(PayloadParser&&) noexcept = default;
PayloadParser& PayloadParser::operator=(PayloadParser&&) noexcept = default;

bool PayloadParser::parse(std::string_view payload) { return reader_->parse(payload); }
const ParsedPayload& PayloadParser::parsed() const { return reader_->parsed; }
std::string_view PayloadParser::reason() const { return reader_->reason; }

}  // namespace tributary::process
