#include "support/scaled_group.hpp"

#include <algorithm>
#include <cmath>

#include "core/journal/slots.hpp"
#include "core/plan/shares.hpp"

namespace tributary::test {
namespace {

constexpr std::size_t kHosts = 4;
constexpr double kStep_s = 0.001;
constexpr int kStepsOfBeat = 500;
constexpr int kStepsOfLook = 50;  // a node looks ten times a beat how many consumers are at a message
constexpr std::uint64_t kWindowPerConsumer = 128;
constexpr std::uint64_t kLongestRun = 32;

}  // namespace

ScaledGroup::ScaledGroup(const Load& load) : load_(load), hosts_(kHosts) { install(load.bounds.minimum); }

std::vector<ScaledGroup::Moment> ScaledGroup::run(const Load& load) {
  ScaledGroup group(load);
  std::vector<Moment> moments;
  while (group.now_ < load.seconds - kStep_s / 2) moments.push_back(group.beat());
  return moments;
}

// A new view: other weights, a new lane for each host.
void ScaledGroup::install(std::uint32_t consumers) {
  std::vector<plan::Host> shares;
  for (const auto& host : hosts_) shares.push_back({4, host.weight});
  const auto weights = plan::split(consumers, shares);
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    auto& host = hosts_[i];
    host.weight = weights[i];
    host.lanes.emplace_back();
    host.consumers.resize(std::max<std::size_t>({weights[i], host.consumers.size(), 1}));
  }
  const journal::Slots table(weights);
  slots_.clear();
  for (std::uint32_t slot = 0; slot < table.size(); ++slot) slots_.push_back(table.lane_of_slot(slot));
  slot_ = 0;
}

ScaledGroup::Moment ScaledGroup::beat() {
  const auto received_before = received_;
  for (int i = 0; i < kStepsOfBeat; ++i) {
    step();
    if (i % kStepsOfLook != 0) continue;
    for (auto& host : hosts_) {
      const auto busy = std::count_if(host.consumers.begin(), host.consumers.end(),
                                      [](const Consumer& consumer) { return consumer.run != nullptr; });
      host.busy += (static_cast<double>(busy) - host.busy) / 10;
    }
  }
  plan::Sample sample;
  sample.at = static_cast<TimeMs>(now_ * 1000 + 0.5);
  sample.received = received_;
  sample.committed = committed_;
  sample.backlog = received_ - committed_;
  sample.consumers = static_cast<std::uint32_t>(slots_.size());
  double pressed = 0;
  for (const auto& host : hosts_) {
    sample.busy += host.busy;
    pressed += static_cast<double>(backlog(host)) * std::min(1.0, host.busy / std::max(host.weight, 1u));
  }
  sample.busy /= static_cast<double>(slots_.size());
  sample.pressed = sample.backlog > 0 ? pressed / static_cast<double>(sample.backlog) : sample.busy;
  const auto advice = scaler_.advise(sample, load_.bounds);
  if (advice.consumers != slots_.size()) install(advice.consumers);
  const auto came = static_cast<double>(received_ - received_before);
  return {now_, came / (kStep_s * kStepsOfBeat), sample.backlog, advice.consumers, advice.why};
}

std::uint64_t ScaledGroup::backlog(const Host& host) {
  std::uint64_t sum = 0;
  for (const auto& lane : host.lanes) sum += lane.next + lane.takes.size() - lane.committed;
  return sum;
}

void ScaledGroup::step() {
  now_ += kStep_s;
  arrive();
  for (auto& host : hosts_) work(host);
}

// Publishers do not know of each other: the time to the next message is random, but the same in each run.
double ScaledGroup::gap() {
  random_ += 0x9e3779b97f4a7c15u;
  auto mixed = random_;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
  const auto uniform = (static_cast<double>((mixed ^ mixed >> 31) >> 11) + 0.5) / 9007199254740992.0;
  return -std::log(uniform);
}

void ScaledGroup::arrive() {
  for (next_ -= load_.rate(now_) * kStep_s; next_ <= 0; next_ += gap()) {
    auto& host = hosts_[slots_[slot_]];
    slot_ = (slot_ + 1) % slots_.size();
    host.lanes.back().takes.push_back(load_.takes(++received_));
  }
}

void ScaledGroup::work(Host& host) {
  hand_out(host);
  for (std::size_t i = 0; i < host.consumers.size(); ++i) {
    auto& consumer = host.consumers[i];
    process(host, consumer);
    while (!consumer.run && i < std::max(host.weight, 1u) && !host.waiting.empty()) {
      consumer.run = host.waiting.front();
      host.waiting.pop_front();
      consumer.free_at = std::max(consumer.free_at, now_ - kStep_s);
      consumer.run->message_since = consumer.free_at;
      hand_out(host);
      process(host, consumer);
    }
  }
  commit(host);
}

void ScaledGroup::hand_out(Host& host) {
  const auto consumers = std::max<std::uint64_t>(host.weight, 1);
  for (auto& lane : host.lanes) {
    const auto window = lane.committed + kWindowPerConsumer * consumers;
    while (!lane.takes.empty() && lane.next < window && host.waiting.size() < consumers) {
      const auto left = std::min<std::uint64_t>(lane.takes.size(), window - lane.next);
      const auto count = std::clamp<std::uint64_t>(left / (2 * consumers), 1, kLongestRun);
      auto run = std::make_shared<Run>();
      run->first = lane.next;
      const auto end = lane.takes.begin() + static_cast<std::ptrdiff_t>(count);
      run->takes.assign(lane.takes.begin(), end);
      lane.takes.erase(lane.takes.begin(), end);
      lane.next += count;
      lane.runs.push_back(run);
      host.waiting.push_back(run);
    }
  }
}

// As far as the consumer gets until now.
void ScaledGroup::process(Host& host, Consumer& consumer) {
  while (consumer.run) {
    auto& run = *consumer.run;
    const auto takes = run.takes[run.done];
    const auto limit = load_.timeout_s > 0 ? std::min(takes, load_.timeout_s) : takes;
    if (run.message_since < 0) run.message_since = consumer.free_at;
    if (run.message_since + limit > now_ || elsewhere_at_ > now_) return;
    if (takes > limit) return time_out(host, consumer);
    consumer.free_at = std::max(run.message_since + takes, elsewhere_at_);
    if (load_.elsewhere > 0) elsewhere_at_ = std::max(elsewhere_at_, now_ - kStep_s) + 1 / load_.elsewhere;
    run.message_since = -1;
    if (++run.done < run.takes.size()) continue;
    run.ready = true;
    consumer.run.reset();
  }
}

// The message becomes a dead letter, and what is behind it goes to whoever is free.
void ScaledGroup::time_out(Host& host, Consumer& consumer) {
  const auto run = consumer.run;
  consumer.run.reset();
  consumer.free_at = now_;
  const auto through = static_cast<std::ptrdiff_t>(run->done) + 1;
  auto rest = std::make_shared<Run>();
  rest->first = run->first + run->done + 1;
  rest->takes.assign(run->takes.begin() + through, run->takes.end());
  run->takes.resize(static_cast<std::size_t>(through));
  run->ready = true;
  if (rest->takes.empty()) return;
  for (auto& lane : host.lanes) {
    const auto found = std::find(lane.runs.begin(), lane.runs.end(), run);
    if (found != lane.runs.end()) lane.runs.insert(found + 1, rest);
  }
  host.waiting.push_front(rest);
}

void ScaledGroup::commit(Host& host) {
  for (auto& lane : host.lanes) {
    while (!lane.runs.empty() && lane.runs.front()->ready) {
      const auto count = lane.runs.front()->takes.size();
      lane.committed += count;
      committed_ += count;
      lane.runs.pop_front();
    }
  }
  while (host.lanes.size() > 1 && host.lanes.front().runs.empty() && host.lanes.front().takes.empty()) {
    host.lanes.pop_front();
  }
}

}  // namespace tributary::test
