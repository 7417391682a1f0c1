#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/redis/simulated_redis.hpp"
#include "sim/world/environment.hpp"
#include "sim/world/links.hpp"

namespace tributary::sim {

/// Whose connection a script came on.
struct Caller {
  std::size_t node = 0;
  std::size_t life = 0;      ///< of the server process
  bool knows_server = true;  ///< the server's identity is what it was when the connection was made
};

/// Who watches the server from outside: the checkers.
struct ServerWatcher {
  virtual ~ServerWatcher() = default;
  virtual void on_data(std::size_t life, std::uint32_t message) = 0;
  virtual void on_control(std::size_t life, std::string_view text) = 0;
  /// A script ran; `wrote` is what it wrote, or nullptr.
  virtual void on_script(const Caller& caller, const group::AnyCall& call, const group::Answer& answer,
                         const Transaction* wrote) = 0;
  /// The answer to the last script of a node that left something unsettled did not reach it.
  virtual void on_unsettled_untold(std::size_t life, std::size_t node) = 0;
  /// The data went back: only the first `transactions` of the log are left.
  virtual void on_went_back(std::size_t transactions) = 0;
  /// A command of somebody else wrote.
  virtual void on_meddling(const Transaction& wrote) = 0;
  /// The process of this life goes on with its data while others go on without it, until on_alone_no_more().
  virtual void on_left_alone(std::size_t life, const SimulatedRedis& redis) = 0;
  virtual void on_alone_no_more() = 0;
};

/// Who is connected to the server: the nodes.
struct ServerClients {
  virtual ~ServerClients() = default;
  virtual void on_answer(const std::shared_ptr<CommandLink>& link, group::CallId call,
                         const group::Answer& answer) = 0;
  virtual void on_commands_end(const std::shared_ptr<CommandLink>& link) = 0;
  /// Something is to be read, or the end. False: not now; the client says when, with read_on().
  virtual bool on_readable(const std::shared_ptr<SubscriberLink>& link) = 0;
};

/// The simulated Redis with its connections, its troubles, and its lives: one process after the other, all of
/// which once fed subscribers in an order of their own.
class Server final : SimulatedRedis::Sink {
 public:
  enum class State { up, paused, down, loading, replica };

  Server(Environment& environment, Scripts& scripts, std::string group, ServerWatcher& watcher,
         ServerClients& clients);

  // --- connections
  State state() const { return state_; }
  /// Of the process that the node reaches.
  State state_for(std::size_t node) const;
  bool answers() const { return state_ != State::paused && state_ != State::down; }
  std::shared_ptr<CommandLink> connect_commands(std::size_t node);
  std::shared_ptr<SubscriberLink> connect_subscriber(std::size_t node);
  void send(const std::shared_ptr<CommandLink>& link, Request request);
  void read_on(const std::shared_ptr<SubscriberLink>& link) { wake(link); }
  const Life& life(std::size_t index) const { return *lives_[index]; }
  std::size_t current_life() const { return lives_.size() - 1; }

  /// As in a cluster: what scripts publish reaches subscribers of processes that gave way, too.
  void set_bus(bool there) { bus_ = there; }
  /// A publisher's message; false if there is nobody to publish to.
  bool publish(std::uint32_t message, const std::string& payload);
  /// To an earlier process that still runs, where a fail-over left one; false if there is none.
  bool publish_to_zombie(std::uint32_t message, const std::string& payload);
  void publish_control(const std::string& text);

  // --- troubles of connections
  /// The connection breaks; of the requests under way some still arrive, perhaps late.
  void cut(const std::shared_ptr<CommandLink>& link, TimeMs late_ms);
  void cut(const std::shared_ptr<SubscriberLink>& link);
  /// The client closed it, or its process is gone.
  void closed(const std::shared_ptr<CommandLink>& link);
  void set_latency(std::size_t node, TimeMs latency_ms) { latency_[node] = latency_ms; }
  /// The connection breaks right after this node's next call of `script` was done, before the answer.
  void lose_reply(std::size_t node, group::Script script) { lose_[node] = script; }

  // --- troubles of the server
  void pause(TimeMs duration_ms);
  /// Another process, with the data as it was `lost_ms` ago; kNever: with nothing.
  void restart(std::uint64_t lost_ms, TimeMs down_ms, TimeMs loading_ms);
  /// A replica that lags takes over; the old process may go on feeding its subscribers.
  void fail_over(std::uint64_t lost_ms, bool zombie);
  /// Another process gets the data, whole, key by key: the scripts are refused meanwhile, then sent away. The old one keeps
  /// its connections, and feeds its subscribers what is published there.
  void move_slot(TimeMs moving_ms);
  /// The primary is cut off, with some of the nodes. It goes on with them for a while, then refuses, then gives way, and what
  /// it wrote is gone: a replica that lags took over for all the others after `promotion_ms`.
  struct Partition {
    std::set<std::size_t> nodes;  ///< that stay with the old primary
    std::uint64_t lost_ms = 0;    ///< the replica lags so much
    TimeMs promotion_ms = 0, works_ms = 0, refuses_ms = 0;
    bool half_open = false;  ///< the others' connections end without a sign
    bool tells = false;      ///< in the end it closes the connections of its subscribers
    std::string gives_way;   ///< the answer to scripts in the end
  };
  void part(const Partition& partition);
  bool parted() const { return alone_ != nullptr; }
  /// The same process becomes a replica for a while, and comes back with older data.
  void roll_back(std::uint64_t lost_ms, TimeMs replica_ms);
  void refuse_for(TimeMs duration_ms) { refuse_until_ = environment_.now() + duration_ms; }
  /// The disk fails within the next transaction, and for a while.
  void fail_disk_for(TimeMs duration_ms) { disk_failure_ms_ = duration_ms; }
  void flush_scripts() { scripts_loaded_ = false; }
  void fail_append(int after) { redis_.fail_append(after); }
  void meddle(const std::vector<std::string>& command);
  /// All troubles end, but those that end by themselves.
  void heal();

  const SimulatedRedis& redis() const { return redis_; }
  std::uint64_t scripts_run() const { return scripts_run_; }
  const std::vector<std::string>& keys() const { return keys_; }
  const std::string& consumers_list() const { return keys_[5]; }

 private:
  struct Waiting {
    std::shared_ptr<CommandLink> link;
    Request request;
  };

  // A primary that is cut off from those who have another one by now.
  struct Alone final : SimulatedRedis::Sink {
    Alone(Server& server, const SimulatedRedis& redis, std::size_t its_life)
        : owner(server), data(redis, *this), life(its_life) {}
    void published(std::string_view, std::string_view message) override {
      owner.append(life, {false, false, 0, std::string(message)});
    }
    Server& owner;
    SimulatedRedis data;
    std::size_t life;
    Partition partition;
    bool works = true;
  };

  void published(std::string_view channel, std::string_view message) override;
  bool is_with_alone(std::size_t node) const { return alone_ && alone_->partition.nodes.contains(node); }
  bool is_alone(std::size_t life) const { return alone_ && life == alone_->life; }
  SimulatedRedis& redis_of(std::size_t life) { return is_alone(life) ? alone_->data : redis_; }
  void give_way();
  void hand_over(const std::string& refusal);
  void append(std::size_t life, Life::Item item);
  void bring_elsewhere(const std::string& text);
  void wake(const std::shared_ptr<SubscriberLink>& link);
  void arrive(const std::shared_ptr<CommandLink>& link, Request request);
  void execute(const std::shared_ptr<CommandLink>& link, const Request& request);
  group::Answer run(const CommandLink& link, const Request& request);
  void refuse(const std::shared_ptr<CommandLink>& link, const Request& request, const std::string& why);
  std::size_t life_for(std::size_t node) const;
  std::string refusal(std::size_t life) const;
  std::string write_refusal(std::size_t life) const;
  void answer(const std::shared_ptr<CommandLink>& link, group::CallId call, group::Answer answer);
  TimeMs latency(std::size_t node);
  void new_life();
  void resume();
  void end_connections(bool subscribers);
  void go_back(std::uint64_t lost_ms);
  void set_state(State state) { state_ = state, ++state_changes_; }
  void come_up(State state, TimeMs when);

  Environment& environment_;
  std::string group_;
  ServerWatcher& watcher_;
  ServerClients& clients_;
  SimulatedRedis redis_;
  const std::vector<std::string> keys_;
  const std::vector<std::string> commit_keys_;
  State state_ = State::up;
  std::uint64_t state_changes_ = 0;
  std::vector<std::unique_ptr<Life>> lives_;
  std::unique_ptr<Alone> alone_;
  std::string replication_id_;
  std::vector<std::shared_ptr<CommandLink>> commands_;
  std::vector<std::shared_ptr<SubscriberLink>> subscribers_;
  std::deque<Waiting> waiting_;                                    // arrived while the server was paused
  std::deque<std::pair<std::uint32_t, std::string>> unpublished_;  // likewise
  std::map<std::size_t, TimeMs> latency_;
  std::map<std::size_t, group::Script> lose_;
  bool scripts_loaded_ = false;
  TimeMs refuse_until_ = 0;
  bool bus_ = false;
  bool moving_ = false;  // some keys are here, some there
  TimeMs disk_failure_ms_ = 0;
  std::uint64_t scripts_run_ = 0;
};

}  // namespace tributary::sim
