#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/keyspace.hpp"
#include "sim/redis/reply.hpp"

struct lua_State;

namespace tributary::sim {

/// Runs scripts as Redis does: Lua 5.1, `redis.call`, KEYS and ARGV, no new globals, replies converted the
/// same way. Scripts keep nothing from call to call, so one engine serves many simulated servers, one after
/// the other.
class LuaEngine {
 public:
  /// What `redis.call` leads to.
  struct Commands {
    virtual ~Commands() = default;
    virtual Reply command(Arguments words) = 0;
  };

  LuaEngine();
  ~LuaEngine();
  LuaEngine(const LuaEngine&) = delete;
  LuaEngine& operator=(const LuaEngine&) = delete;

  /// Compiles a script; the number it goes by from then on. Stops the program if it does not compile.
  std::size_t load(std::string_view name, std::string body);
  /// A failure in the script is an error reply, as from Redis. Stops the program if the script touches a key that is not
  /// among `keys`: in a cluster that would break it in its middle.
  Reply run(std::size_t script, const std::vector<std::string>& keys,
            const std::vector<std::string>& arguments, Commands& commands);
  void collect_garbage();

 private:
  static int redis_call(lua_State* lua);
  static int redis_pcall(lua_State* lua);
  bool call_and_push(lua_State* lua) const;
  void set_global(const char* name, const std::vector<std::string>& values);

  lua_State* lua_;
  std::vector<int> functions_;  // references into Lua's registry
  Commands* commands_ = nullptr;
  const std::vector<std::string>* keys_ = nullptr;  // of the script that runs
};

}  // namespace tributary::sim
