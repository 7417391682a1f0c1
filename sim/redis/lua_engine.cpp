#include "sim/redis/lua_engine.hpp"

#include <algorithm>
#include <cstdio>
#include <lua.hpp>

#include "core/base/check.hpp"

namespace tributary::sim {
namespace {

constexpr int kDeepestReply = 16;
constexpr std::size_t kMostWords = 8192;

// Globals are closed once this has run, as in Redis.
constexpr char kSandbox[] = R"LUA(
  local keep = {string = 1, table = 1, math = 1, redis = 1, KEYS = 1, ARGV = 1, _G = 1, assert = 1, error = 1,
                ipairs = 1, next = 1, pairs = 1, pcall = 1, select = 1, tonumber = 1, tostring = 1, type = 1,
                unpack = 1, xpcall = 1, rawget = 1, rawset = 1, setmetatable = 1, getmetatable = 1}
  local setmetatable, error = setmetatable, error
  redis.status_reply = function(text) return {ok = text} end
  for name in pairs(_G) do if not keep[name] then _G[name] = nil end end
  KEYS, ARGV = {}, {}
  setmetatable(_G, {
    __newindex = function(_, name) error('Script attempted to create global variable ' .. name) end,
    __index = function(_, name) error('Script attempted to access nonexistent global variable ' .. name) end})
)LUA";

void push_reply(lua_State* lua, const Reply& reply, int depth = 0) {
  TRIBUTARY_CHECK(depth < kDeepestReply && lua_checkstack(lua, 4));
  switch (reply.kind) {
    case Reply::Kind::nil:
      lua_pushboolean(lua, 0);
      return;
    case Reply::Kind::integer:
      lua_pushnumber(lua, static_cast<lua_Number>(reply.number));
      return;
    case Reply::Kind::bulk:
      lua_pushlstring(lua, reply.text.data(), reply.text.size());
      return;
    case Reply::Kind::status:
    case Reply::Kind::error:
      lua_createtable(lua, 0, 1);
      lua_pushlstring(lua, reply.text.data(), reply.text.size());
      lua_setfield(lua, -2, reply.is_error() ? "err" : "ok");
      return;
    case Reply::Kind::array:
      lua_createtable(lua, static_cast<int>(reply.elements.size()), 0);
      for (std::size_t i = 0; i < reply.elements.size(); ++i) {
        push_reply(lua, reply.elements[i], depth + 1);
        lua_rawseti(lua, -2, static_cast<int>(i + 1));
      }
      return;
  }
}

std::string text_at(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* data = lua_tolstring(lua, index, &size);
  return data ? std::string(data, size) : std::string();
}

// The value on top of the stack, as a reply.
Reply to_reply(lua_State* lua, int depth = 0) {
  switch (lua_type(lua, -1)) {
    case LUA_TNUMBER:
      return Reply::integer(static_cast<std::int64_t>(lua_tonumber(lua, -1)));
    case LUA_TSTRING:
      return Reply::bulk(text_at(lua, -1));
    case LUA_TBOOLEAN:
      return lua_toboolean(lua, -1) ? Reply::integer(1) : Reply::nil();
    case LUA_TTABLE:
      break;
    default:
      return Reply::nil();
  }
  TRIBUTARY_CHECK(depth < kDeepestReply && lua_checkstack(lua, 4));
  for (const bool error : {true, false}) {
    lua_pushstring(lua, error ? "err" : "ok");
    lua_rawget(lua, -2);
    const bool is = lua_type(lua, -1) == LUA_TSTRING;
    auto text = is ? text_at(lua, -1) : std::string();
    lua_pop(lua, 1);
    if (is) return error ? Reply::error(std::move(text)) : Reply::status(std::move(text));
  }
  auto all = Reply::array();
  for (int i = 1;; ++i) {
    lua_rawgeti(lua, -1, i);
    const bool end = lua_isnil(lua, -1);
    if (!end) all.elements.push_back(to_reply(lua, depth + 1));
    lua_pop(lua, 1);
    if (end) return all;
  }
}

// The keys of the commands that scripts call are all of the words, the second, or the one behind a subcommand.
void check_declared(const std::vector<std::string>& keys, Arguments words) {
  const auto name = words[0];
  if (words.size() < 2 || name == "INFO" || name == "PUBLISH" || name == "SPUBLISH") return;
  const bool many = name == "EXISTS" || name == "DEL";
  const std::size_t first = name == "XINFO" ? 2 : 1;
  for (std::size_t i = first; i < (many ? words.size() : first + 1) && i < words.size(); ++i) {
    if (std::find(keys.begin(), keys.end(), words[i]) != keys.end()) continue;
    std::fprintf(stderr, "sim: a script touches the key %s, which it did not declare\n",
                 std::string(words[i]).c_str());
    TRIBUTARY_CHECK(!"the key is declared");
  }
}

}  // namespace

LuaEngine::LuaEngine() : lua_(luaL_newstate()) {
  TRIBUTARY_CHECK(lua_ != nullptr);
  luaL_openlibs(lua_);
  lua_createtable(lua_, 0, 4);
  const auto add = [this](const char* name, lua_CFunction function) {
    lua_pushlightuserdata(lua_, this);
    lua_pushcclosure(lua_, function, 1);
    lua_setfield(lua_, -2, name);
  };
  add("call", redis_call);
  add("pcall", redis_pcall);
  lua_setglobal(lua_, "redis");
  TRIBUTARY_CHECK(luaL_dostring(lua_, kSandbox) == 0);
}

LuaEngine::~LuaEngine() { lua_close(lua_); }

// Does the call and pushes what it gives. False: that is an error to be raised. Apart from redis_call(),
// because raising an error in Lua's C library jumps over destructors.
bool LuaEngine::call_and_push(lua_State* lua) const {
  static thread_local std::vector<std::string_view>
      words;  // nothing nests, and nothing is to be destroyed here
  const auto count = static_cast<std::size_t>(lua_gettop(lua));
  words.resize(count);
  if (count == 0 || count > kMostWords) {
    push_reply(lua, Reply::error("ERR Please specify at least one argument for this redis.call() call"));
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const int at = static_cast<int>(i + 1);
    if (lua_type(lua, at) == LUA_TNUMBER) {  // Redis' own formatting, not Lua's, which would lose digits
      char text[40];
      std::snprintf(text, sizeof text, "%.17g", lua_tonumber(lua, at));
      lua_pushstring(lua, text);
      lua_replace(lua, at);
    } else if (lua_type(lua, at) != LUA_TSTRING) {
      push_reply(lua, Reply::error("ERR Lua redis lib command arguments must be strings or integers"));
      return false;
    }
    std::size_t size = 0;
    const char* data = lua_tolstring(lua, at, &size);
    words[i] = {data, size};
  }
  check_declared(*keys_, Arguments(words.data(), count));
  const auto reply = commands_->command(Arguments(words.data(), count));
  push_reply(lua, reply);
  return !reply.is_error();
}

int LuaEngine::redis_call(lua_State* lua) {
  const auto* engine = static_cast<const LuaEngine*>(lua_touserdata(lua, lua_upvalueindex(1)));
  if (!engine->call_and_push(lua)) return lua_error(lua);
  return 1;
}

int LuaEngine::redis_pcall(lua_State* lua) {
  const auto* engine = static_cast<const LuaEngine*>(lua_touserdata(lua, lua_upvalueindex(1)));
  engine->call_and_push(lua);
  return 1;
}

std::size_t LuaEngine::load(std::string_view name, std::string body) {
  if (body.starts_with("#!")) body.replace(0, 2, "--");
  const auto chunk = "@" + std::string(name);
  if (luaL_loadbuffer(lua_, body.data(), body.size(), chunk.c_str()) != 0) {
    std::fprintf(stderr, "sim: %s\n", lua_tostring(lua_, -1));
    TRIBUTARY_CHECK(!"the script compiles");
  }
  functions_.push_back(luaL_ref(lua_, LUA_REGISTRYINDEX));
  return functions_.size() - 1;
}

void LuaEngine::set_global(const char* name, const std::vector<std::string>& values) {
  lua_pushstring(lua_, name);
  lua_createtable(lua_, static_cast<int>(values.size()), 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    lua_pushlstring(lua_, values[i].data(), values[i].size());
    lua_rawseti(lua_, -2, static_cast<int>(i + 1));
  }
  lua_rawset(lua_, LUA_GLOBALSINDEX);
}

Reply LuaEngine::run(std::size_t script, const std::vector<std::string>& keys,
                     const std::vector<std::string>& arguments, Commands& commands) {
  commands_ = &commands;
  keys_ = &keys;
  lua_settop(lua_, 0);
  set_global("KEYS", keys);
  set_global("ARGV", arguments);
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, functions_[script]);
  const bool failed = lua_pcall(lua_, 0, 1, 0) != 0;
  auto reply = to_reply(lua_);
  if (failed && !reply.is_error()) reply = Reply::error("ERR " + reply.text);
  lua_settop(lua_, 0);
  commands_ = nullptr;
  return reply;
}

void LuaEngine::collect_garbage() { lua_gc(lua_, LUA_GCCOLLECT, 0); }

}  // namespace tributary::sim
