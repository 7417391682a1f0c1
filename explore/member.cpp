#include "explore/member.hpp"

#include "core/base/check.hpp"
#include "explore/narration.hpp"
#include "explore/node_inspector.hpp"
#include "sim/call_text.hpp"

namespace tributary::explore {
namespace {

using group::NodeInspector;

std::uint64_t seed_of(std::uint32_t index, std::uint32_t generation) {
  return 1000 * (index + 1) + generation;
}

// Random names become short and the same on every way to the same state; each is given once.
void name_nonces(Member& member, group::AnyCall& call) {
  const auto fresh = [&] { return letter(member.index) + std::to_string(++member.nonces); };
  if (auto* join = std::get_if<group::JoinCall>(&call)) {
    join->view_nonce = fresh();
    join->group_nonce = "G" + join->view_nonce;
  } else if (auto* install = std::get_if<group::InstallCall>(&call)) {
    install->view_nonce = fresh();
  } else if (auto* leave = std::get_if<group::LeaveCall>(&call)) {
    leave->view_nonce = fresh();
  } else if (auto* beat = std::get_if<group::BeatCall>(&call)) {
    beat->view_nonce =
        letter(member.index) + "x" + std::to_string(member.generation);  // a view only where digests differ
    // What is only shown, or shares out consumers, which are fixed here.
    beat->active.clear();
    std::erase_if(beat->presence, [](const auto& field) {
      return field.first != "holds" && field.first != "view" && field.first != "lost";
    });
  }
}

group::CommitCall commit_of(const group::Node& node, const group::CommitPlan& plan) {
  const auto* view = node.held(plan.lane.view);
  const auto& log = view->journal.lane(plan.lane.index);
  group::CommitCall commit;
  commit.member = plan.owner;
  commit.lane = plan.lane;
  commit.after = plan.after;
  if (!plan.only_move_at.empty()) {
    commit.only_under = plan.only_move_at;
    commit.entries = {"n", "1",
                      plan.lane.view.text() + ":" +
                          std::to_string(view->journal.position_of(plan.lane.index, plan.end - 1))};
    return commit;
  }
  commit.entries = {"t", std::to_string(plan.end - plan.first), "message_id", plan.owner.text + ".1"};
  for (auto rank = plan.first; rank < plan.end; ++rank) {
    commit.entries.emplace_back(log.payload(rank));
    commit.entries.push_back(plan.lane.view.text() + ":" +
                             std::to_string(view->journal.position_of(plan.lane.index, rank)));
  }
  return commit;
}

void carry_out(Member& member, group::Action& action, Outcome& outcome, Pool<Request>& requests) {
  using Kind = Outcome::Act::Kind;
  if (auto* made = std::get_if<group::MakeCall>(&action)) {
    name_nonces(member, made->call);
    outcome.acts.push_back({Kind::request, requests.put(Request{made->id, std::move(made->call)})});
  } else if (std::holds_alternative<group::ConnectSubscriber>(action)) {
    outcome.acts.push_back({Kind::subscribe});
  } else if (const auto* drop = std::get_if<group::DropConnections>(&action)) {
    if (drop->subscriber) outcome.acts.push_back({Kind::drop_subscriber});
    if (drop->commands) outcome.acts.push_back({Kind::drop_commands});
  } else if (auto* said = std::get_if<group::Report>(&action)) {
    outcome.reports.push_back(std::move(said->text));
  } else if (const auto* end = std::get_if<group::Finish>(&action)) {
    member.finished = true;
    if (end->why) member.error = sim::text_of(*end->why);
  }
}

void tell(Member& member, const Event& event, Outcome& outcome) {
  auto& node = member.node;
  using Kind = Event::Kind;
  switch (event.kind) {
    case Kind::connected:
      node.on_commands_connected(*group::Identity::parse(event.text), member.now);
      return node.on_transactions_allowed();
    case Kind::commands_lost:
      return node.on_commands_lost(member.now);
    case Kind::subscribed:
      return node.on_subscribed(event.text, member.now);
    case Kind::subscriber_lost:
      return node.on_subscriber_lost(member.now);
    case Kind::control:
      node.on_control(event.text, member.now);
      return node.on_batch_end(member.now);
    case Kind::data: {
      node.on_message(payload_of(event.number));
      const auto* view = node.growing();
      if (view && !view->journal.lanes_are_empty()) {
        outcome.received.push_back({event.number, view->view.id.text(), view->journal.count()});
        member.receipts.push_back(outcome.received.front());
      }
      return node.on_batch_end(member.now);
    }
    case Kind::answer:
      return node.on_answer(event.number, event.answer, member.now);
    case Kind::quiet_time:
      NodeInspector::renumber(node);
      [[fallthrough]];
    case Kind::time:
      member.now += node.settings().beat_ms;
      return node.on_time(member.now);
    case Kind::leave:
      return node.leave(member.now);
  }
}

}  // namespace

Member::Member(group::NodeSettings settings, std::uint32_t which)
    : node(std::move(settings), seed_of(which, 0)), index(which) {}

void Member::digest(Digest& out) const {
  out.add(index).add(generation).add(nonces).add(finished).add(error).add(receipts.size());
  for (const auto& receipt : receipts) out.add(receipt.message).add(receipt.view).add(receipt.position);
  if (!finished) NodeInspector::digest(node, now, out);
}

Outcome happen(Member& member, const Event& event, Pool<Request>& requests) {
  Outcome outcome;
  const auto before = member.node.member();
  NodeInspector::prepare(member.node, seed_of(member.index, member.generation + 1));
  tell(member, event, outcome);
  for (auto& action : member.node.take_actions()) {
    if (!member.finished) carry_out(member, action, outcome, requests);
  }
  while (!member.finished) {
    const auto plan = member.node.next_commit(100, member.now);
    if (!plan) break;
    auto commit = commit_of(member.node, *plan);
    const bool transaction = plan->may_be_transaction;
    commit.plain = !transaction && plan->may_be_plain;
    const auto way = transaction    ? group::CommitWay::transaction
                     : commit.plain ? group::CommitWay::plain
                                    : group::CommitWay::script;
    const auto id = member.node.commit_sent(*plan, plan->end, way, member.now);
    outcome.acts.push_back(
        {Outcome::Act::Kind::request, requests.put(Request{id, std::move(commit), transaction})});
  }
  if (!member.finished) member.node.check_invariants();
  if (member.node.member() != before) ++member.generation;
  return outcome;
}

}  // namespace tributary::explore
