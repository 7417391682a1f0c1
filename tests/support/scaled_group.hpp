#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/plan/autoscale.hpp"

namespace tributary::test {

/// What comes to a group, and how long each message takes it. Time in seconds from the start.
struct Load {
  std::string name;   ///< also the name of its plot's file
  std::string title;  ///< in words
  double seconds = 300;
  plan::ScaleBounds bounds{1, 60};
  double timeout_s = 0;                ///< --processing-timeout; 0: none
  double elsewhere = 0;                ///< all consumers together do no more a second; 0: no such limit
  std::function<double(double)> rate;  ///< messages/s at a time
  std::function<double(std::uint64_t)> takes;  ///< seconds for the n-th message, from 1; kForEver: never done
};
inline constexpr double kForEver = 1e9;

/// The curves that the autoscaler is drawn with and tested by (docs/scaling.md).
const std::vector<Load>& loads();

/// Four hosts under such a load, and the real autoscaler and the real shares: no more of a group than
/// decides its figures. Modelled as nodes do it: lanes, one to each host and view, of which the older come
/// first; runs of messages handed to consumers; results that wait for an earlier one and are not counted
/// until then, at most 128 for each consumer; time-outs; figures averaged as a node's and read at each
/// beat. Deterministic.
class ScaledGroup {
 public:
  explicit ScaledGroup(const Load& load);

  /// The group at one beat, after the autoscaler was asked.
  struct Moment {
    double at = 0;    ///< seconds
    double load = 0;  ///< messages/s that came since the moment before
    std::uint64_t backlog = 0;
    std::uint32_t consumers = 0;
    std::string why;
  };
  /// Half a second further.
  Moment beat();

  /// All of it, from the start.
  static std::vector<Moment> run(const Load& load);

 private:
  struct Run {
    std::uint64_t first = 0;
    std::vector<double> takes;
    std::size_t done = 0;
    bool ready = false;
    double message_since = -1;  // being processed since; -1: waits
  };
  using RunPointer = std::shared_ptr<Run>;
  struct Lane {
    std::deque<double> takes;  // of messages not handed out
    std::uint64_t next = 0;    // rank to hand out next
    std::uint64_t committed = 0;
    std::deque<RunPointer> runs;
  };
  struct Consumer {
    RunPointer run;
    double free_at = 0;
  };
  struct Host {
    std::uint32_t weight = 0;
    std::deque<Lane> lanes;  // the last one is the present view's
    std::deque<RunPointer> waiting;
    std::vector<Consumer> consumers;
    double busy = 0;  // averaged, as nodes do
  };

  void install(std::uint32_t consumers);
  static std::uint64_t backlog(const Host& host);
  void step();
  double gap();
  void arrive();
  void work(Host& host);
  void hand_out(Host& host);
  void process(Host& host, Consumer& consumer);
  void time_out(Host& host, Consumer& consumer);
  void commit(Host& host);

  const Load& load_;
  plan::Autoscaler scaler_;
  std::vector<Host> hosts_;
  std::vector<std::size_t> slots_;  // host of each slot of the view
  std::size_t slot_ = 0;
  double now_ = 0;
  double next_ = 1;  // until the next message, in messages
  std::uint64_t random_ = 0;
  double elsewhere_at_ = 0;  // when what all share is free again
  std::uint64_t received_ = 0, committed_ = 0;
};

}  // namespace tributary::test
