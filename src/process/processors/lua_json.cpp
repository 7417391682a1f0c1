#include "process/processors/lua_json.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <lua.hpp>

#include "process/json_string.hpp"

namespace tributary::process::lua {
namespace {

constexpr int kDeepestInput = 1000;
constexpr int kDeepestOutput = 150;  // each level takes some of the C stack that Lua counts
constexpr const char* kArray = "tributary.array";

class Decoder {
 public:
  Decoder(lua_State* state, std::string_view json, std::string& scratch)
      : state_(state), at_(json.data()), end_(json.data() + json.size()), scratch_(scratch) {}

  bool document() {
    if (!value(0)) return false;
    skip_space();
    return at_ == end_;
  }

 private:
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool value(int depth) {
    skip_space();
    if (at_ == end_ || depth > kDeepestInput) return false;
    switch (*at_) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return string();
      case 't':
        lua_pushboolean(state_, 1);
        return take_word("true");
      case 'f':
        lua_pushboolean(state_, 0);
        return take_word("false");
      case 'n':
        lua_pushlightuserdata(state_, nullptr);
        return take_word("null");
      default:
        return number();
    }
  }

  bool object(int depth) {
    ++at_;
    luaL_checkstack(state_, 4, "the message nests too deep");
    lua_createtable(state_, 0, 4);
    if (take('}')) return true;
    do {
      skip_space();
      if (at_ == end_ || *at_ != '"' || !string() || !take(':') || !value(depth + 1)) return false;
      lua_rawset(state_, -3);
    } while (take(','));
    return take('}');
  }

  bool array(int depth) {
    ++at_;
    luaL_checkstack(state_, 4, "the message nests too deep");
    lua_createtable(state_, 4, 0);
    mark_as_array(state_);
    if (take(']')) return true;
    lua_Integer index = 0;
    do {
      if (!value(depth + 1)) return false;
      lua_rawseti(state_, -2, ++index);
    } while (take(','));
    return take(']');
  }

  bool number() {
    const char* const begin = at_;
    bool integer = true;
    if (at_ != end_ && *at_ == '-') ++at_;
    if (at_ == end_ || *at_ < '0' || *at_ > '9') return false;
    if (*at_ == '0' && at_ + 1 != end_ && at_[1] >= '0' && at_[1] <= '9') return false;
    for (; at_ != end_ && ((*at_ >= '0' && *at_ <= '9') || *at_ == '.' || *at_ == 'e' || *at_ == 'E' ||
                           *at_ == '+' || *at_ == '-');
         ++at_) {
      integer = integer && *at_ >= '0' && *at_ <= '9';
    }
    if (integer) {
      long long whole = 0;
      if (std::from_chars(begin, at_, whole).ec == std::errc()) {
        lua_pushinteger(state_, whole);
        return true;
      }
    }
    double number = 0;
    const auto parsed = std::from_chars(begin, at_, number);
    if (parsed.ptr != at_ || at_[-1] == '.') return false;
    if (parsed.ec == std::errc::result_out_of_range) {  // which of both from_chars does not tell
      scratch_.assign(begin, at_);
      number = std::strtod(scratch_.c_str(), nullptr);
    }
    lua_pushnumber(state_, number);
    return true;
  }

  bool string() {
    const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
    const auto end = rest.find_first_of("\"\\", 1);
    if (end == std::string_view::npos) return false;
    if (rest[end] == '"') {
      lua_pushlstring(state_, at_ + 1, end - 1);
      at_ += end + 1;
      return true;
    }
    scratch_.clear();
    const auto length = unescape_json(rest, scratch_);
    if (length == 0) return false;
    at_ += length;
    lua_pushlstring(state_, scratch_.data(), scratch_.size());
    return true;
  }

  lua_State* state_;
  const char* at_;
  const char* end_;
  std::string& scratch_;
};

void encode_string(lua_State* state, std::string_view string, std::string& text) {
  if (!simdjson::validate_utf8(string.data(), string.size())) {
    luaL_error(state, "a string that is not UTF-8 cannot be written as JSON");
  }
  append_json_string(text, string);
}

// 0 if the table is no array.
bool is_array(lua_State* state, int index, lua_Unsigned& length) {
  length = lua_rawlen(state, index);
  if (lua_getmetatable(state, index)) {
    luaL_getmetatable(state, kArray);
    const bool marked = lua_rawequal(state, -1, -2) != 0;
    lua_pop(state, 2);
    if (marked) return true;
  }
  if (length == 0) return false;
  lua_Unsigned keys = 0;
  for (lua_pushnil(state); lua_next(state, index); lua_pop(state, 1)) ++keys;
  return keys == length;
}

void encode_value(lua_State* state, int index, std::string& text, int depth);

void encode_table(lua_State* state, int index, std::string& text, int depth) {
  if (depth > kDeepestOutput)
    luaL_error(state, "a table nests deeper than %d levels, or holds itself", kDeepestOutput);
  luaL_checkstack(state, 6, "too many tables");
  lua_Unsigned length = 0;
  if (is_array(state, index, length)) {
    text += '[';
    for (lua_Unsigned i = 1; i <= length; ++i) {
      if (i > 1) text += ',';
      lua_rawgeti(state, index, static_cast<lua_Integer>(i));
      encode_value(state, lua_gettop(state), text, depth + 1);
      lua_pop(state, 1);
    }
    text += ']';
    return;
  }
  text += '{';
  std::size_t count = 0;
  const Key* const keys = sorted_keys(state, index, count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += ',';
    encode_string(state, keys[i].text(), text);
    text += ':';
    push_value(state, index, keys[i]);
    encode_value(state, lua_gettop(state), text, depth + 1);
    lua_pop(state, 1);
  }
  lua_pop(state, 1);
  text += '}';
}

void encode_value(lua_State* state, int index, std::string& text, int depth) {
  switch (lua_type(state, index)) {
    case LUA_TNIL:  // a hole in an array
      text += "null";
      return;
    case LUA_TBOOLEAN:
      text += lua_toboolean(state, index) ? "true" : "false";
      return;
    case LUA_TNUMBER:
      return append_number(state, index, text);
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* const string = lua_tolstring(state, index, &size);
      return encode_string(state, {string, size}, text);
    }
    case LUA_TTABLE:
      return encode_table(state, index, text, depth);
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(state, index) == nullptr) {
        text += "null";
        return;
      }
      [[fallthrough]];
    default:
      luaL_error(state, "a %s cannot be written as JSON", luaL_typename(state, index));
  }
}

}  // namespace

bool decode(lua_State* state, std::string_view json, std::string& scratch) {
  return Decoder(state, json, scratch).document();
}

void encode(lua_State* state, int index, std::string& text) {
  encode_value(state, lua_absindex(state, index), text, 0);
}

void append_number(lua_State* state, int index, std::string& text) {
  char digits[40];
  if (lua_isinteger(state, index)) {
    const auto end = std::to_chars(digits, digits + sizeof digits, lua_tointeger(state, index)).ptr;
    text.append(digits, end);
    return;
  }
  const double number = lua_tonumber(state, index);
  if (!std::isfinite(number))
    luaL_error(state, "%s is no number that can be written", std::isnan(number) ? "nan" : "inf");
  const std::string_view shortest(
      digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits));
  text += shortest;
  if (shortest.find_first_of(".e") == std::string_view::npos) text += ".0";
}

Key* sorted_keys(lua_State* state, int index, std::size_t& count) {
  index = lua_absindex(state, index);
  count = 0;
  for (lua_pushnil(state); lua_next(state, index); lua_pop(state, 1)) ++count;
  auto* const keys =
      static_cast<Key*>(lua_newuserdatauv(state, std::max<std::size_t>(count, 1) * sizeof(Key), 0));
  auto* key = keys;
  for (lua_pushnil(state); lua_next(state, index); lua_pop(state, 1), ++key) {
    if (lua_type(state, -2) == LUA_TSTRING) {
      key->string = lua_tolstring(state, -2, &key->size);
    } else if (lua_isinteger(state, -2)) {
      key->string = nullptr;
      key->number = lua_tointeger(state, -2);
      key->size = static_cast<std::size_t>(
          std::to_chars(key->digits, key->digits + sizeof key->digits, key->number).ptr - key->digits);
    } else {
      luaL_error(state, "a key must be a string or an integer, not a %s", luaL_typename(state, -2));
    }
  }
  std::sort(keys, keys + count, [](const Key& a, const Key& b) { return a.text() < b.text(); });
  return keys;
}

void push_value(lua_State* state, int table, const Key& key) {
  table = lua_absindex(state, table);
  if (!key.string) {
    lua_rawgeti(state, table, key.number);
    return;
  }
  lua_pushlstring(state, key.string, key.size);
  lua_rawget(state, table);
}

void mark_as_array(lua_State* state) {
  luaL_newmetatable(state, kArray);
  lua_setmetatable(state, -2);
}

}  // namespace tributary::process::lua
