#pragma once

#include <cstddef>
#include <string>
#include <string_view>

struct lua_State;

// JSON on its way into a Lua state and out of it. Everything here may raise a Lua error, so no caller may have
// objects with destructors in its frame. null is a light userdata that holds nullptr.
namespace tributary::process::lua {

/// Pushes the value that the text stands for: objects and arrays as tables, of members with the same name the
/// last; integers that fit as such, other numbers as floats; a lone surrogate as U+FFFD. False if the text is
/// no JSON; then the stack holds rubbish above what it held. `scratch` is overwritten.
bool decode(lua_State* state, std::string_view json, std::string& scratch);

/// Appends the value at `index` as JSON text. A table is an array if array() made it one or its keys are
/// 1..n, n > 0; else an object, its members in the order of their names.
void encode(lua_State* state, int index, std::string& text);

/// Appends a number as JSON has it, shortest first: 3, 3.0, 1e+20. Raises an error if JSON has no such number.
void append_number(lua_State* state, int index, std::string& text);

/// A key of a table: a string of the table, or a number's text.
struct Key {
  const char* string;  ///< nullptr: it is the number
  std::size_t size;
  long long number;
  char digits[24];

  std::string_view text() const { return {string ? string : digits, size}; }
};

/// The keys of the table at `index` in the order of their texts; pushes one value, which holds them. Raises
/// an error for keys that are neither strings nor integers.
Key* sorted_keys(lua_State* state, int index, std::size_t& count);
/// Pushes the value under the key.
void push_value(lua_State* state, int table, const Key& key);

/// Gives the table on top of the stack the metatable by which encode() knows arrays.
void mark_as_array(lua_State* state);

}  // namespace tributary::process::lua
