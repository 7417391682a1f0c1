#include <boost/json.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "core/base/text.hpp"
#include "fuzz_target.hpp"
#include "process/entries.hpp"
#include "process/payload.hpp"
#include "process/pipeline.hpp"
#include "resp.hpp"
#include "tributary/message.hpp"

// Payloads, from the bytes that anybody may publish to the arguments of a commit. The first byte chooses a
// processor; payloads are divided by 0xff, which no valid one holds.
namespace tributary::fuzz {
namespace {

/// Adds fields whose names get in the way of others, fails, or drops.
class Troublesome final : public Processor {
 public:
  explicit Troublesome(char kind) : kind_(kind) {}
  Outcome process(const Message& message, FieldSink& fields, std::string& reason) override {
    if (kind_ == 'f') {
      reason = message.payload;
      return Outcome::fail;
    }
    if (kind_ == 'd' && message.id.size() % 2 == 1) return Outcome::drop;
    if (kind_ == 'o') {
      for (const auto* name : {"position", "processor.position", "message.position", "message_id", "x", ""}) {
        fields.add(name, message.id);
      }
      fields.add(message.id, message.payload);
    }
    fields.add("processed", "1");
    return Outcome::append;
  }
  bool may_block() const override { return false; }

 private:
  char kind_;
};

/// A payload in memory of its own, which ends where the padding does.
class Padded {
 public:
  explicit Padded(std::string_view payload)
      : bytes_(new char[payload.size() + kPayloadPadding]), size_(payload.size()) {
    std::copy(payload.begin(), payload.end(), bytes_.get());
    // What stands there must not matter: let it look like more of the payload.
    for (std::size_t i = 0; i < kPayloadPadding; ++i) bytes_[size_ + i] = "\"}],: 1"[i % 7];
  }
  std::string_view text() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

// Another parser's opinion. It may refuse a number because of its size, and half of a surrogate pair; so may we
// something because of our bounds.
void compare(std::string_view payload, bool accepted, const process::PayloadParser& parser) {
  boost::json::error_code why;
  boost::json::parse_options options;
  options.max_depth = process::kMaxDepth;
  const auto value =
      boost::json::parse(boost::json::string_view(payload.data(), payload.size()), why, {}, options);
  if (why) {
    const bool half_a_pair =
        payload.find("\\ud") != std::string_view::npos || payload.find("\\uD") != std::string_view::npos;
    TRIBUTARY_CHECK(!accepted || half_a_pair || why == boost::json::error::exponent_overflow);
    return;
  }
  const auto* object = value.if_object();
  const auto* id = object ? object->if_contains("message_id") : nullptr;
  const bool usable = id && (id->is_string() || id->is_number());
  if (accepted) {
    TRIBUTARY_CHECK(usable);
    TRIBUTARY_CHECK(parser.parsed().members.size() == object->size());
    const auto* text = id->if_string();
    TRIBUTARY_CHECK(!text || std::string_view(text->data(), text->size()) == parser.parsed().message_id);
  } else if (usable) {
    TRIBUTARY_CHECK(object->size() > process::kMaxMembers);
  }
}

void check_parser(std::string_view payload) {
  process::PayloadParser parser;
  const Padded padded(payload);
  const bool accepted = parser.parse(padded.text());
  TRIBUTARY_CHECK(accepted || !parser.reason().empty());
  compare(payload, accepted, parser);
}

/// Walks through a commit's arguments as the script does.
class Arguments {
 public:
  explicit Arguments(const process::EntryRuns& runs) {
    Referee referee;
    referee.feed("*" + std::to_string(runs.arguments()) + "\r\n");
    referee.feed(runs.bytes());
    const auto all = referee.next();
    TRIBUTARY_CHECK(all && all->is_array());
    arguments_ = all->elements;
    referee.feed("+end\r\n");
    TRIBUTARY_CHECK(referee.next()->text == "end");
  }
  bool more() const { return at_ < arguments_.size(); }
  const std::string& next() {
    TRIBUTARY_CHECK(more() && arguments_[at_].type == redis::Reply::Type::string);
    return arguments_[at_++].text;
  }
  std::size_t number() {
    const auto number = to_number(next());
    TRIBUTARY_CHECK(number.has_value());
    return *number;
  }

 private:
  std::vector<redis::Reply> arguments_;
  std::size_t at_ = 0;
};

// The fields of one entry: every name once, the position last.
std::string read_fields(Arguments& arguments) {
  const auto count = arguments.number();
  TRIBUTARY_CHECK(count >= 4 && count % 2 == 0);
  std::set<std::string> names;
  std::string name, value;
  for (std::size_t i = 0; i < count; i += 2) {
    name = arguments.next();
    value = arguments.next();
    TRIBUTARY_CHECK(names.insert(name).second);
  }
  TRIBUTARY_CHECK(name == "position" && names.contains("consumer_id"));
  return value;
}

std::string read_entry(Arguments& arguments, const std::string& kind) {
  if (kind == "n") return arguments.next();
  if (kind == "t") {
    arguments.next();
    return arguments.next();
  }
  TRIBUTARY_CHECK(kind == "g" || kind == "d");
  return read_fields(arguments);
}

void check_runs(const process::EntryRuns& runs, std::size_t payloads) {
  Arguments arguments(runs);
  std::size_t position = 0;
  while (arguments.more()) {
    const auto kind = arguments.next();
    const auto count = arguments.number();
    TRIBUTARY_CHECK(count > 0);
    if (kind == "t") {
      const auto field = arguments.next();
      TRIBUTARY_CHECK(field == "message_id" || field == "payload");
      TRIBUTARY_CHECK(arguments.next() == "node.1");
    }
    for (std::size_t i = 0; i < count; ++i) {
      TRIBUTARY_CHECK(read_entry(arguments, kind) == "7.v:" + std::to_string(++position));
    }
  }
  TRIBUTARY_CHECK(position == payloads && runs.entries() == payloads);
}

// A capital letter chooses another format than the usual one.
process::MessageFormat format_of(char kind) {
  process::MessageFormat format;
  if (kind < 'A' || kind > 'Z') return format;
  format.raw = kind % 3 == 0;
  format.payload_entry = kind % 2 == 0;
  format.id_member = kind % 5 == 0 ? "" : "/a/b";
  if (kind % 4 < 2) format.channel.clear();
  return format;
}

}  // namespace

void run(std::string_view input) {
  if (input.empty()) return;
  process::RetrySettings retries;
  retries.retries = 1;
  const auto format = format_of(input[0]);
  const auto kind = static_cast<char>(input[0] | 0x20);
  process::MessagePipeline pipeline(std::make_unique<Troublesome>(kind), retries, "node.1", format);
  process::EntryRuns runs;
  std::size_t count = 0;
  for (const auto payload : split(input.substr(1), '\xff')) {
    check_parser(payload);
    const Padded padded(payload);
    const auto position = "7.v:" + std::to_string(++count);
    TRIBUTARY_CHECK(pipeline.process(process::Record{padded.text(), "orders"}, position, runs) !=
                    process::Fate::stopped);
  }
  runs.finish();
  check_runs(runs, count);
}

}  // namespace tributary::fuzz
