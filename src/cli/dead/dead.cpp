#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/commands.hpp"
#include "cli/dead/dead_actions.hpp"
#include "cli/dead/dead_letter_text.hpp"
#include "cli/dead/dead_letters.hpp"
#include "cli/group/group_reader.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/terminal/output.hpp"
#include "cli/terminal/progress.hpp"
#include "cli/terminal/terminal.hpp"
#include "core/base/text.hpp"
#include "observe/monitor_line.hpp"
#include "redis/server_error.hpp"

// The commands that look at dead letters or delete them; retrying is in dead_retry.cpp.
namespace tributary::cli {
namespace {

constexpr std::size_t kDroppedInCall = 1000;  // ids in one XDEL: it keeps the server busy

class Drop {
 public:
  Drop(const Settings& settings, redis::SyncClient client, const Caller& caller)
      : settings_(settings), client_(std::move(client)), caller_(caller) {}

  Result<ExitCode> run() {
    if (caller_.is_person) catch_interrupts();
    if (caller_.is_person && !settings_.yes && is_terminal(STDIN_FILENO)) {
      const auto agreed = ask();
      if (!agreed) return agreed.error();
      if (!agreed.value()) return ExitCode::failed;
    }
    auto reading = read([this](LetterPage& page) { return drop(page); }, "dropped");
    if (!reading) {
      if (dropped_ > 0) caller_.say(count_of(dropped_, "dead letter") + " dropped before that");
      return reading.error();
    }
    caller_.say(
        fmt::format("{} of {} dropped", count_of(dropped_, "dead letter"), settings_.dead_letter_stream()));
    if (reading->interrupted) return interruption("the rest stays");
    return missing(*reading);
  }

 private:
  using Take = std::function<Status(LetterPage&)>;

  Result<LetterReading> read(const Take& take, const char* done) {
    Progress progress;
    std::uint64_t count = 0;
    const auto take_page = [&](LetterPage& page) -> Status {
      count += page.letters.size();
      if (auto taken = take(page); !taken) return taken;
      if (caller_.is_person && progress.due())
        progress.show(page.fraction, fmt::format("{} {}", count, done));
      return Done{};
    };
    return read_letters(client_, settings_, settings_.dead.limit, take_page, caller_.asked_to_stop, last_);
  }

  // Whether the person at the terminal wants it; said if there is nothing to ask about.
  Result<bool> ask() {
    auto reading = read([](LetterPage&) { return Status(Done{}); }, "counted");
    if (!reading) return reading.error();
    if (reading->interrupted) return interruption("nothing was dropped");
    last_ = reading->last;  // what comes while the question stands was not asked about
    if (reading->matched == 0) return true;
    print_error("Drop {} of the {} in {}? This cannot be undone. [y/N] ", with_commas(reading->matched),
                count_of(reading->in_stream, "dead letter"), settings_.dead_letter_stream());
    char answer[16] = {};
    const bool answered = std::fgets(answer, sizeof answer, stdin) != nullptr;
    if (answered && (answer[0] == 'y' || answer[0] == 'Y')) return true;
    print("{}nothing was dropped\n", answered ? "" : "\n");
    return false;
  }

  Status drop(const LetterPage& page) {
    static_assert(kLettersInPage <= kDroppedInCall);
    if (page.letters.empty()) return Done{};
    std::vector<std::string> command{"XDEL", settings_.dead_letter_stream()};
    for (const auto& letter : page.letters) command.push_back(letter.id.text());
    const auto answer = client_.command(command);
    if (!answer) return answer.error();
    if (answer.value().is_error())
      return redis::explain_server_error(client_.endpoint(), answer.value().text);
    dropped_ += static_cast<std::uint64_t>(answer.value().integer);
    return Done{};
  }

  Result<ExitCode> missing(const LetterReading& reading) const {
    if (reading.not_found.empty()) return ExitCode::ok;
    return Error{ErrorKind::not_found, not_found_text(reading, settings_)};
  }

  const Settings& settings_;
  redis::SyncClient client_;
  const Caller& caller_;
  std::optional<EntryId> last_;
  std::uint64_t dropped_ = 0;
};

}  // namespace

Result<ExitCode> run_dead_list(const Settings& given) {
  Settings settings = given;
  catch_interrupts();
  auto client = connect_to_group(settings);
  if (!client) return client.error();
  LetterList list;
  list.stream = settings.dead_letter_stream();
  list.filtered = settings.dead.filtered();
  const auto most = settings.dead.limit;
  Progress progress;
  const auto reading = read_letters(
      *client, settings, 0,
      [&](LetterPage& page) -> Status {
        for (auto& letter : page.letters) {
          list.reasons.add(letter.reason_text());
          ++list.matched;
          if (most > 0 && list.letters.size() >= most) continue;
          list.sizes.push_back(letter.payload ? letter.payload->size() : 0);
          letter.payload.reset();
          list.letters.push_back(std::move(letter));
        }
        if (progress.due()) progress.show(page.fraction, fmt::format("{} read", list.matched));
        return Done{};
      },
      interrupted);
  progress.clear();
  if (!reading) return reading.error();
  if (reading.value().interrupted) return interruption("the list is incomplete");
  list.in_stream = reading.value().in_stream;
  print("{}{}", settings.json ? letter_list_json(list) : letter_list_text(list), settings.json ? "\n" : "");
  if (reading.value().not_found.empty()) return ExitCode::ok;
  return Error{ErrorKind::not_found, not_found_text(reading.value(), settings)};
}

Result<ExitCode> run_dead_show(const Settings& given) {
  Settings settings = given;
  auto client = connect_to_group(settings);
  if (!client) return client.error();
  std::optional<StoredLetter> found;
  const auto reading = read_letters(
      *client, settings, 1,
      [&](LetterPage& page) -> Status {
        if (!page.letters.empty()) found = std::move(page.letters.front());
        return Done{};
      },
      interrupted);
  if (!reading) return reading.error();
  if (!found)
    return Error{ErrorKind::not_found, not_found_text(reading.value(), settings) + "; see dead list"};
  if (!settings.dead.raw) {
    print("{}", settings.json ? letter_json(*found) + "\n" : letter_text(*found));
    return ExitCode::ok;
  }
  if (!found->payload) return Error{ErrorKind::data, "the entry " + found->id.text() + " holds no payload"};
  write_output(*found->payload);
  return ExitCode::ok;
}

Result<ExitCode> drop_letters(const Settings& given, const Caller& caller) {
  Settings settings = given;
  auto client = connect_to_group(settings, caller.patience);
  if (!client) return client.error();
  return Drop(settings, std::move(*client), caller).run();
}

Result<ExitCode> run_dead_drop(const Settings& settings) { return drop_letters(settings, person()); }

}  // namespace tributary::cli
