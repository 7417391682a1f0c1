#include "torture/faults.hpp"

#include <csignal>
#include <memory>
#include <thread>

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

void hold(World& world, int least_ms, int most_ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(
      least_ms + static_cast<int>(world.random() % static_cast<unsigned>(most_ms - least_ms))));
}

// Faults of a gate that last a while: applied to one node, then healed.
Fault at_gate(std::string name, const std::function<void(Gate&, World&)>& hurt, int least_ms, int most_ms) {
  return {std::move(name), false, [=](World& world) {
            const int index = world.pick();
            if (index < 0) return false;
            auto& gate = *world.nodes[static_cast<std::size_t>(index)]->gate;
            hurt(gate, world);
            hold(world, least_ms, most_ms);
            gate.heal();
            return true;
          }};
}

bool stop_node(World& world, int index, int least_ms, int most_ms) {
  if (index < 0) return false;
  auto& node = *world.nodes[static_cast<std::size_t>(index)];
  node.process->stop_signal();
  hold(world, least_ms, most_ms);
  node.process->continue_signal();
  return true;
}

bool kill_and_replace(World& world, int index) {
  if (index < 0) return false;
  world.kill(index);
  if (world.random() % 2 == 0) hold(world, 100, 3000);
  world.start_node();
  return true;
}

bool kill_a_leaver(World& world, int index) {
  if (index < 0) return false;
  world.begin_leaving(index);
  auto& node = *world.leaving.back();
  hold(world, 10, 1500);
  node.process->kill9();
  return true;
}

// Also the first, which node faults leave alone; whoever is started next is the first.
void everybody_leaves(World& world) {
  while (!world.nodes.empty()) world.begin_leaving(static_cast<int>(world.nodes.size()) - 1);
}

// Pauses the group for as long as what it returns lives.
std::shared_ptr<void> paused(World& world) {
  run_tributary("pause", world.server);
  return {nullptr, [&world](void*) { run_tributary("resume", world.server); }};
}

Fault at_server(std::string name, const std::vector<std::vector<std::string>>& commands,
                bool of_redis = false) {
  return {std::move(name), of_redis, [commands](World& world) {
            for (const auto& command : commands) world.client.command(command);
            return true;
          }};
}

std::string key(const std::string& name) { return "tributary:{messages:processed}:" + name; }

// Ends the connections of everybody but the first node's, as an operator or a time-out would.
bool client_kill(World& world, bool subscribers) {
  const auto list = world.client.text({"CLIENT", "LIST", "TYPE", subscribers ? "pubsub" : "normal"});
  std::vector<std::string> ids;
  for (std::size_t at = 0; (at = list.find("id=", at)) != std::string::npos; at = list.find('\n', at)) {
    ids.push_back(list.substr(at + 3, list.find(' ', at) - at - 3));
    if (list.find('\n', at) == std::string::npos) break;
  }
  if (ids.size() < 3) return false;
  const auto own = world.client.integer({"CLIENT", "ID"});
  const auto& victim = ids[1 + world.random() % (ids.size() - 1)];
  if (victim == std::to_string(own)) return false;
  return world.client.integer({"CLIENT", "KILL", "ID", victim}) == 1;
}

bool publish_strange(World& world, const std::string& channel) {
  static const std::vector<std::string> strange = {"",
                                                   "x",
                                                   "tributary/1",
                                                   "tributary/1 tick",
                                                   "tributary/1 marker a 1.b - c/d 0 -",
                                                   std::string(256, '\0'),
                                                   "tributary/1 tick 00000000 99999999 aa/bb",
                                                   "tributary/1 marker 00000000 99.abc - aa/bb 0 m/1/1/0",
                                                   "{\"message_id\":",
                                                   "{}",
                                                   "[1,2]",
                                                   "{\"message_id\":null}",
                                                   "{\"message_id\":{\"a\":1}}",
                                                   "\xff\xfe"};
  for (const auto& text : strange) world.client.command({"PUBLISH", channel, text});
  return true;
}

// Of processes.
std::vector<Fault> process_faults() {
  return {
      {"node killed", false, [](World& w) { return kill_and_replace(w, w.pick()); }},
      {"leader killed", false, [](World& w) { return kill_and_replace(w, w.leader()); }},
      {"node left and came back", false,
       [](World& w) {
         const int index = w.pick();
         if (index < 0) return false;
         w.begin_leaving(index);
         if (w.random() % 2 == 0) hold(w, 10, 1500);
         w.start_node();
         return true;
       }},
      {"node killed while it drained", false, [](World& w) { return kill_a_leaver(w, w.pick()); }},
      {"others killed while one drained", false,
       [](World& w) {
         const int index = w.pick();
         if (index < 0) return false;
         w.begin_leaving(index);
         for (int victim = w.pick(); victim >= 0; victim = w.random() % 2 == 0 ? w.pick() : -1) {
           hold(w, 10, 1500);
           w.kill(victim);
         }
         return true;
       }},
      {"node stopped, less than the lease", false,
       [](World& w) { return stop_node(w, w.pick(), 200, 1500); }},
      {"node stopped, beyond the lease", false, [](World& w) { return stop_node(w, w.pick(), 2500, 6000); }},
      {"leader stopped, beyond the lease", false,
       [](World& w) { return stop_node(w, w.leader(), 2500, 5000); }},
      {"two nodes joined at once", false,
       [](World& w) {
         if (w.nodes.size() > 6) return false;
         w.start_node();
         w.start_node();
         hold(w, 200, 2000);
         while (w.nodes.size() > 4) w.kill(static_cast<int>(w.nodes.size()) - 1);
         return true;
       }},
      {"everybody left, new ones came", true,
       [](World& w) {
         everybody_leaves(w);
         hold(w, 10, 4000);
         return true;
       }},
      {"everybody left, and some were killed", true,
       [](World& w) {
         everybody_leaves(w);
         hold(w, 10, 2000);
         for (auto& node : w.leaving) {
           if (w.random() % 3 == 0) node->process->kill9();
         }
         return true;
       }},
  };
}

// Of the whole group.
std::vector<Fault> control_faults() {
  return {
      {"paused and resumed", false,
       [](World& w) {
         const auto guard = paused(w);
         hold(w, 300, 2500);
         return true;
       }},
      {"subscriber half-open while paused", false,
       [](World& w) {
         const int index = w.pick();
         if (index < 0) return false;
         auto& gate = *w.nodes[static_cast<std::size_t>(index)]->gate;
         {
           const auto guard = paused(w);
           hold(w, 500, 1500);
           gate.go_silent(Which::subscriber);
           hold(w, 100, 500);
         }
         hold(w, 1000, 4000);
         gate.heal();
         return true;
       }},
  };
}

// Of connections.
std::vector<Fault> network_faults() {
  return {
      at_gate(
          "subscription never confirmed",
          [](Gate& g, World&) {
            g.go_silent_at_subscribe();
            g.cut(Which::subscriber);
          },
          500, 6000),
      at_gate(
          "subscriber cut", [](Gate& g, World&) { g.cut(Which::subscriber); }, 10, 300),
      at_gate(
          "commands cut", [](Gate& g, World&) { g.cut(Which::commands); }, 10, 300),
      at_gate(
          "both connections cut", [](Gate& g, World&) { g.cut(Which::both); }, 10, 300),
      at_gate(
          "subscriber cut in mid-frame",
          [](Gate& g, World& w) { g.cut_after(Which::subscriber, w.random() % 5000); }, 300, 800),
      at_gate(
          "answers cut in mid-frame",
          [](Gate& g, World& w) { g.cut_after(Which::commands, w.random() % 500); }, 300, 800),
      at_gate(
          "subscriber half-open", [](Gate& g, World&) { g.go_silent(Which::subscriber); }, 500, 5000),
      at_gate(
          "commands half-open", [](Gate& g, World&) { g.go_silent(Which::commands); }, 500, 5000),
      at_gate(
          "everything half-open", [](Gate& g, World&) { g.go_silent(Which::both); }, 500, 4000),
      at_gate(
          "subscriber delayed", [](Gate& g, World&) { g.delay(Which::subscriber, 300); }, 1000, 3000),
      at_gate(
          "commands delayed", [](Gate& g, World&) { g.delay(Which::commands, 400); }, 1000, 3000),
      at_gate(
          "subscriber throttled", [](Gate& g, World&) { g.throttle(Which::subscriber, 20'000); }, 1000, 3000),
  };
}

// What clients of the server may do to a group.
std::vector<Fault> client_faults() {
  return {
      {"subscriber killed by the server", false, [](World& w) { return client_kill(w, true); }},
      {"commands killed by the server", false, [](World& w) { return client_kill(w, false); }},
      at_server("script cache flushed", {{"SCRIPT", "FLUSH"}}),
      at_server("presence, leader and list deleted",
                {{"DEL", key("members"), key("leader"), "consumer:ids", "consumer:ids:group"}}),
      {"strange control messages", false, [](World& w) { return publish_strange(w, key("control")); }},
      {"strange payloads", false, [](World& w) { return publish_strange(w, "messages:published"); }},
      {"burst of 20,000", false,
       [](World& w) {
         w.start_publisher(0, 0s, false, {"--count", "20000"});
         return true;
       }},
  };
}

// Of the server: these hurt everybody.
std::vector<Fault> server_faults() {
  return {
      at_server("clients paused", {{"CLIENT", "PAUSE", "1500", "ALL"}}, true),
      {"little room for subscribers", true,
       [](World& w) {
         w.client.command({"CONFIG", "SET", "client-output-buffer-limit", "pubsub 512kb 64kb 1"});
         w.start_publisher(0, 0s, false, {"--count", "20000"});
         hold(w, 500, 2500);
         w.client.command({"CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60"});
         return true;
       }},
      {"busy script of somebody else", true,
       [](World& w) {
         w.client.command({"EVAL", "local n = 0 for i = 1, 60000000 do n = n + i end return n", "0"});
         return true;
       }},
      {"out of memory for a second", true,
       [](World& w) {
         w.client.command({"CONFIG", "SET", "maxmemory", "1mb"});
         hold(w, 300, 1500);
         w.client.command({"CONFIG", "SET", "maxmemory", "0"});
         return true;
       }},
      {"Redis stopped", true,
       [](World& w) {
         w.server.stop_signal();
         hold(w, 300, 4000);
         w.server.continue_signal();
         return true;
       }},
      {"Redis killed and restarted", true,
       [](World& w) {
         w.server.kill9();
         hold(w, 50, 1500);
         w.server.restart();
         return true;
       }},
  };
}

}  // namespace

std::vector<Fault> all_faults() {
  std::vector<Fault> faults;
  for (const auto& some :
       {process_faults(), control_faults(), network_faults(), client_faults(), server_faults()}) {
    faults.insert(faults.end(), some.begin(), some.end());
  }
  return faults;
}

}  // namespace tributary::test
