#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/check/truth.hpp"
#include "sim/redis/loss_line.hpp"
#include "sim/world/environment.hpp"
#include "sim/world/server.hpp"
#include "sim/world/worker.hpp"

namespace tributary::sim {

/// The safety invariants, looked at after every script and every message received. Shares no code with the
/// core: it follows the writes to the simulated Redis and the true order of what was published, neither of
/// which a node sees.
class Checker final : public ServerWatcher, public WorkerWatcher {
 public:
  Checker(Environment& environment, bool mixed_entries, bool keyed, const group::IdWindow& ids = {})
      : environment_(environment), mixed_(mixed_entries), keyed_(keyed), ids_(ids) {}
  /// Who, of the nodes alive that are members by that checker, holds the next message of a lane; empty if nobody does.
  using Holder = std::function<std::string(const Checker& by, const std::string& view, std::uint32_t lane,
                                           std::uint64_t position)>;
  void watch(const Server& server, Holder holder) {
    server_ = &server;
    redis_ = &server.redis();
    holder_ = std::move(holder);
  }
  /// Listed in the current view, or present.
  bool is_member(const std::string& id) const;
  bool is_listed(const std::string& id) const;  ///< in the current view
  /// That a journal may come back which this member told of last.
  bool awaits(const std::string& directory, const std::string& member) const;

  void on_data(std::size_t life, std::uint32_t message) override { truth_->on_data(life, message); }
  void on_control(std::size_t life, std::string_view text) override;
  void on_script(const Caller& caller, const group::AnyCall& call, const group::Answer& answer,
                 const Transaction* wrote) override;
  void on_unsettled_untold(std::size_t life, std::size_t node) override;
  void on_went_back(std::size_t transactions) override;
  void on_meddling(const Transaction& wrote) override;
  void on_left_alone(std::size_t life, const SimulatedRedis& redis) override;
  void on_alone_no_more() override { alone_.reset(); }
  void on_received(std::size_t worker, const group::Node& node, std::size_t life,
                   const Life::Item& item) override;
  void on_finished(std::size_t worker, const std::optional<group::Ending>& why) override;

  /// Nothing of the group is under way: no lane of an earlier view is open, and the current view's are
  /// committed as far as was published. Otherwise why not.
  std::string unfinished() const;
  /// What a worker received and is neither appended nor declared; empty if nothing. If `declared_will_do` is
  /// false, it must be appended.
  std::string missing(std::size_t worker, bool declared_will_do) const;
  /// All have left: nothing but the stream, the ledger and the state's fixed part may be there.
  void check_empty();
  /// The stream holds what was seen to be appended, if nobody trimmed or deleted it.
  void check_stream();

  /// The first range declared of a view that a worker held from its beginning; empty if none was.
  std::string declared_since(std::size_t worker) const;
  std::uint64_t appended() const { return appended_count_; }
  std::uint64_t views() const { return truth_->view_count(); }
  /// Views by which somebody was removed who was not about to leave.
  std::uint64_t expelled() const { return expelled_; }
  std::uint64_t received(std::size_t worker) const {
    const auto found = receipts_.find(worker);
    return found == receipts_.end() ? 0 : found->second.size();
  }

 private:
  struct Lane {
    std::string owner;
    std::uint64_t position = 0;
    std::string end;
  };
  struct Appended {
    std::size_t transaction = 0;
    const ViewTruth* view = nullptr;
    std::uint64_t position = 0;
    bool stray = false;  // see is_stray()
    bool dead = false;
  };
  /// Entries that are in while the position of their lane did not move. Only the process that put them there
  /// knows, and only as long as the server does not go back.
  struct Unsettled {
    std::string lane;
    std::optional<std::size_t> known_to;
    std::uint64_t after = 0, to = 0;
    std::size_t since = 0;             // transaction
    std::optional<std::size_t> until;  // transaction by which the position moved, or all was deleted
  };
  struct Receipt {
    std::uint32_t message = 0;
    const ViewTruth* view = nullptr;
    std::uint64_t position = 0;
  };
  struct LastOfKey {
    std::pair<std::size_t, std::uint64_t> published;  // life, and number in it
    std::string view;
  };
  struct Presence {
    std::uint64_t since = 0;  // the script, counted
    std::uint64_t deadline = 0;
  };
  struct Context {  // of the script whose writes are looked at
    group::Script script{};
    const group::AnyCall* call = nullptr;
    bool known = false;
    bool unsettled = false;  // its entries are in, its position is not
    Caller caller;

    const group::CommitCall& commit() const { return std::get<group::CommitCall>(*call); }
    /// Who can tell, later on, whether its entries are still in.
    std::optional<std::size_t> who_knows() const {
      return caller.knows_server ? std::optional(caller.node) : std::nullopt;
    }
  };

  void note_told(const group::AnyCall& call, const group::Answer& answer);
  void fail(const std::string& what) { environment_.violation(what); }
  bool is_alone(std::size_t life) const { return alone_ && life == alone_life_; }
  void on_script_alone(const Caller& caller, const group::AnyCall& call, const group::Answer& answer,
                       const Transaction* wrote);
  void look_at(const Transaction& wrote, const Context& context);
  void look_at(const Effect& effect, const Context& context);
  bool is_stray(std::map<std::string, Lane>::const_iterator lane, const ViewTruth& view, std::uint64_t n,
                const Context& context) const;
  bool is_in_again(const std::string& field, std::uint64_t n, const Context& context);
  void note_unsettled(const std::string& field, std::uint64_t after, std::uint64_t n,
                      std::optional<std::size_t> node);
  void on_append(const Effect& effect, const Context& context);
  void check_order(std::uint32_t message, const ViewTruth& view, std::uint64_t n);
  void on_presence(const Effect& effect);
  void on_loss(const Effect& effect);
  void on_lane(const std::string& field, const std::string& value, const Context& context);
  void on_lane_closed(const std::string& field, const Context& context);
  void check_claim(const Lane& before, const Lane& now, const std::string& lane, const Context& context);
  void check_position(const std::string& field, const std::string& view, std::uint32_t lane,
                      std::uint64_t from, const Lane& now, const Context& context);
  bool is_end(const ViewTruth& view, std::uint32_t lane, std::uint64_t from, std::uint64_t end);
  void check_given_up(const std::string& view, std::uint32_t lane, std::uint64_t position);
  void check_end(const ViewTruth& view, std::uint32_t lane, const std::string& end);
  void check_consumers();
  void check_bounds();
  bool only_dropped_between(const ViewTruth& view, std::uint32_t lane, std::uint64_t after,
                            std::uint64_t before);
  // ids.cpp
  void check_once(std::uint32_t message);
  bool is_duplicate(std::uint32_t message, std::size_t transaction) const;
  bool was_duplicate(std::uint32_t message);
  void note_state_deleted() { ids_since_.push_back(redis_->log().size() - 1); }
  std::uint64_t appended_after(std::size_t transaction) const;

  void read_state();
  void count_appended(std::size_t transactions);
  /// In a stream now, since nobody deleted everything.
  const Appended* find_appended(std::uint32_t message) const;
  bool declared(const Receipt& receipt) const;
  const ViewTruth* split_lane(const std::string& field, std::string& view, std::uint32_t& lane);

  Environment& environment_;
  bool mixed_, keyed_;
  const Server* server_ = nullptr;
  const SimulatedRedis* redis_ = nullptr;
  Holder holder_;
  std::shared_ptr<Truth> truth_ = std::make_shared<Truth>();
  // What a primary that goes on alone does is held to the same, from the same beginning, and forgotten with its data.
  std::shared_ptr<Checker> alone_;
  std::size_t alone_life_ = 0;
  std::vector<const ViewTruth*> markers_;               // of the script that is running
  std::map<std::string, Lane> lanes_;                   // by field
  std::map<std::string, std::uint64_t> last_appended_;  // position by lane field
  std::map<std::string, LastOfKey> last_of_key_;
  std::map<std::string, std::uint64_t> made_at_;  // views: the script, counted
  std::map<std::string, Presence> presence_;      // by member
  std::map<std::string, std::uint64_t> revived_;  // views: since which script who revived it was there
  std::uint64_t scripts_ = 0;
  std::map<std::string, std::set<std::uint64_t>> skipped_to_;  // positions to which a sweep moved a lane
  std::vector<std::vector<Appended>> appended_;                // by message: each time, the last one last
  std::vector<Unsettled> unsettled_;
  std::uint64_t appended_count_ = 0;
  std::vector<std::size_t> flushes_;  // transactions that deleted everything
  std::set<std::string> view_ids_;
  std::string current_view_;
  std::vector<LossLine> losses_;
  std::vector<LossLine> ranges_declared_;
  std::map<std::size_t, std::vector<Receipt>> receipts_;
  struct Told {
    std::string member;
    TimeMs until = 0;
  };
  std::map<std::string, Told> told_;  // of journals, by directory
  std::uint64_t expelled_ = 0;
  group::IdWindow ids_;
  std::map<std::string, std::vector<std::uint32_t>>
      by_id_;                                        // messages that were appended, if there is a window
  std::map<std::uint32_t, std::size_t> duplicates_;  // left out by that transaction
  std::vector<std::size_t> ids_since_;               // transactions that deleted the state
  bool stream_is_whole_ = true;
};

}  // namespace tributary::sim
