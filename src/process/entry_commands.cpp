#include "process/entry_commands.hpp"

#include "redis/command.hpp"

namespace tributary::process {
namespace {

using redis::append_argument;

/// What one large message made a buffer grow beyond this is given back.
constexpr std::size_t kKeptBytes = 8 << 20;

void start_command(std::string& out, std::size_t fields, std::string_view stream) {
  redis::append_command_header(out, 3 + 2 * fields);
  append_argument(out, "XADD");
  out += stream;
  append_argument(out, "*");
}

}  // namespace

EntryCommands::EntryCommands(std::string_view output_stream, std::string_view dead_letter_stream) {
  append_argument(output_stream_, output_stream);
  append_argument(dead_letter_stream_, dead_letter_stream);
  for (auto* start : {&id_start_, &payload_start_}) {
    start_command(*start, 4, output_stream_);
    append_argument(*start, start == &id_start_ ? kMessageId : kPayload);
  }
}

void EntryCommands::append(const Entry& entry) {
  count(appended_, entry.position);
  if (entry.is_plain()) {
    if (plain_middle_.empty() || consumer_ != entry.consumer_id) name_consumer(entry.consumer_id);
    bytes_ += entry.payload ? payload_start_ : id_start_;
    append_argument(bytes_, entry.plain_field().value);
    bytes_ += plain_middle_;
    append_argument(bytes_, entry.position);
    return;
  }
  start_command(bytes_, entry.field_count(), output_stream_);
  entry.each_field([this](std::string_view name, std::string_view value) {
    append_argument(bytes_, name);
    append_argument(bytes_, value);
  });
}

void EntryCommands::dead(const DeadLetter& letter) {
  count(dead_, letter.position);
  start_command(bytes_, letter.field_count(), dead_letter_stream_);
  letter.each_field([this](std::string_view name, std::string_view value) {
    append_argument(bytes_, name);
    append_argument(bytes_, value);
  });
}

void EntryCommands::clear() {
  bytes_.clear();
  if (bytes_.capacity() > kKeptBytes) bytes_.shrink_to_fit();
  appended_.count = dead_.count = 0;
}

void EntryCommands::count(Part& part, std::string_view position) {
  if (part.count++ == 0) part.first_position = position;
  part.last_position = position;
}

void EntryCommands::name_consumer(std::string_view consumer_id) {
  consumer_ = consumer_id;
  plain_middle_.clear();
  append_argument(plain_middle_, kConsumerId);
  append_argument(plain_middle_, consumer_id);
  append_argument(plain_middle_, "processed");
  append_argument(plain_middle_, "1");
  append_argument(plain_middle_, kPosition);
}

}  // namespace tributary::process
