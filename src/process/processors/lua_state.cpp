#include "process/processors/lua_state.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <lua.hpp>

#include "process/processors/lua_json.hpp"

static_assert(LUA_VERSION_NUM == 504);

namespace tributary::process::lua {
namespace {

constexpr int kInstructions = 10'000;  // between two looks at the clock
constexpr std::size_t kLongestLine = 1000;
constexpr const char* kDead = "tributary.dead";
constexpr const char* kLoaded = "tributary.loaded";

// Lua's own runs the handler where the error is; of one that on_count() raises no hook would end it.
constexpr const char* kXpcall = R"(
  local pcall, select = pcall, select
  function xpcall(f, handler, ...)
    local function finish(ok, ...)
      if ok then return true, ... end
      return false, select(2, pcall(handler, ...))
    end
    return finish(pcall(f, ...))
  end)";

std::string base_name(const std::string& file) { return std::filesystem::path(file).filename().string(); }

}  // namespace

Result<const std::string*> Sources::read(const std::string& file) {
  const std::lock_guard lock(mutex_);
  if (const auto found = texts_.find(file); found != texts_.end()) return &found->second;
  const auto cannot = [&](const std::string& why) {
    return Error{ErrorKind::configuration, "cannot read " + file + ": " + why};
  };
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) return cannot("it is a directory");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return cannot(std::strerror(errno));
  std::string text(kLargestFile + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kLargestFile) return cannot("it is larger than 8 MiB");
  text.shrink_to_fit();
  return &texts_.emplace(file, std::move(text)).first->second;
}

Result<const std::string*> Sources::module(const std::string& name) {
  return read((std::filesystem::path(file_).parent_path() / (name + ".lua")).string());
}

// Each may be left by an error of Lua, which runs no destructors: only what is trivial lives in the frames, unless
// nothing of Lua is called while it does.
struct State::Functions {
  static State& self(lua_State* lua) { return **static_cast<State**>(lua_getextraspace(lua)); }

  // --- The end of the time ---

  static void on_count(lua_State* lua, lua_Debug*) {
    auto& state = self(lua);
    const auto now = std::chrono::steady_clock::now();
    if (!state.deadline_) state.deadline_ = now + state.settings_.timeout;
    if (now < *state.deadline_) return;
    state.late_ = true;
    // From now on each instruction ends here, also in whoever called this with pcall() or as a coroutine.
    lua_sethook(lua, on_count, LUA_MASKCOUNT, 1);
    lua_sethook(state.lua_, on_count, LUA_MASKCOUNT, 1);
    luaL_where(lua, 0);
    lua_pushfstring(lua, "took longer than %d ms", static_cast<int>(state.settings_.timeout.count()));
    lua_concat(lua, 2);
    lua_error(lua);
  }

  // --- What a script finds ---

  static int print(lua_State* lua) {
    const int count = lua_gettop(lua);
    luaL_Buffer buffer;
    luaL_buffinit(lua, &buffer);
    for (int i = 1; i <= count; ++i) {
      if (i > 1) luaL_addchar(&buffer, '\t');
      luaL_tolstring(lua, i, nullptr);
      luaL_addvalue(&buffer);
    }
    luaL_pushresult(&buffer);
    auto& state = self(lua);
    std::size_t size = 0;
    const char* const text = lua_tolstring(lua, -1, &size);
    std::string line = base_name(state.sources_->file()) + ": ";
    line.append(text, std::min(size, kLongestLine));
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; },
        ' ');
    state.settings_.log("processor_output"_event, line);
    return 0;
  }

  static int dead(lua_State* lua) {
    lua_createtable(lua, 1, 0);
    luaL_tolstring(lua, 1, nullptr);
    lua_rawseti(lua, -2, 1);
    luaL_setmetatable(lua, kDead);
    return lua_error(lua);
  }

  static int dead_text(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_rawgeti(lua, 1, 1);
    return 1;
  }

  static int null_text(lua_State* lua) {
    lua_pushstring(lua, lua_touserdata(lua, 1) == nullptr ? "null" : "userdata");
    return 1;
  }

  static int array(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    mark_as_array(lua);
    return 1;
  }

  // Lua's own, but never for bytecode, which can break out of everything.
  static int load(lua_State* lua) {
    const int count = std::max(lua_gettop(lua), 3);
    lua_settop(lua, count);
    lua_pushstring(lua, "t");
    lua_replace(lua, 3);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, count, LUA_MULTRET);
    return lua_gettop(lua);
  }

  // Lua's own, but without finalizers: no hook ends one that takes for ever.
  static int setmetatable(lua_State* lua) {
    if (lua_type(lua, 2) == LUA_TTABLE) {
      lua_pushstring(lua, "__gc");
      if (lua_rawget(lua, 2) != LUA_TNIL) return luaL_error(lua, "__gc is not supported here");
      lua_pop(lua, 1);
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, 1);
    return 1;
  }

  // Lua's own loops over nothing as often as it is told.
  static int rep(lua_State* lua) {
    std::size_t size = 0, separator = 0;
    luaL_checklstring(lua, 1, &size);
    luaL_optlstring(lua, 3, "", &separator);
    if (size + separator == 0) {
      lua_pushstring(lua, "");
      return 1;
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, 1);
    return 1;
  }

  static int require(lua_State* lua) {
    std::size_t size = 0;
    const char* const name = luaL_checklstring(lua, 1, &size);
    for (std::size_t i = 0; i < size; ++i) {
      const auto c = static_cast<unsigned char>(name[i]);
      const bool good =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      if (!good) size = 0;
    }
    if (size == 0)
      return luaL_error(
          lua, "require takes the name of a file beside the script, without .lua: letters, digits, _");
    lua_getfield(lua, LUA_REGISTRYINDEX, kLoaded);
    if (lua_getfield(lua, -1, name) != LUA_TNIL) return 1;
    lua_pop(lua, 1);
    lua_pushfstring(lua, "@%s.lua", name);
    const char* const chunk = lua_tostring(lua, -1);
    const auto* const text = module_text(lua, name);
    if (!text) return lua_error(lua);
    if (luaL_loadbufferx(lua, text->data(), text->size(), chunk, "t") != LUA_OK) return lua_error(lua);
    lua_pushboolean(lua,
                    1);  // what a module gets that requires this one meanwhile, as Lua's own does not tell
    lua_setfield(lua, -4, name);
    lua_pushvalue(lua, 1);
    lua_call(lua, 1, 1);
    if (lua_isnil(lua, -1)) {
      lua_pop(lua, 1);
      lua_pushboolean(lua, 1);
    }
    lua_pushvalue(lua, -1);
    lua_setfield(lua, -4, name);
    return 1;
  }

  // Nothing: why is on the stack.
  static const std::string* module_text(lua_State* lua, const char* name) {
    const auto text = self(lua).sources_->module(name);
    if (text) return text.value();
    auto& state = self(lua);
    state.text_ = text.error().message;
    lua_pushlstring(lua, state.text_.data(), state.text_.size());
    return nullptr;
  }

  // --- The message ---

  static void push(lua_State* lua, std::string_view text) { lua_pushlstring(lua, text.data(), text.size()); }

  static int message_member(lua_State* lua) {
    auto& state = self(lua);
    if (!state.message_ || lua_topointer(lua, 1) != state.table_)
      return luaL_error(lua, "this message is over: keep what you need of it, not the message itself");
    const auto& message = *state.message_;
    std::size_t size = 0;
    const char* const bytes = lua_type(lua, 2) == LUA_TSTRING ? lua_tolstring(lua, 2, &size) : "";
    const std::string_view name(bytes, size);
    if (name == "members") {
      push_members(lua, message);
    } else if (name == "payload") {
      push(lua, message.payload);
    } else if (name == "id") {
      if (message.id.empty()) {
        lua_pushnil(lua);
      } else {
        push(lua, message.id);
      }
    } else if (name == "position") {
      push(lua, message.position);
    } else if (name == "channel") {
      push(lua, message.channel);
    } else if (name == "attempt") {
      lua_pushinteger(lua, message.attempt);
    } else {
      return luaL_error(lua, "a message has id, position, channel, attempt, payload and members, but no %s",
                        luaL_tolstring(lua, 2, nullptr));
    }
    lua_pushvalue(lua, 2);
    lua_pushvalue(lua, -2);
    lua_rawset(lua, 1);
    return 1;
  }

  static void push_members(lua_State* lua, const Message& message) {
    const int top = lua_gettop(lua);
    if (decode(lua, message.payload, self(lua).text_)) return;
    lua_settop(lua, top);
    lua_pushnil(lua);
  }

  // --- What State runs ---

  static int prepare(lua_State* lua) {
    auto& state = self(lua);
    constexpr luaL_Reg kLibraries[] = {{LUA_GNAME, luaopen_base},       {LUA_COLIBNAME, luaopen_coroutine},
                                       {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
                                       {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8},
                                       {LUA_OSLIBNAME, luaopen_os}};
    for (const auto& library : kLibraries) luaL_requiref(lua, library.name, library.func, 1);
    lua_settop(lua, 0);
    constexpr const char* kNot[] = {"dofile", "loadfile", "collectgarbage", "require", "package"};
    for (const auto* const name : kNot) remove(lua, nullptr, name);
    remove(lua, LUA_STRLIBNAME, "dump");
    lua_createtable(lua, 0, 4);
    lua_getglobal(lua, LUA_OSLIBNAME);
    for (const auto* const name : {"clock", "date", "difftime", "time"}) {
      lua_getfield(lua, -1, name);
      lua_setfield(lua, -3, name);
    }
    lua_pop(lua, 1);
    lua_setglobal(lua, LUA_OSLIBNAME);

    lua_pushglobaltable(lua);
    wrap(lua, "load", load);
    wrap(lua, "setmetatable", setmetatable);
    lua_getglobal(lua, LUA_STRLIBNAME);
    wrap(lua, "rep", rep);
    lua_register(lua, "print", print);
    lua_register(lua, "require", require);
    lua_register(lua, "dead", dead);
    lua_register(lua, "array", array);
    lua_pushlightuserdata(lua, nullptr);
    with_function(lua, "__tostring", null_text);
    lua_setmetatable(lua, -2);
    lua_setglobal(lua, "null");
    luaL_newmetatable(lua, kDead);
    lua_pushcfunction(lua, dead_text);
    lua_setfield(lua, -2, "__tostring");
    luaL_newmetatable(lua, "tributary.array");
    lua_newtable(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, kLoaded);
    if (luaL_dostring(lua, kXpcall) != LUA_OK) return lua_error(lua);
    with_function(lua, "__index", message_member);
    lua_pushboolean(lua, 0);  // keeps it from being taken away or read
    lua_setfield(lua, -2, "__metatable");
    state.message_metatable_ = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_sethook(lua, on_count, LUA_MASKCOUNT, kInstructions);
    return 0;
  }

  static void remove(lua_State* lua, const char* library, const char* name) {
    if (library) {
      lua_getglobal(lua, library);
    } else {
      lua_pushglobaltable(lua);
    }
    lua_pushnil(lua);
    lua_setfield(lua, -2, name);
    lua_pop(lua, 1);
  }
  // Replaces a function of the table on top, which the new one finds as its upvalue.
  static void wrap(lua_State* lua, const char* name, lua_CFunction function) {
    lua_getfield(lua, -1, name);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, name);
  }
  static void with_function(lua_State* lua, const char* name, lua_CFunction function) {
    lua_createtable(lua, 0, 2);
    lua_pushcfunction(lua, function);
    lua_setfield(lua, -2, name);
  }

  static int load_script(lua_State* lua) {
    auto& state = self(lua);
    const auto* const text = script_text(state);
    if (!text) {
      push(lua, state.text_);
      return lua_error(lua);
    }
    lua_pushfstring(lua, "@%s", state.name_.c_str());
    if (luaL_loadbufferx(lua, text->data(), text->size(), lua_tostring(lua, -1), "t") != LUA_OK)
      return lua_error(lua);
    lua_call(lua, 0, 0);
    if (lua_getglobal(lua, "process") != LUA_TFUNCTION) {
      return luaL_error(lua, "%s: it must define function process(message), but process is %s",
                        state.name_.c_str(), lua_isnil(lua, -1) ? "not there" : luaL_typename(lua, -1));
    }
    state.process_ = luaL_ref(lua, LUA_REGISTRYINDEX);
    return 0;
  }

  static const std::string* script_text(State& state) {
    const auto text = state.sources_->script();
    if (text) return text.value();
    state.text_ = text.error().message;
    return nullptr;
  }

  static int call_process(lua_State* lua) {
    auto& state = self(lua);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, state.process_);
    lua_createtable(lua, 0, 2);
    state.table_ = lua_topointer(lua, -1);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, state.message_metatable_);
    lua_setmetatable(lua, -2);
    lua_call(lua, 1, 1);
    switch (lua_type(lua, -1)) {
      case LUA_TNIL:
        state.outcome_ = Outcome::append;
        return 0;
      case LUA_TBOOLEAN:
        state.outcome_ = lua_toboolean(lua, -1) ? Outcome::append : Outcome::drop;
        return 0;
      case LUA_TTABLE:
        state.outcome_ = Outcome::append;
        add_fields(lua, lua_gettop(lua), state);
        return 0;
      default:
        return luaL_error(lua,
                          "process returned a %s; it may return nothing, true, false or a table of fields",
                          luaL_typename(lua, -1));
    }
  }

  static void add_fields(lua_State* lua, int table, State& state) {
    lua_pushnil(lua);
    if (!lua_next(lua, table)) return;
    lua_pushvalue(lua, -2);
    if (!lua_next(lua, table))
      return add_field(lua, state);  // one field, as most add: its name and value on top
    lua_settop(lua, table);
    std::size_t count = 0;
    const Key* const keys = sorted_keys(lua, table, count);
    for (std::size_t i = 0; i < count; ++i) {
      if (keys[i].string) {
        lua_pushlstring(lua, keys[i].string, keys[i].size);
      } else {
        lua_pushinteger(lua, keys[i].number);
      }
      push_value(lua, table, keys[i]);
      add_field(lua, state);
      lua_settop(lua, table + 1);
    }
  }

  static void add_field(lua_State* lua, State& state) {
    if (lua_type(lua, -2) != LUA_TSTRING)
      luaL_error(lua, "the name of a field must be a string, not a %s", luaL_typename(lua, -2));
    std::size_t name_size = 0, size = 0;
    const char* const name = lua_tolstring(lua, -2, &name_size);
    if (lua_type(lua, -1) == LUA_TSTRING) {
      const char* const value = lua_tolstring(lua, -1, &size);
      state.fields_->add({name, name_size}, {value, size});
      return;
    }
    state.text_.clear();
    encode(lua, -1, state.text_);
    state.fields_->add({name, name_size}, state.text_);
  }

  // --- Errors ---

  // Makes text of whatever was raised, but of what dead() raises.
  static int on_error(lua_State* lua) {
    if (lua_type(lua, 1) == LUA_TSTRING || luaL_testudata(lua, 1, kDead)) return 1;
    if (lua_getmetatable(lua, 1)) {
      luaL_getmetatable(lua, kDead);
      const bool by_dead = lua_rawequal(lua, -1, -2) != 0;
      lua_settop(lua, 1);
      if (by_dead) return 1;
    }
    lua_pushcfunction(lua, describe);
    lua_pushvalue(lua, 1);
    if (lua_pcall(lua, 1, 1, 0) == LUA_OK) return 1;
    lua_pushstring(lua, "an error that cannot be told");
    return 1;
  }

  static int describe(lua_State* lua) {
    auto& state = self(lua);
    if (lua_isnil(lua, 1)) {
      lua_pushstring(lua, "an error without a reason");
    } else if (lua_type(lua, 1) == LUA_TTABLE && luaL_getmetafield(lua, 1, "__tostring") == LUA_TNIL) {
      state.text_.clear();
      encode(lua, 1, state.text_);
      push(lua, state.text_);
    } else {
      luaL_tolstring(lua, 1, nullptr);
    }
    return 1;
  }
};

Result<std::unique_ptr<State>> State::make(std::shared_ptr<Sources> sources, const StateSettings& settings) {
  std::unique_ptr<State> state(new State(std::move(sources), settings));
  state->name_ = base_name(state->sources_->file());
  state->lua_ = lua_newstate(&State::allocate, state.get());
  if (!state->lua_) return Error{ErrorKind::configuration, "no memory for a Lua state"};
  *static_cast<State**>(lua_getextraspace(state->lua_)) = state.get();
  lua_pushcfunction(state->lua_, Functions::on_error);  // stays at the bottom of the stack
  for (const auto function : {&Functions::prepare, &Functions::load_script}) {
    if (auto wrong = state->run(function)) return Error{ErrorKind::configuration, std::move(*wrong)};
  }
  return state;
}

State::~State() {
  if (lua_) lua_close(lua_);
}

void* State::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  auto& used = static_cast<State*>(self)->memory_;
  if (!block) old_size = 0;  // then it tells what the block is for
  if (new_size == 0) {
    used -= old_size;
    std::free(block);
    return nullptr;
  }
  if (new_size > old_size && used - old_size + new_size > kMostMemory) return nullptr;
  void* const result = std::realloc(block, new_size);
  if (result) used = used - old_size + new_size;
  return result;
}

std::optional<std::string> State::run(int (*function)(lua_State*)) {
  deadline_.reset();
  dead_ = false;
  lua_pushcfunction(lua_, function);
  const int status = lua_pcall(lua_, 0, 0, 1);
  if (status == LUA_OK && !late_) return std::nullopt;
  auto what = what_happened(status);
  lua_settop(lua_, 1);
  return what;
}

std::string State::what_happened(int status) {
  spent_ = late_ || status == LUA_ERRMEM;
  if (status == LUA_OK) return "took longer than " + std::to_string(settings_.timeout.count()) + " ms";
  if (status == LUA_ERRMEM) return "needs more than " + std::to_string(kMostMemory >> 20) + " MiB of memory";
  if (lua_type(lua_, -1) == LUA_TTABLE) {
    dead_ = true;
    lua_rawgeti(lua_, -1, 1);
  }
  std::size_t size = 0;
  const char* const text = lua_type(lua_, -1) == LUA_TSTRING ? lua_tolstring(lua_, -1, &size) : nullptr;
  return text ? std::string(text, std::min(size, kLongestLine)) : "an error that cannot be told";
}

Outcome State::process(const Message& message, FieldSink& fields, std::string& reason) {
  message_ = &message;
  fields_ = &fields;
  auto wrong = run(&Functions::call_process);
  message_ = nullptr;
  if (!wrong) return outcome_;
  reason = std::move(*wrong);
  return dead_ ? Outcome::dead : Outcome::fail;
}

}  // namespace tributary::process::lua
