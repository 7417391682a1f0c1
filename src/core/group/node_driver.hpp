#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/group/node.hpp"

namespace tributary::group {

/// A call that the node made, with its id; 0 if there is none.
template <class Kind>
struct Asked : Kind {
  CallId id = 0;
};

/// As the script gets them.
inline std::string lengths_of(const BeatCall& beat) { return arguments_of(beat)[7]; }
inline std::string members_of(const InstallCall& install) { return arguments_of(install)[5]; }

/// For unit tests: plays the world around one node by hand. Events and answers go in, what the node asked for
/// is kept by kind. "me" stands for the node's present member id in everything the test says.
class NodeDriver {
 public:
  static NodeSettings settings() {
    NodeSettings settings;
    settings.group = "out";
    settings.name = "node";
    settings.fingerprint = "print";
    return settings;
  }
  explicit NodeDriver(NodeSettings with = settings()) : node(std::move(with), 1) {}

  Node node;
  TimeMs now = 1000;
  std::deque<MakeCall> calls;  ///< not yet answered; commits are not among them, but releases are
  int connects = 0;            ///< subscribers asked for
  int subscriber_drops = 0, command_drops = 0;
  std::vector<std::string> reports;
  std::vector<std::string> decisions;  // what is reported at the level debug
  std::optional<Finish> finished;
  std::string nonce = "group", identity = "run/repl";
  std::uint64_t view = 0, tick_number = 0;  ///< of the last marker, and the last tick
  std::string members = "-", leader = "x";  ///< what beats are answered with
  std::string
      figures;  ///< of each member, "capacity/received/committed/backlog/busy" by comma; empty: not told
  std::optional<std::uint64_t> known_below;  ///< told with the figures; nothing: the view
  std::vector<std::string> desired = std::vector<std::string>(8);  ///< told with the figures
  bool server_answers = true;                                      ///< also to calls that nobody waits for

  std::string me() const { return node.member().text; }

  /// "me/1 x/0" as a list of members: weights given, in order of joining.
  std::string list(const std::string& text) const {
    std::string result;
    int order = 0;
    for (const auto word : split(text, ' ')) {
      const auto parts = split(word, '/');
      const std::string id = parts[0] == "me" ? me() : std::string(parts[0]);
      const std::string present = parts.size() > 2 ? "/" + std::string(parts[2]) : "";
      result += (result.empty() ? "" : ",") + id + "/" + std::string(parts[1]) + "/" +
                std::to_string(++order) + "/0" + present;
    }
    return result.empty() ? "-" : result;
  }

  void absorb() {
    if (member_ != node.member()) {  // as a new member it heeds no answer to what the former one asked
      member_ = node.member();
      std::erase_if(calls, [&](const MakeCall& call) {
        if (script_of(call.call) == Script::commit) return false;
        if (server_answers) node.on_answer(call.id, {Answer::Kind::values, {"too late"}, {}}, now);
        return true;
      });
    }
    for (auto& action : node.take_actions()) {
      if (auto* call = std::get_if<MakeCall>(&action)) calls.push_back(*call);
      if (std::holds_alternative<ConnectSubscriber>(action)) ++connects;
      if (auto* drop = std::get_if<DropConnections>(&action)) {
        subscriber_drops += drop->subscriber ? 1 : 0;
        command_drops += drop->commands ? 1 : 0;
      }
      if (auto* report = std::get_if<Report>(&action)) {
        (report->level == Report::Level::debug ? decisions : reports).push_back(report->text);
      }
      if (auto* finish = std::get_if<Finish>(&action)) finished = *finish;
    }
  }

  void time(TimeMs ms) {
    now += ms;
    node.on_time(now);
    absorb();
  }

  bool asked(Script script) const {
    for (const auto& call : calls) {
      if (script_of(call.call) == script) return true;
    }
    return false;
  }
  /// The oldest call of the script that is not answered yet; its id is 0 if there is none.
  template <class Kind>
  Asked<Kind> take() {
    for (auto call = calls.begin(); call != calls.end(); ++call) {
      const auto* kind = std::get_if<Kind>(&call->call);
      if (!kind) continue;
      Asked<Kind> found{*kind, call->id};
      calls.erase(call);
      return found;
    }
    return {};
  }

  void answer(CallId id, std::vector<std::string> values) {
    node.on_answer(id, {Answer::Kind::values, std::move(values), {}}, now);
    absorb();
  }
  void refuse(CallId id, std::string error) {
    node.on_answer(id, {Answer::Kind::refused, {}, std::move(error)}, now);
    absorb();
  }
  void lose(CallId id) {
    node.on_answer(id, Answer{}, now);
    absorb();
  }

  void control(const std::string& text) {
    node.on_control(text, now);
    absorb();
  }
  std::string id(std::uint64_t number) const { return std::to_string(number) + ".v"; }
  /// Reads the marker of a view, which beats name from then on.
  void marker(std::uint64_t number, const std::string& of, bool alone = false) {
    view = number;
    members = of;
    control("tributary/1 marker " + nonce + " " + id(number) + (alone ? " - " : " 0.x ") + identity + " " +
            std::to_string(tick_number) + " " + list(of));
  }
  void tick() { control("tributary/1 tick " + nonce + " " + std::to_string(++tick_number) + " " + identity); }
  /// The same in a group with an order key: `before` are the members of the view before, "" for none.
  void keyed_marker(std::uint64_t number, const std::string& of, const std::string& before) {
    view = number;
    members = of;
    control("tributary/1 marker " + nonce + " " + id(number) + (before.empty() ? " - " : " 0.x ") + identity +
            " " + std::to_string(tick_number) + " " + list(of) + " " + (before.empty() ? "-" : list(before)));
  }
  /// Messages with keys that fall to these slots.
  void keyed_messages(const std::vector<std::uint16_t>& slots) {
    for (const auto slot : slots) node.on_message("m" + std::to_string(++sent_), {}, slot);
    node.on_batch_end(now);
    absorb();
  }
  void messages(int count, std::size_t padding = 0) {
    for (int i = 0; i < count; ++i)
      node.on_message("m" + std::to_string(++sent_) + std::string(padding, '.'));
    node.on_batch_end(now);
    absorb();
  }

  void connect_commands() {
    node.on_commands_connected(*Identity::parse(identity), now);
    absorb();
  }
  void lose_commands() {
    node.on_commands_lost(now);
    calls.clear();
    absorb();
  }
  void lose_subscriber() {
    node.on_subscriber_lost(now);
    absorb();
  }
  void connect() {
    connect_commands();
    subscribe();
  }
  void subscribe() {
    node.on_subscribed(identity.substr(0, identity.find('/')), now);
    absorb();
  }
  /// Answers the join that is under way: the node is a member of view `number`.
  void joined(std::uint64_t number, const std::string& of, bool started = false) {
    answer(take<JoinCall>().id, {"ok", id(number), list(of), identity, nonce, std::to_string(tick_number),
                                 started ? "nobody" : "others"});
  }
  /// From nothing to a member of `number` that has read its marker and whose first beat was answered.
  void start(const std::string& of = "me/1", std::uint64_t number = 1) {
    connect();
    joined(number, of);
    marker(number, of);
    beat("");
  }

  /// The next beat's call, waiting for it if need be.
  Asked<BeatCall> next_beat() {
    for (int i = 0; i < 100 && !asked(Script::beat); ++i) time(50);
    auto call = take<BeatCall>();
    TRIBUTARY_CHECK(call.id != 0);
    return call;
  }
  /// Answers a beat. Lanes "1:0:me:3:-" (view number, index, owner, position, end) by blank; with "" the
  /// lanes of the present view are listed, at their start, under the members of their index.
  void answer_beat(const Asked<BeatCall>& call, const std::string& lanes) {
    std::string text;
    for (const auto word : split(lanes, ' ')) {
      const auto parts = split(word, ':');
      const std::string owner = parts[2] == "me" ? me() : std::string(parts[2]);
      text += (text.empty() ? "" : " ") + std::string(parts[0]) + ".v:" + std::string(parts[1]) + ":" +
              owner + ":" + std::string(parts[3]) + ":" + std::string(parts[4]);
    }
    if (lanes.empty()) {
      int index = -1;
      for (const auto word : split(members, ' ')) {
        ++index;
        const auto parts = split(word, '/');
        if (parts[1] == "0") continue;
        text += (text.empty() ? "" : " ") + id(view) + ":" + std::to_string(index) + ":" +
                (parts[0] == "me" ? me() : std::string(parts[0])) + ":0:-";
      }
    }
    std::string with_presence;
    for (const auto word : split(members, ' ')) {
      const bool told = split(word, '/').size() > 2;
      with_presence += (with_presence.empty() ? "" : " ") + std::string(word) + (told ? "" : "/1");
    }
    std::vector<std::string> values{
        "ok", id(view), leader == "me" ? me() : leader, std::to_string(tick_number), list(with_presence),
        text};
    values.push_back(figures);
    values.push_back(std::to_string(known_below.value_or(view)));
    values.insert(values.end(), desired.begin(), desired.end());
    answer(call.id, std::move(values));
  }
  /// One whole beat.
  Asked<BeatCall> beat(const std::string& lanes) {
    auto call = next_beat();
    answer_beat(call, lanes);
    return call;
  }
  /// Beats for so long, each answered with these lanes.
  void beats(const std::string& lanes, TimeMs for_ms) {
    for (const auto end = now + for_ms; now < end;) beat(lanes);
  }

  struct Sent {
    CommitPlan plan;
    CallId id = 0;
  };
  /// Sends one commit of at most so many entries, if one may be sent.
  std::optional<Sent> commit(std::uint64_t most = 100) {
    const auto plan = node.next_commit(most, now);
    if (!plan) return std::nullopt;
    const auto id = node.commit_sent(*plan, plan->end, CommitWay::script, now);
    absorb();
    return Sent{*plan, id};
  }
  const LaneWork* work(std::uint64_t of, std::uint32_t index) {
    for (const auto& work : node.works()) {
      if (work.lane == LaneId{{of, "v"}, index}) return &work;
    }
    return nullptr;
  }
  const HeldView* held(std::uint64_t of) const { return node.held(ViewId{of, "v"}); }

 private:
  int sent_ = 0;
  MemberId member_;
};

}  // namespace tributary::group
