#include "process/processors/exec.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/safe_text.hpp"
#include "process/answer.hpp"
#include "process/processors/command_words.hpp"
#include "process/processors/exec_request.hpp"
#include "process/processors/lines.hpp"
#include "process/processors/program.hpp"
#include "process/processors/spawn.hpp"

namespace tributary::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFirstBackoff{10};
constexpr milliseconds kLongestBackoff{1000};
// A program at its ordinary end: time to end by itself, and after SIGTERM.
constexpr milliseconds kPatience{100};
constexpr milliseconds kGrace{900};
// One that did wrong, or that nobody waits for.
constexpr milliseconds kShortGrace{200};
// One that closed its input or output: time to end, so that one knows how.
constexpr milliseconds kLastWords{500};
constexpr std::size_t kManyAsked = 8;
constexpr std::size_t kPiece = 64u << 10;
constexpr std::size_t kMostUnsent = 1u << 20;
constexpr std::size_t kLongestName = 60;

/// What the consumers have in common.
struct Common {
  std::vector<std::string> command;
  std::string name;
  bool json;
  std::size_t window;
  milliseconds timeout;  // of an attempt; 0: somebody else sees to that, by interrupt()
  ProcessorLog log;
  ErrorLines errors;

  std::mutex mutex;
  std::unique_ptr<Program> first;  ///< started by way of trial, for whoever needs one first

  ~Common() {
    if (first) first->stop(kPatience, kGrace);
  }
};

class Exec final : public Processor {
 public:
  explicit Exec(std::shared_ptr<Common> common)
      : common_(std::move(common)),
        log_(std::make_shared<LogRate>(common_->log, common_->name)),
        woken_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        lines_(kLongestAnswer),
        asked_(common_->window + 1) {}
  ~Exec() override {
    if (program_) program_->stop(kPatience, kGrace);
    program_ = nullptr;
    close(woken_);
  }
  Exec(const Exec&) = delete;
  Exec& operator=(const Exec&) = delete;

  bool may_block() const override { return true; }
  bool looks_ahead() const override { return true; }
  void expect(std::span<const Message> messages) override;
  Outcome process(const Message& message, FieldSink& fields, std::string& reason) override;
  void interrupt() override {
    interrupted_.store(true, std::memory_order_release);
    eventfd_write(woken_, 1);
  }

 private:
  /// Where one of the expected messages is.
  struct Place {
    enum class State { here, asked, answered, failed } state = State::here;
    std::string text;  ///< the answer, or why it failed
  };
  /// A request that was written, or is about to be, and has no answer.
  struct Asked {
    std::uint64_t round;  ///< of expect(); of an earlier one: nobody waits for the answer
    std::size_t index;
  };
  enum class Came { answer, nothing, interruption };

  std::size_t find(const Message& message);
  bool start(std::string& reason);
  bool wait_for_restart();
  bool idle_program_is_well();
  void ask(const Message& message, std::size_t index);
  void ask_ahead();
  Came wait_for_answer(std::string_view& answer);
  bool take_answers(std::string_view& answer);
  void write();
  bool read();
  void let_answers_gather();
  bool wait_for_change();
  void begin_attempt();
  void broke(const std::string& what, bool its_answers_count);
  void fail_first(const std::string& reason);
  void lose(std::string what, bool its_answers_count);
  std::string how_it_ended();

  std::shared_ptr<Common> common_;
  std::shared_ptr<LogRate> log_;
  int woken_;
  std::atomic<bool> interrupted_{false};

  std::unique_ptr<Program> program_;
  milliseconds backoff_ = kFirstBackoff;
  steady_clock::time_point restart_at_{};
  std::optional<steady_clock::time_point> give_up_at_;  // the present attempt

  std::span<const Message> expected_;
  std::vector<Place> places_;  // of each, at least one
  std::uint64_t round_ = 0;
  std::size_t present_ = 0;  // index of the message in process()
  std::size_t ahead_ = 0;    // before this none is to be asked for, but the present one
  std::size_t kept_ = 0;     // bytes of answers that came early

  std::string out_;  // requests, of which written_ bytes are gone
  std::size_t written_ = 0;
  bool input_full_ = false;
  std::optional<steady_clock::time_point> input_closed_;
  Lines lines_;
  AnswerReader reader_;
  std::vector<Asked> asked_;  // a ring
  std::size_t first_asked_ = 0;
  std::size_t count_asked_ = 0;
  std::size_t came_ = 0;  // answers since it last waited for some
  std::string lost_;      // why the last program was given up
};

void Exec::expect(std::span<const Message> messages) {
  ++round_;
  expected_ = messages;
  present_ = ahead_ = kept_ = 0;
  if (places_.size() < messages.size() + 1) places_.resize(messages.size() + 1);
  for (auto& place : places_) place.state = Place::State::here;
}

// One that was not announced is a round of its own.
std::size_t Exec::find(const Message& message) {
  for (auto i = present_; i < expected_.size(); ++i) {
    if (expected_[i].position == message.position) return i;
  }
  expect({});
  return 0;
}

Outcome Exec::process(const Message& message, FieldSink& fields, std::string& reason) {
  present_ = find(message);
  begin_attempt();
  auto& place = places_[present_];
  bool looked = false;
  std::string_view answer;
  for (;;) {
    if (place.state == Place::State::failed) {
      place.state = Place::State::here;
      reason = place.text;
      return Outcome::fail;
    }
    if (place.state == Place::State::answered) {
      kept_ -= place.text.size();
      answer = place.text;
      break;
    }
    if (program_ && count_asked_ == 0 && !std::exchange(looked, true) && !idle_program_is_well()) {
      reason = lost_;
      return Outcome::fail;
    }
    if (!program_) {
      if (!start(reason)) return Outcome::fail;
      begin_attempt();
    }
    if (place.state == Place::State::here) ask(message, present_);
    ask_ahead();
    const auto came = wait_for_answer(answer);
    if (came == Came::answer) break;
    if (came == Came::interruption) {
      lose("was interrupted", true);
      reason = "interrupted";
      return Outcome::fail;
    }
  }
  place.state = Place::State::here;
  auto outcome = Outcome::append;
  if (reader_.read(answer, outcome, fields, reason)) return outcome;
  lose(reason, false);
  reason = lost_;
  return Outcome::fail;
}

// False if it cannot be, or not yet and nobody waits.
bool Exec::start(std::string& reason) {
  if (!wait_for_restart()) {
    reason = "interrupted";
    return false;
  }
  {
    const std::lock_guard lock(common_->mutex);
    program_ = std::move(common_->first);
  }
  if (program_) return true;
  auto program = Program::start(common_->command, common_->errors, log_);
  if (program) {
    program_ = std::move(*program);
    return true;
  }
  reason = common_->name + ": " + program.error().message;
  restart_at_ = steady_clock::now() + backoff_;
  backoff_ = std::min(2 * backoff_, kLongestBackoff);
  return false;
}

bool Exec::wait_for_restart() {
  while (!interrupted_.load(std::memory_order_acquire)) {
    const auto left = std::chrono::ceil<milliseconds>(restart_at_ - steady_clock::now());
    if (left <= milliseconds(0)) return true;
    pollfd waiting{woken_, POLLIN, 0};
    poll(&waiting, 1, static_cast<int>(left.count()));
  }
  return false;
}

// Nobody has asked it for anything. If it ended, another one takes its place; that is nobody's fault. False if it
// said something.
bool Exec::idle_program_is_well() {
  pollfd waiting[] = {{program_->output(), POLLIN, 0}, {program_->end(), POLLIN, 0}};
  bool ended = false;
  if (lines_.rest().empty()) {
    if (poll(waiting, 2, 0) <= 0) return true;
    ended = waiting[0].revents == 0 || !read();
  }
  if (!lines_.rest().empty()) {
    lose("said something without being asked: " + quoted_start(lines_.rest()), false);
    return false;
  }
  if (ended) lose(how_it_ended() + " while it had nothing to do", true);
  return true;
}

void Exec::ask(const Message& message, std::size_t index) {
  append_request(out_, message, common_->json);
  places_[index].state = Place::State::asked;
  asked_[(first_asked_ + count_asked_++) % asked_.size()] = {round_, index};
}

// When half of those it had are done, so that one call writes many.
void Exec::ask_ahead() {
  if (count_asked_ > (common_->window + 1) / 2) return;
  ahead_ = std::max(ahead_, present_ + 1);
  for (; ahead_ < expected_.size(); ++ahead_) {
    if (count_asked_ >= common_->window || out_.size() - written_ > kMostUnsent) return;
    if (places_[ahead_].state == Place::State::here) ask(expected_[ahead_], ahead_);
  }
}

// To the present message. `nothing`: there will be none from this program, which is lost.
Exec::Came Exec::wait_for_answer(std::string_view& answer) {
  for (;;) {
    if (!input_full_) write();
    if (take_answers(answer)) return Came::answer;
    if (!program_) return Came::nothing;
    let_answers_gather();
    if (!wait_for_change()) return Came::interruption;
    if (!program_) return Came::nothing;
  }
}

// Those that have come. True at the one to the present message.
bool Exec::take_answers(std::string_view& answer) {
  while (const auto line = lines_.next()) {
    if (count_asked_ == 0) {
      broke("said something without being asked: " + quoted_start(*line), false);
      return false;
    }
    const auto asked = asked_[first_asked_];
    first_asked_ = (first_asked_ + 1) % asked_.size();
    --count_asked_;
    ++came_;
    backoff_ = kFirstBackoff;
    if (asked.round != round_) continue;
    if (asked.index == present_) {
      answer = *line;
      return true;
    }
    auto& place = places_[asked.index];
    place.text = *line;
    place.state = Place::State::answered;
    kept_ += line->size();
    if (kept_ > kLongestAnswer) {
      broke("has said more than 64 MiB of which nothing was wanted yet", false);
      return false;
    }
  }
  if (lines_.too_long()) broke("its answer is larger than 64 MiB: " + quoted_start(lines_.rest()), false);
  return false;
}

void Exec::write() {
  while (written_ < out_.size()) {
    const auto sent = ::write(program_->input(), out_.data() + written_, out_.size() - written_);
    if (sent >= 0) {
      written_ += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      input_full_ = true;
      return;
    } else if (errno != EINTR) {  // it does not read any more; what it has answered still counts
      if (!input_closed_) input_closed_ = steady_clock::now();
      break;
    }
  }
  out_.clear();
  written_ = 0;
}

// Once. False at the end of its output.
bool Exec::read() {
  const auto got = ::read(program_->output(), lines_.room(kPiece), kPiece);
  if (got > 0) lines_.came(static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

// A program that answers one by one, and has enough to do, would wake this thread for each, which costs the program more
// than the answer. One that answers many at once is waited for at once.
void Exec::let_answers_gather() {
  constexpr timespec kMoment{0, 50'000};
  const auto came = std::exchange(came_, 0);
  if (count_asked_ < kManyAsked || 4 * came > count_asked_) return;
  pollfd waiting{woken_, POLLIN, 0};
  ppoll(&waiting, 1, &kMoment, nullptr);
}

// Waits for the program to take or say something, to end or to close its input. False if interrupted.
bool Exec::wait_for_change() {
  constexpr short kWritable = POLLOUT, kClosed = 0;
  pollfd waiting[] = {{woken_, POLLIN, 0},
                      {program_->output(), POLLIN, 0},
                      {program_->end(), POLLIN, 0},
                      {input_closed_ ? -1 : program_->input(), input_full_ ? kWritable : kClosed, 0}};
  auto until = give_up_at_;
  if (input_closed_)
    until = std::min(until.value_or(steady_clock::time_point::max()), *input_closed_ + kLastWords);
  int bound = -1;
  if (until) {
    const auto left = std::chrono::ceil<milliseconds>(*until - steady_clock::now());
    bound = static_cast<int>(std::max(left, milliseconds(0)).count());
  }
  const int ready = poll(waiting, std::size(waiting), bound);
  if (interrupted_.load(std::memory_order_acquire)) return false;
  if (ready == 0) {
    broke(input_closed_ ? "has closed its input and does not end"
                        : "took longer than " + std::to_string(common_->timeout.count()) + " ms",
          true);
    return true;
  }
  if (ready < 0) return true;
  if ((waiting[3].revents & POLLERR) != 0) input_closed_ = steady_clock::now();
  if (waiting[3].revents != 0) input_full_ = false;
  // Others may hold the output of one that ended open.
  const bool ended = waiting[1].revents != 0 ? !read() : waiting[2].revents != 0;
  if (ended) {
    const auto rest = lines_.rest();
    broke(how_it_ended() + (rest.empty() ? "" : " in the middle of an answer: " + quoted_start(rest)), true);
  }
  return true;
}

// Of the present message: what came before it is answered, so the program is at this one.
void Exec::begin_attempt() {
  if (common_->timeout.count() > 0) give_up_at_ = steady_clock::now() + common_->timeout;
}

/// It was at the first message that it had no answer to: that one has failed.
void Exec::broke(const std::string& what, bool its_answers_count) {
  const auto first = count_asked_ > 0 ? asked_[first_asked_] : Asked{round_, present_};
  lose(what, its_answers_count);
  if (first.round != round_) return;
  places_[first.index].state = Place::State::failed;
  places_[first.index].text = lost_;
}

/// Ends the program. What it has not answered is to be asked of the next one.
void Exec::lose(std::string what, bool its_answers_count) {
  const auto pid = std::to_string(program_->pid());
  program_->stop(milliseconds(0), kShortGrace);
  if (!program_->last_said().empty()) what += "; it said last: " + quoted_start(program_->last_said());
  lost_ = common_->name + ": " + what;
  log_->say("program_given_up"_event, common_->name + " [" + pid + "]", what);
  program_ = nullptr;
  restart_at_ = steady_clock::now() + backoff_;
  backoff_ = std::min(2 * backoff_, kLongestBackoff);

  out_.clear();
  written_ = 0;
  input_full_ = false;
  input_closed_ = std::nullopt;
  lines_.clear();
  count_asked_ = 0;
  ahead_ = present_;
  for (auto& place : places_) {
    if (place.state == Place::State::asked) place.state = Place::State::here;
    if (place.state == Place::State::answered && !its_answers_count) place.state = Place::State::here;
  }
  if (!its_answers_count) kept_ = 0;
}

std::string Exec::how_it_ended() {
  const auto code = program_->wait(kLastWords);
  return code ? process::how_it_ended(*code) : "closed its output";
}

std::string name_of(std::string_view command) {
  const auto shown = visible_text(command.substr(0, kLongestName));
  return "exec " + shown + (command.size() > kLongestName ? "..." : "");
}

}  // namespace

Result<ProcessorFactory> make_exec_processors(std::string_view command, const ProcessorContext& context) {
  const auto wrong = [&](ErrorKind kind, const std::string& what) {
    return Error{kind, "processor \"exec:" + visible_text(command) + "\": " + what};
  };
  auto words = command_words(command);
  if (!words) return wrong(words.error().kind, words.error().message);
  std::signal(SIGPIPE, SIG_IGN);
  const auto common = std::make_shared<Common>();
  common->command = std::move(*words);
  common->name = name_of(command);
  common->json = context.json;
  common->window = std::max(context.window, 1u);
  common->timeout = context.keeps ? context.timeout : milliseconds(0);
  common->log = context.log;
  auto first =
      Program::start(common->command, common->errors, std::make_shared<LogRate>(common->log, common->name));
  if (!first) return wrong(ErrorKind::configuration, first.error().message);
  common->first = std::move(*first);
  return ProcessorFactory([common] { return std::make_unique<Exec>(common); });
}

}  // namespace tributary::process
