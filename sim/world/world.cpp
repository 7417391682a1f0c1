#include "sim/world/world.hpp"

#include <algorithm>

namespace tributary::sim {
namespace {

constexpr TimeMs kHealingBound_ms = 40'000;
constexpr TimeMs kLeavingBound_ms = 30'000;
// By keys, each view whose end nobody knows is waited for until it is given up, which takes a replay window: one after the
// other, if Redis went back over several.
constexpr TimeMs kWaitingForTurns_ms = 60'000;
constexpr TimeMs kLookInterval_ms = 100;
// Three deaths in a row at one message set it aside; those before it was the next one of its lane come on top.
constexpr int kMostPoisoned = 8;
constexpr TimeMs kGrace_ms = 20'000;  // longer than anybody is away who comes back

}  // namespace

World::Scenario World::make_scenario(Environment& environment, const RunSettings& settings) {
  Scenario scenario;
  auto& e = environment;
  static constexpr std::size_t kNodes[] = {2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 6, 7};
  scenario.nodes = kNodes[e.below(std::size(kNodes))];
  if (e.chance(30)) {
    scenario.lease_ms = 1000;
    scenario.beat_ms = 250;
    scenario.window_ms = 3000;
  }
  scenario.duration_ms = e.between(4000, 10'000);
  scenario.messages = static_cast<std::uint64_t>(e.between(40, 250));
  static constexpr std::uint64_t kBatches[] = {1, 3, 10, 100};
  scenario.batch_size = kBatches[e.below(4)];
  if (e.chance(10)) scenario.stream_maxlen = 50;
  scenario.anchored = e.chance(50);
  scenario.mixed = e.chance(30);
  scenario.inline_processing = e.chance(70);
  scenario.zombies = e.chance(50);
  scenario.bus = e.chance(50);
  scenario.strikes = static_cast<std::size_t>(e.between(1, 7));
  scenario.small_journals = e.chance(15);
  scenario.hasty = e.chance(15);
  scenario.directories = e.chance(40);
  if (!scenario.anchored && !scenario.hasty && e.chance(15)) {
    scenario.mixed = true;
    scenario.nodes = static_cast<std::size_t>(e.between(10, 12));  // some are to be left
    scenario.poison =
        5 + 13 * static_cast<std::uint32_t>(e.below(6));  // one whose end is a dead letter, see fate_of()
  }
  scenario.keyed = settings.keyed || settings.seed % 4 == 0;
  if (!scenario.poison && e.chance(25)) {
    static constexpr TimeMs kSpans[] = {300, 1000, 3000, 20'000};
    scenario.ids = {kSpans[e.below(4)], e.chance(40) ? 6 + e.below(60) : 1000};
  }
  scenario.kinds = settings.faults;
  const auto kinds = settings.faults.empty() ? e.between(1, 4) : 0;
  for (std::int64_t i = 0; i < kinds; ++i) scenario.kinds.push_back(static_cast<Fault>(e.below(kFaultKinds)));
  for (const auto kind : scenario.kinds) {
    if (kind == Fault::slow_processing || kind == Fault::hang) scenario.inline_processing = false;
    if (kind >= Fault::kill_all) scenario.directories = true;
  }
  return scenario;
}

World::World(Scripts& scripts, const RunSettings& settings)
    : settings_(settings),
      environment_(settings.seed * 0x9e3779b97f4a7c15ULL + 1, settings.traced, settings.loud),
      scenario_(make_scenario(environment_, settings)),
      checker_(environment_, scenario_.mixed, scenario_.keyed, scenario_.ids),
      server_(environment_, scripts, "out", checker_, *this) {
  checker_.watch(server_, [this](const auto& by, const auto& view, auto lane, auto position) {
    return holder(by, view, lane, position);
  });
  server_.set_bus(scenario_.bus);
}

std::string World::describe() const {
  std::string text =
      std::to_string(scenario_.nodes) + " nodes, " + std::to_string(scenario_.messages) + " messages in " +
      std::to_string(scenario_.duration_ms) + " ms, lease " + std::to_string(scenario_.lease_ms) +
      " ms, batches of " + std::to_string(scenario_.batch_size) + (scenario_.anchored ? ", anchored" : "") +
      (scenario_.mixed ? ", mixed entries" : "") + (scenario_.inline_processing ? "" : ", slow consumers") +
      (scenario_.poison ? ", poison m" + std::to_string(*scenario_.poison) : "") +
      (scenario_.ids.on() ? ", ids for " + std::to_string(scenario_.ids.span_ms) + " ms, at most " +
                                std::to_string(scenario_.ids.most)
                          : "") +
      (scenario_.small_journals ? ", small journals" : "") + (scenario_.directories ? ", directories" : "") +
      (scenario_.hasty ? ", hasty" : "") + (scenario_.keyed ? ", in order by key" : "") + "; " +
      std::to_string(scenario_.strikes) + " strikes of:";
  for (const auto kind : scenario_.kinds) text += " " + std::string(kind_of(kind).name);
  return text;
}

// --- the nodes

std::shared_ptr<journal::Disk> World::directory_for(std::size_t slot, std::size_t index,
                                                    Directory directory) {
  if (!scenario_.directories) return nullptr;
  const auto seed = environment_.random.next();
  const Worker* before = nullptr;
  for (const auto& worker : workers_) {
    if (slots_[worker->index()] == slot) before = worker.get();
  }
  if (!before || before->left()) return std::make_shared<journal::Disk>(seed);
  const auto old = old_copies_.find(slot);
  if (directory == Directory::old && old != old_copies_.end()) return old->second->copy(seed);
  std::shared_ptr<journal::Disk> disk = before->disk()->copy(seed);
  if (directory == Directory::torn) {
    disk->tear();
  } else if (!incomplete_.contains(before->index())) {
    goes_on_from_[index] = before->index();
  }
  return disk;
}

void World::start_worker(std::size_t slot, TimeMs at, Directory directory) {
  slots_used_ = std::max(slots_used_, slot + 1);
  ++starts_ahead_;
  environment_.events.at(at, [this, slot, directory] {
    --starts_ahead_;
    WorkerSettings settings;
    settings.index = workers_.size();
    settings.node.group = "out";
    settings.node.name = "n" + std::to_string(slot);
    settings.node.fingerprint = std::string(scenario_.keyed ? "keyed " : "") +
                                (scenario_.anchored ? "input sharded channel in" : "input channel in");
    settings.keyed = scenario_.keyed;
    const auto consumers = static_cast<std::uint32_t>(1 + environment_.below(4));
    (environment_.chance(30) ? settings.node.capacity : settings.node.weight) = consumers;
    if (settings.node.capacity > 0) settings.node.weight = 0;
    settings.node.beat_ms = scenario_.beat_ms;
    settings.node.lease_ms = scenario_.lease_ms;
    settings.node.window_ms = scenario_.window_ms;
    settings.node.inline_processing = scenario_.inline_processing;
    const bool anchor = scenario_.anchored && settings.index == 0;
    if (scenario_.small_journals && !anchor && environment_.chance(60)) {
      settings.node.journal_limit = static_cast<std::uint64_t>(environment_.between(6000, 40'000));
    }
    settings.node.presence = {{"host", "h" + std::to_string(slot)}};
    settings.disk = directory_for(slot, settings.index, directory);
    if (settings.disk) {
      settings.node.journal_id = "d" + std::to_string(slot);
      settings.node.journal_grace_ms = kGrace_ms;
    }
    settings.batch_size = scenario_.batch_size;
    settings.stream_maxlen = scenario_.stream_maxlen;
    settings.ids = scenario_.ids;
    settings.mixed_entries = scenario_.mixed;
    settings.poison = scenario_.poison;
    settings.on_poisoned = [this, slot, index = settings.index] {
      ++poisoned_;
      if (!workers_[index]->leaving())
        start_worker(slot, environment_.now() + environment_.between(10, 1500));
    };
    slots_.push_back(slot);
    workers_.push_back(
        std::make_unique<Worker>(environment_, server_, checker_, settings, environment_.random.next()));
    if (environment_.traced()) {
      environment_.note("node " + std::to_string(settings.index) + " starts as n" + std::to_string(slot) +
                        ", weight " + std::to_string(settings.node.weight) + ", capacity " +
                        std::to_string(settings.node.capacity));
    }
    workers_.back()->start();
  });
}

void World::on_answer(const std::shared_ptr<CommandLink>& link, group::CallId call,
                      const group::Answer& answer) {
  auto& worker = *workers_[link->node];
  worker.when_running([&worker, link, call, answer] {
    if (worker.commands() == link) worker.on_answer(call, answer);
  });
}

void World::on_commands_end(const std::shared_ptr<CommandLink>& link) {
  auto& worker = *workers_[link->node];
  worker.when_running([&worker, link] {
    if (worker.commands() == link) worker.on_commands_end();
  });
}

bool World::on_readable(const std::shared_ptr<SubscriberLink>& link) {
  return workers_[link->node]->on_readable(link);
}

// --- publishing

void World::publish() {
  const auto message = published_++;
  const auto payload = payload_of(message, scenario_.ids.on());
  if (environment_.chance(25) && server_.publish_to_zombie(message, payload)) return;
  server_.publish(message, payload);
}

void World::plan_publishing() {
  // Bursts and single messages, evenly mixed over the time.
  std::uint64_t left = scenario_.messages;
  while (left > 0) {
    const auto burst =
        std::min<std::uint64_t>(left, environment_.chance(30) ? 1 + environment_.below(20) : 1);
    left -= burst;
    environment_.events.at(environment_.between(200, scenario_.duration_ms), [this, burst] {
      for (std::uint64_t i = 0; i < burst; ++i) publish();
    });
  }
}

void World::plan_faults() {
  for (std::size_t i = 0; i < scenario_.strikes; ++i) {
    const auto fault = scenario_.kinds[environment_.below(scenario_.kinds.size())];
    const auto latest = fault == Fault::late_return ? 1500 : scenario_.duration_ms;
    environment_.events.at(environment_.between(500, latest), [this, fault] { strike(fault); });
  }
}

// --- the course of a run

Outcome World::run() {
  if (environment_.traced()) environment_.note(describe());
  for (std::size_t slot = 0; slot < scenario_.nodes; ++slot) {
    start_worker(slot, slot == 0 ? 0 : environment_.between(0, 1500));
  }
  plan_publishing();
  plan_faults();
  if (run_until(scenario_.duration_ms)) finish();

  Outcome outcome;
  outcome.violation = environment_.violation();
  outcome.scenario = describe();
  outcome.trace = {environment_.trace().begin(), environment_.trace().end()};
  outcome.events = environment_.events.done();
  outcome.scripts = server_.scripts_run();
  outcome.messages = published_;
  outcome.appended = checker_.appended();
  outcome.views = checker_.views();
  outcome.simulated_ms = environment_.now();
  outcome.quiet_ms = quiet_ms_;
  outcome.left_ms = left_ms_;
  outcome.faults = counts_;
  return outcome;
}

bool World::run_until(TimeMs time) {
  bool reached = false;
  environment_.events.at(time, [&reached] { reached = true; });
  while (!reached && !environment_.failed()) environment_.events.run_next();
  return !environment_.failed();
}

template <class Condition>
bool World::run_until_true(TimeMs bound_ms, Condition condition, const std::string& what) {
  const auto bound = environment_.now() + bound_ms;
  while (true) {
    const std::string why = condition();
    if (environment_.failed() || why.empty()) return !environment_.failed();
    if (environment_.now() >= bound) {
      environment_.violation("not " + what + " within " + std::to_string(bound_ms / 1000) + " s: " + why);
      return false;
    }
    if (!run_until(environment_.now() + kLookInterval_ms)) return false;
  }
}

void World::heal() {
  if (environment_.traced()) environment_.note("--- the faults end");
  healed_ = true;
  server_.heal();
  if (strikes(Fault::hold)) {
    for (const TimeMs after : {0, 3000}) {  // again: a roll-back may still be under way
      environment_.events.after(after, [this] { desire("state", "running"); });
    }
  }
  for (const auto& worker : workers_) {
    worker->rejoin_network();
    worker->resume();
    if (worker->alive()) survivors_.push_back(worker->index());
  }
  const bool anybody = std::any_of(workers_.begin(), workers_.end(),
                                   [](const auto& worker) { return worker->alive() && !worker->leaving(); });
  if (!anybody) start_worker(slots_used_, environment_.now());
  for (int i = 0; i < 8; ++i) {
    environment_.events.after(environment_.between(0, 1000), [this] { publish(); });
  }
}

std::string World::not_quiet() {
  bool anybody = false;
  for (const auto& worker : workers_) {
    if (!worker->alive()) continue;
    const auto name = "node " + std::to_string(worker->index());
    if (worker->leaving()) return name + " has not left yet";
    anybody = true;
    if (!worker->node().joined()) return name + " has not joined";
    if (!checker_.is_listed(worker->node().member().text)) return name + " is not in the view";
    if (worker->node().undeclared() > 0) return name + " has something to declare";
  }
  if (starts_ahead_ > 0) return "somebody is still to start";
  if (!anybody) {  // the last one has left since
    start_worker(slots_used_, environment_.now());
    return "nobody is there";
  }
  const auto why = checker_.unfinished();
  if (!why.empty()) return why;
  for (const auto& worker : workers_) {
    if (worker->alive() && worker->node().backlog() > 0) {
      return "node " + std::to_string(worker->index()) + " has a backlog of " +
             std::to_string(worker->node().backlog());
    }
  }
  return "";
}

bool World::strikes(Fault fault) const {
  return std::find(scenario_.kinds.begin(), scenario_.kinds.end(), fault) != scenario_.kinds.end();
}

// Which living member, if any, holds the next message of a lane: then nobody may give it up.
std::string World::holder(const Checker& by, const std::string& view_id, std::uint32_t lane,
                          std::uint64_t position) const {
  const auto view = group::ViewId::parse(view_id);
  for (const auto& worker : workers_) {
    if (!view) continue;
    const auto directory = "d" + std::to_string(slots_[worker->index()]);
    if (!worker->alive() && !worker->finished() && worker->disk() &&
        by.awaits(directory, worker->node().member().text)) {
      const auto* kept = worker->node().held(*view);
      if (kept && kept->holds_next(lane, position))
        return "the journal of node " + std::to_string(worker->index());
    }
    if (!worker->alive()) continue;
    const auto* held = worker->node().held(*view);
    if (held && by.is_member(worker->node().member().text) && held->holds_next(lane, position)) {
      return "node " + std::to_string(worker->index());
    }
  }
  return "";
}

void World::check_losses() {
  bool may_declare = false, spares_anchor = true, history = false;
  for (const auto fault : scenario_.kinds) {
    const auto& kind = kind_of(fault);
    may_declare = may_declare || kind.may_declare;
    spares_anchor = spares_anchor && kind.spares_anchor;
    history = history || kind.history;
  }
  const bool deleted = strikes(Fault::delete_state) || strikes(Fault::flush_all);
  // Deleted after it went back, the state takes with it lanes that nobody knew of who could declare them.
  if (deleted && history) return;
  for (const auto survivor : survivors_) {
    if (!scenario_.hasty && !workers_[survivor]->alive()) continue;  // it has left
    const bool anchor = scenario_.anchored && survivor == 0 && spares_anchor;
    const auto& node = workers_[survivor]->node();
    const bool forgets =
        node.statistics().given_up_lanes > 0 || (history && node.settings().journal_limit < 1'000'000);
    const auto what = checker_.missing(survivor, (may_declare && !anchor) || forgets);
    if (!what.empty()) return environment_.violation(what);
  }
  check_found(may_declare, history);
}

// What a process received that was killed is found by the next one of its node, and not lost either.
void World::check_found(bool declared_will_do, bool history) {
  for (const auto survivor : survivors_) {
    if (!workers_[survivor]->alive()) continue;
    bool forgets = declared_will_do;
    for (auto at = goes_on_from_.find(survivor); at != goes_on_from_.end();
         at = goes_on_from_.find(at->second)) {
      for (const auto index : {at->first, at->second}) {
        const auto& node = workers_[index]->node();
        forgets = forgets || node.statistics().given_up_lanes > 0 ||
                  (history && node.settings().journal_limit < 1'000'000);
      }
      const auto what = checker_.missing(at->second, forgets);
      if (!what.empty()) return environment_.violation(what + ", though its journal was found");
    }
  }
}

// What must not happen where nothing bad enough did.
void World::check_peace() {
  bool harmless = !scenario_.poison, survivor_everywhere = scenario_.anchored, counts_last = true;
  for (const auto fault : scenario_.kinds) {
    const auto& kind = kind_of(fault);
    harmless = harmless && kind.harmless;
    counts_last = counts_last && !kind.history && !kind.may_declare;  // what the state holds stays there
    survivor_everywhere = survivor_everywhere && kind.spares_anchor && !kind.history;
  }
  // By keys lanes go on side by side: a death may be put down to another one, which is found innocent.
  if (counts_last && poisoned_ > kMostPoisoned + (scenario_.keyed ? 4 : 0))
    environment_.violation("m" + std::to_string(*scenario_.poison) + " ended " + std::to_string(poisoned_) +
                           " nodes");
  if (harmless && checker_.expelled() > 0) {
    environment_.violation("somebody is expelled, but nobody was out of reach for a lease");
  }
  if (survivor_everywhere) {
    const auto declared = checker_.declared_since(0);
    if (!declared.empty())
      environment_.violation("a loss is declared, but node 0 was there all the time: " + declared);
  }
}

bool World::quieten() {
  const auto begin = environment_.now();
  if (!run_until(begin + 1500)) return false;
  if (!run_until_true(
          kHealingBound_ms + (scenario_.keyed ? kWaitingForTurns_ms : 0), [this] { return not_quiet(); },
          "quiet"))
    return false;
  quiet_ms_ = environment_.now() - begin;
  check_losses();
  check_peace();
  return !environment_.failed();
}

bool World::leave_together() {
  if (environment_.traced()) environment_.note("--- all leave");
  const auto begin = environment_.now();
  const auto still_there = [this]() -> std::string {
    if (starts_ahead_ > 0) return "somebody is still to start";
    std::string why;
    for (const auto& worker : workers_) {
      if (!worker->alive()) continue;
      why = "node " + std::to_string(worker->index()) + " has not left";
      if (!worker->leaving()) {
        environment_.events.after(environment_.between(0, 1000), [&worker = *worker] {
          if (worker.alive() && !worker.leaving()) worker.leave();
        });
      }
    }
    return why;
  };
  if (!run_until_true(kLeavingBound_ms + (scenario_.keyed ? kWaitingForTurns_ms : 0), still_there,
                      "left by all"))
    return false;
  left_ms_ = environment_.now() - begin;
  return run_until(environment_.now() + 100);
}

void World::finish() {
  heal();
  if (!scenario_.hasty && !quieten()) return;
  if (!leave_together()) return;
  if (scenario_.hasty) check_losses();
  // Who was killed a moment ago may have been there when the last one left. The next to come
  // finds what is open.
  if (scenario_.hasty || strikes(Fault::crash_leaving)) {
    start_worker(slots_used_, environment_.now());
    if (!run_until_true(
            kHealingBound_ms, [this] { return not_quiet(); }, "quiet again") ||
        !leave_together())
      return;
  }
  checker_.check_empty();
  checker_.check_stream();
}

}  // namespace tributary::sim
