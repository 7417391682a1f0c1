#include <deque>
#include <string>
#include <vector>

#include "core/group/node_driver.hpp"
#include "fuzz_target.hpp"
#include "script.hpp"

// A node whose server says anything at all, true or not: it may leave or end, but never break. Each line is
// one event, named by its first letter:
//
//   J B C K I W L V D <value>|...  an answer to the oldest call of join, beat, commit, claim, install, sweep,
//                                  leave, revive, declare
//   U <error>  P <error>           the oldest commit was left unsettled, was done in part
//   R <error>  ?                   the oldest call was refused, its fate is unknown
//   c <text>   m N                 a control message, a data message of N bytes
//   t N                            N milliseconds pass
//   n N                            a commit of at most N entries is sent, if one may be
//   x y  s o                       subscriber, commands lost; connected (if asked for, or to be expected)
//   q                              asked to leave
namespace tributary::fuzz {
namespace {

using namespace group;

NodeSettings settings() {
  auto settings = NodeDriver::settings();
  settings.journal_limit = 64 << 10;
  return settings;
}

class World {
 public:
  World() : driver_(settings()) { driver_.start("me/1 x/1"); }

  bool over() const { return driver_.finished.has_value(); }
  void step(std::string_view line);

 private:
  template <class Kind>
  void answer(std::string_view values);
  void unanswered(const Answer& answer);
  void commit(std::uint64_t most);
  void connection(char what);
  void notice_drops();
  void look();

  NodeDriver driver_;
  std::deque<CallId> commits_;
  bool subscriber_ = true, commands_ = true;
  int connects_ = 0, subscriber_drops_ = 0, command_drops_ = 0;  // of the driver's counts, those acted on
};

void World::step(std::string_view line) {
  if (line.empty()) return;
  const auto text = with_member(line.substr(std::min<std::size_t>(line.size(), 2)), driver_.node.member());
  switch (line[0]) {
    case 'J':
      answer<JoinCall>(text);
      break;
    case 'B':
      answer<BeatCall>(text);
      break;
    case 'C':
      answer<CommitCall>(text);
      break;
    case 'K':
      answer<ClaimCall>(text);
      break;
    case 'I':
      answer<InstallCall>(text);
      break;
    case 'W':
      answer<SweepCall>(text);
      break;
    case 'L':
      answer<LeaveCall>(text);
      break;
    case 'V':
      answer<ReviveCall>(text);
      break;
    case 'D':
      answer<DeclareCall>(text);
      break;
    case 'R':
      unanswered({Answer::Kind::refused, {}, text});
      break;
    case 'U':
      unanswered({Answer::Kind::unsettled, {}, text});
      break;
    case 'P':
      unanswered({Answer::Kind::in_part, {}, text});
      break;
    case '?':
      unanswered({});
      break;
    case 'c':
      if (subscriber_) driver_.control(text);
      break;
    case 'm':
      if (subscriber_) driver_.messages(1, small_number(text, 20'000));
      break;
    case 't':
      driver_.time(static_cast<TimeMs>(small_number(text, 100'000)));
      break;
    case 'n':
      commit(small_number(text, 1000) + 1);
      break;
    case 'q':
      driver_.node.leave(driver_.now);
      driver_.absorb();
      break;
    default:
      connection(line[0]);
  }
  notice_drops();
  look();
}

template <class Kind>
void World::answer(std::string_view values) {
  std::vector<std::string> told;
  for (const auto value : split(values, '|')) told.emplace_back(value);
  if (std::is_same_v<Kind, CommitCall> && !commits_.empty()) {
    const auto id = commits_.front();
    commits_.pop_front();
    return driver_.answer(id, std::move(told));
  }
  if (const auto call = driver_.take<Kind>(); call.id != 0) driver_.answer(call.id, std::move(told));
}

void World::unanswered(const Answer& answer) {
  CallId id = 0;
  if (!commits_.empty()) {
    id = commits_.front();
    commits_.pop_front();
  } else if (!driver_.calls.empty()) {
    id = driver_.calls.front().id;
    driver_.calls.pop_front();
  }
  driver_.node.on_answer(id, answer, driver_.now);
  driver_.absorb();
}

void World::commit(std::uint64_t most) {
  if (const auto sent = driver_.commit(most)) commits_.push_back(sent->id);
}

void World::connection(char what) {
  if (what == 'x' && subscriber_) {
    subscriber_ = false;
    driver_.lose_subscriber();
  } else if (what == 'y' && commands_) {
    commands_ = false;
    commits_.clear();
    driver_.lose_commands();
  } else if (what == 's' && !subscriber_ && driver_.connects > connects_) {
    subscriber_ = true;
    driver_.subscribe();
  } else if (what == 'o' && !commands_) {
    commands_ = true;
    driver_.connect_commands();
  }
  if (subscriber_) connects_ = driver_.connects;
}

// What the node ended itself is over without another word.
void World::notice_drops() {
  if (driver_.subscriber_drops > subscriber_drops_) subscriber_ = false;
  if (driver_.command_drops > command_drops_) {
    commands_ = false;
    commits_.clear();
    driver_.calls.clear();
  }
  subscriber_drops_ = driver_.subscriber_drops;
  command_drops_ = driver_.command_drops;
}

// Everything that others look at must stand at any time.
void World::look() {
  const auto& node = driver_.node;
  TRIBUTARY_CHECK(node.backlog() <= node.statistics().received);
  TRIBUTARY_CHECK(node.uncommitted() <= node.statistics().received);
  TRIBUTARY_CHECK(node.coverage_ms() <= node.settings().window_ms);
  TRIBUTARY_CHECK(node.journal_bytes() < (std::uint64_t{1} << 40));
  if (const auto* growing = node.growing())
    TRIBUTARY_CHECK(growing->journal.count() <= node.statistics().received);
  if (const auto plan = node.next_commit(10, driver_.now)) {
    const auto* view = node.held(plan->lane.view);
    TRIBUTARY_CHECK(view && plan->first < plan->end &&
                    view->journal.lane(plan->lane.index).holds(plan->first) &&
                    view->journal.lane(plan->lane.index).holds(plan->end - 1));
  }
}

}  // namespace

void run(std::string_view input) {
  World world;
  for (const auto line : split(input, '\n')) {
    if (world.over()) return;
    world.step(line);
  }
}

}  // namespace tributary::fuzz
