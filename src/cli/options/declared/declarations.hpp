#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/options/declared/kinds.hpp"

// What the declarations of options are written with; only for the files of this folder and options.cpp.
namespace tributary::cli {

// Commands that options belong to.
constexpr unsigned bit(Command command) { return static_cast<unsigned>(command); }
inline constexpr unsigned kAgent = bit(Command::agent);
inline constexpr unsigned kFixed = bit(Command::consume);
inline constexpr unsigned kConsume = kFixed | kAgent;  // whatever runs a node
inline constexpr unsigned kScale = bit(Command::scale);
inline constexpr unsigned kStop = bit(Command::stop);
inline constexpr unsigned kControl = kScale | bit(Command::pause) | bit(Command::resume) | kStop;
inline constexpr unsigned kPublish = bit(Command::publish);
inline constexpr unsigned kStatus = bit(Command::status);
inline constexpr unsigned kForget = bit(Command::forget);
inline constexpr unsigned kLook = kStatus | kForget;  // whatever looks at a group
inline constexpr unsigned kVerify = bit(Command::verify);
inline constexpr unsigned kDemo = bit(Command::demo);
inline constexpr unsigned kDeadList = bit(Command::dead_list);
inline constexpr unsigned kDeadShow = bit(Command::dead_show);
inline constexpr unsigned kDeadRetry = bit(Command::dead_retry);
inline constexpr unsigned kDeadDrop = bit(Command::dead_drop);
inline constexpr unsigned kDeadMany = kDeadList | kDeadRetry | kDeadDrop;
inline constexpr unsigned kDead = kDeadMany | kDeadShow;
inline constexpr unsigned kBench = bit(Command::bench);
// Those that are told a server.
inline constexpr unsigned kServer = kConsume | kPublish | kLook | kVerify | kControl | kDead | kBench;
inline constexpr unsigned kAll = kServer | kDemo;

// Shorthand for the field of Settings that an option is bound to.
#define FIELD(path) \
  [](auto& s) -> auto& { return s.path; }

/// Collects the declarations; `group` heads all that follow it.
class Declarations {
 public:
  void group(std::string name) { group_ = std::move(name); }
  /// The reference is good until the next add().
  Option& add(unsigned commands, std::string name, std::string environment, std::string value_name,
              std::string help) {
    auto& option = options_.emplace_back();
    option.name = std::move(name);
    option.environment = std::move(environment);
    option.group = group_;
    option.value_name = std::move(value_name);
    option.help = std::move(help);
    option.commands = commands;
    return option;
  }
  std::vector<Option> take() { return std::move(options_); }

 private:
  std::string group_;
  std::vector<Option> options_;
};

// Each declares the options of one or two groups, in the file that is named behind it.
void declare_redis(Declarations& all);         // redis.cpp
void declare_messages(Declarations& all);      // node.cpp
void declare_processing(Declarations& all);    // node.cpp
void declare_group(Declarations& all);         // node.cpp
void declare_control(Declarations& all);       // control.cpp
void declare_dead_letters(Declarations& all);  // dead_letters.cpp
void declare_publishing(Declarations& all);    // trial.cpp
void declare_bench(Declarations& all);         // trial.cpp
void declare_auditing(Declarations& all);      // trial.cpp
void declare_output(Declarations& all);        // output.cpp

}  // namespace tributary::cli
