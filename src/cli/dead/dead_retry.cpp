#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "cli/commands.hpp"
#include "cli/dead/dead_actions.hpp"
#include "cli/dead/dead_letters.hpp"
#include "cli/group/group_reader.hpp"
#include "cli/group/stream_reader.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/terminal/logging.hpp"
#include "cli/terminal/output.hpp"
#include "cli/terminal/progress.hpp"
#include "core/base/random.hpp"
#include "core/base/text.hpp"
#include "embed/process_name.hpp"
#include "embed/random_seed.hpp"
#include "observe/monitor_line.hpp"
#include "process/entries.hpp"
#include "process/pipeline.hpp"
#include "process/processors.hpp"
#include "redis/command.hpp"
#include "redis/scripts.hpp"
#include "redis/server_error.hpp"

// dead retry: processes dead letters in this process and moves them by retry.lua. A letter that fails again
// stays as it is: its id, and with it its age, go on naming it. Nothing that happens here can put a message
// into the stream twice, or take it out of both, because the script moves each in one step; so a lost answer
// needs no more than another run.
namespace tributary::cli {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMostInBatch = 100;
constexpr std::size_t kMostBytesInBatch = 4u << 20;  // a script keeps the server busy; nodes wait
constexpr std::chrono::seconds kLongestWait{1};      // with slow processors results do not wait for more
constexpr std::size_t kReasonRows = 20;

// As a node's consumers are called.
std::string consumer_name() {
  return embed::process_name() + "-" + Random(embed::random_seed()).hex(8) + ".1";
}

class Retry {
 public:
  Retry(const Settings& settings, redis::SyncClient client, const process::ProcessorFactory& factory,
        const Caller& caller)
      : settings_(settings), client_(std::move(client)), factory_(factory), caller_(caller) {}

  Result<ExitCode> run() {
    if (caller_.is_person) catch_interrupts();
    const auto output = stream_facts(client_, settings_.output_stream, "--output-stream");
    if (!output) return output.error();
    const auto reading = read_letters(
        client_, settings_, settings_.dead.limit, [this](LetterPage& page) { return retry(page); },
        caller_.asked_to_stop);
    progress_.clear();
    if (reading || appended_ + dropped_ + gone_ > 0) summarise();
    if (!reading) return reading.error();
    if (reading.value().interrupted || caller_.asked_to_stop())
      return interruption("the rest stays as it is");
    if (!reading.value().not_found.empty())
      return Error{ErrorKind::not_found, not_found_text(reading.value(), settings_)};
    return failed_ == 0 ? ExitCode::ok : ExitCode::failed;
  }

 private:
  Status retry(LetterPage& page) {
    const auto share =
        (page.fraction - fraction_) / static_cast<double>(std::max<std::size_t>(page.letters.size(), 1));
    for (const auto& letter : page.letters) {
      if (caller_.asked_to_stop()) break;
      process(letter);
      fraction_ += share;
      if (caller_.is_person && progress_.due()) progress_.show(fraction_, fmt::format("{} retried", tried_));
      const bool small = in_batch_ < kMostInBatch && batch_.size() < kMostBytesInBatch;
      if (small && steady_clock::now() - sent_ < kLongestWait) continue;
      if (auto done = send(); !done) return done;
    }
    fraction_ = page.fraction;
    return send();
  }

  void process(const StoredLetter& letter) {
    ++tried_;
    if (!letter.payload || !letter.position)
      return fail("not written by tributary: no payload or no position");
    padded_.assign(*letter.payload).append(kPayloadPadding, '\0');
    const auto payload = std::string_view(padded_).substr(0, letter.payload->size());
    result_.clear();
    auto& pipeline = pipeline_for(letter);
    const process::Record record{payload, letter.channel ? *letter.channel : only_channel_};
    if (pipeline.process(record, *letter.position, result_) == process::Fate::dead_lettered)
      return fail(pipeline.dead_letter_reason());
    result_.finish();
    redis::append_argument(batch_, letter.id.text());
    batch_ += result_.bytes();
    arguments_ += 1 + result_.arguments();
    ++in_batch_;
  }

  // The entry gets a field `channel` exactly if the letter has one.
  process::MessagePipeline& pipeline_for(const StoredLetter& letter) {
    auto& pipeline = pipelines_[letter.channel ? 1 : 0];
    if (!pipeline) {
      auto format = settings_.format;
      format.channel = letter.channel ? "" : only_channel_;
      pipeline.emplace(factory_(), process::RetrySettings{.retries = settings_.processing_retries},
                       consumer_name(), format);
    }
    return *pipeline;
  }

  void fail(const std::string& reason) {
    ++failed_;
    reasons_.add(reason);
  }

  // Lets the script move the batch; empty afterwards.
  Status send() {
    sent_ = steady_clock::now();
    if (in_batch_ == 0) return Done{};
    auto answer = call("EVALSHA", redis::retry_script().sha);
    if (answer && answer->is_error("NOSCRIPT")) answer = call("EVAL", redis::retry_script().body);
    if (!answer) {
      return Error{answer.error().kind, answer.error().message + "; whether the last " +
                                            count_of(in_batch_, "message") +
                                            " got in is not known: run it again, nothing gets in twice"};
    }
    if (answer->is_error()) return redis::explain_server_error(client_.endpoint(), answer->text);
    batch_.clear();
    arguments_ = in_batch_ = 0;
    return count(answer->elements);
  }

  Result<redis::Reply> call(std::string_view command, std::string_view script) {
    std::string bytes;
    const auto bound = std::to_string(settings_.stream_maxlen);
    redis::append_command_header(bytes, 6 + arguments_);
    for (const std::string_view argument :
         {command, script, std::string_view("2"), std::string_view(settings_.output_stream),
          std::string_view(dead_stream_), std::string_view(bound)})
      redis::append_argument(bytes, argument);
    bytes += batch_;
    client_.append_formatted(bytes, 1);
    return client_.next();
  }

  Status count(const std::vector<redis::Reply>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto& word = words[i].text;
      if (word == "appended") ++appended_;
      if (word == "dropped") ++dropped_;
      if (word == "gone") ++gone_;
      if (word == "failed") return redis::explain_server_error(client_.endpoint(), words.at(i + 1).text);
    }
    return Done{};
  }

  void summarise() const {
    auto line = fmt::format("{} retried: {} appended to {}", count_of(tried_, "dead letter"), appended_,
                            settings_.output_stream);
    if (dropped_ > 0) line += fmt::format(", {} dropped by the processor", dropped_);
    if (gone_ > 0) line += fmt::format(", {} taken by someone else meanwhile", gone_);
    line += fmt::format(", {} failed again", failed_);
    if (failed_ == 0) return caller_.say(line);
    caller_.say(line + " (left in " + dead_stream_ + "):");
    const auto table = reasons_.table(kReasonRows);
    for (const auto row : split(std::string_view(table).substr(0, table.size() - 1), '\n'))
      caller_.say(std::string(row));
  }

  const Settings& settings_;
  const std::string dead_stream_ = settings_.dead_letter_stream();
  const std::string only_channel_ = settings_.inputs.channels.empty()
                                        ? ""
                                        : settings_.inputs.channels.front();  // of letters that name none
  redis::SyncClient client_;
  const process::ProcessorFactory& factory_;
  const Caller& caller_;
  std::optional<process::MessagePipeline> pipelines_[2];  // without and with channel
  process::EntryRuns result_;
  std::string padded_;
  Progress progress_;
  double fraction_ = 0;  // of the reading

  std::string batch_;          // arguments of the script, in the protocol's form
  std::size_t arguments_ = 0;  // in batch_
  std::size_t in_batch_ = 0;   // letters
  steady_clock::time_point sent_ = steady_clock::now();

  std::uint64_t tried_ = 0;
  std::uint64_t appended_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t gone_ = 0;
  std::uint64_t failed_ = 0;
  ReasonCounts reasons_;
};

}  // namespace

Result<ExitCode> retry_letters(const Settings& given, const Caller& caller) {
  Settings settings = given;
  process::ProcessorContext context;
  context.json = !settings.format.raw;
  context.window = settings.processor_window;
  context.log = [&caller](Event event, const std::string& line) {
    if (!caller.is_person) return;
    logs_json() ? log({group::Report::Level::info, event, line}) : print_error("{}\n", line);
  };
  const auto factory = process::make_processors(settings.processor, context);
  if (!factory) return factory.error();
  auto client = connect_to_group(settings, caller.patience);
  if (!client) return client.error();
  return Retry(settings, std::move(*client), factory.value(), caller).run();
}

Result<ExitCode> run_dead_retry(const Settings& settings) { return retry_letters(settings, person()); }

}  // namespace tributary::cli
