#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "process/processors.hpp"
#include "tributary/processor.hpp"

struct lua_State;
struct lua_Debug;

namespace tributary::process::lua {

/// Most memory of one state, and most bytes of a file of Lua.
inline constexpr std::size_t kMostMemory = 64u << 20;
inline constexpr std::size_t kLargestFile = 8u << 20;

/// A script and the files beside it that it requires, each read once, so that all consumers run the same, also
/// if the files change meanwhile. Any thread.
class Sources {
 public:
  explicit Sources(std::string file) : file_(std::move(file)) {}

  const std::string& file() const { return file_; }
  /// The text of the script. Valid as long as this is.
  Result<const std::string*> script() { return read(file_); }
  /// The same of `<name>.lua` in the script's folder; the name has only letters, digits and _.
  Result<const std::string*> module(const std::string& name);

 private:
  Result<const std::string*> read(const std::string& file);

  std::string file_;
  std::mutex mutex_;
  std::map<std::string, std::string> texts_;
};

struct StateSettings {
  bool json = true;
  std::chrono::milliseconds timeout{1000};  ///< of one call
  ProcessorLog log;
};

/// A Lua state with the script loaded, in which nothing can be reached but what make_lua() lists. One thread.
class State {
 public:
  /// Runs the script. The error is where and why it does not work.
  static Result<std::unique_ptr<State>> make(std::shared_ptr<Sources> sources, const StateSettings& settings);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Outcome process(const Message& message, FieldSink& fields, std::string& reason);
  /// It ran out of time or memory: what it holds is not to be relied upon.
  bool is_spent() const { return spent_; }

 private:
  struct Functions;  // what Lua calls
  friend struct Functions;

  State(std::shared_ptr<Sources> sources, const StateSettings& settings)
      : sources_(std::move(sources)), settings_(settings) {}

  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);
  /// Runs a function without arguments and results. What went wrong; nothing: it is done.
  std::optional<std::string> run(int (*function)(lua_State*));
  std::string what_happened(int status);

  std::shared_ptr<Sources> sources_;
  const StateSettings settings_;
  lua_State* lua_ = nullptr;
  std::size_t memory_ = 0;
  std::optional<std::chrono::steady_clock::time_point>
      deadline_;       // of the call, from the first time it is looked at
  bool late_ = false;  // past it
  bool spent_ = false;
  bool dead_ = false;  // the last run ended with dead()

  // Of the call at hand.
  const Message* message_ = nullptr;
  const void* table_ = nullptr;  // that stands for the message
  FieldSink* fields_ = nullptr;
  Outcome outcome_ = Outcome::append;
  int process_ = 0;  // in the registry
  int message_metatable_ = 0;
  std::string text_;  // kept here, not in frames that an error of Lua would jump over
  std::string name_;
};

}  // namespace tributary::process::lua
