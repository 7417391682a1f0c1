#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/group/node.hpp"
#include "process/entry_commands.hpp"
#include "process/pipeline.hpp"
#include "process/processors.hpp"
#include "redis/event_loop.hpp"
#include "relay/meter.hpp"

namespace tributary::relay {

/// The entries of one commit: as arguments of the script, or as the commands of a transaction. Valid until
/// entries are asked for again.
struct CommitEntries {
  std::uint64_t after = 0;     ///< position before the first entry
  std::uint64_t end = 0;       ///< rank behind the last one
  std::uint64_t last = 0;      ///< position of the last one; only with commands
  std::string_view arguments;  ///< RESP
  std::size_t argument_count = 0;
  const process::EntryCommands* commands = nullptr;  ///< in place of the arguments, if set
  std::size_t dead_lettered = 0, dropped = 0;        ///< of them, about
};

struct ProcessingSettings {
  std::string output_stream;
  std::string dead_letter_stream;
  process::ProcessorFactory factory;
  process::RetrySettings retries;
  process::MessageFormat format;
  TimeMs id_window_ms = 0;  ///< commits are to know the id of whatever they append; 0: need not
  std::shared_ptr<process::RecentIds> recent_ids = {};  ///< of consumers with threads, which make it
  std::uint32_t consumers = 1;
  TimeMs timeout_ms = 0;       ///< for one message; 0: none
  TimeMs hanging_ms = 10'000;  ///< without a time-out: so long at one message counts as hanging
  std::shared_ptr<ProcessingMeter> meter = {};    ///< told how long it takes, if there is one
  TimeMs (*clock)() = &redis::EventLoop::now_ms;  ///< that advance() goes by; any thread may ask it
};

/// The consumers of a node: they turn the messages of owned lanes into the entries of commits. Belongs to the
/// node's thread, whatever threads it has inside.
class Processing {
 public:
  virtual ~Processing() = default;
  /// Hands out work, takes in results, and tells the node how far each lane's are complete.
  virtual void advance(group::Node& node, TimeMs now) = 0;
  /// Entries for (a part of) the plan, at least one; as commands only if `may_settle`.
  virtual void entries(const group::CommitPlan& plan, const group::HeldView& view, bool may_settle,
                       CommitEntries& entries) = 0;
  /// True while every consumer hangs in the processor, and none can be given another thread: nothing is
  /// processed here until one comes back, which may be never.
  virtual bool hanging() const { return false; }
  /// What there is to tell whoever runs it, since the last call.
  virtual std::vector<group::Report> take_reports() { return {}; }
  /// Which messages are kept because the processor fails at them, and why; empty: none.
  virtual std::string kept(TimeMs now) const { return (void)now, std::string(); }
  /// A commit was answered "gap": perhaps for a message that was taken for a duplicate. All of those are processed now.
  virtual void process_skipped() {}
  /// Before anything is processed: the group's names on this server, if they are others than in the settings.
  virtual void use_dead_letter_stream(const std::string& name) { (void)name; }
  /// Asks the consumers to end and waits for them, for up to 2 s. False if some hang: then the process must
  /// end without destructors, which would take from under them what they may still use. Nothing may be asked
  /// of it afterwards.
  virtual bool end() { return true; }
  /// The group gave this node another number of consumers. 0 is taken as 1: older lanes are still
  /// to be finished.
  virtual void set_consumers(std::uint32_t consumers) = 0;
  /// Consumers that are at a message right now.
  virtual std::uint32_t busy() const = 0;
  /// Numbers, from 1, of the consumers that are idle or make progress; one that hangs is not among them.
  virtual std::vector<std::uint32_t> active(TimeMs now) const = 0;
};

/// For processors that do not block: processes a batch just before it is committed, on the node's own thread,
/// so a message is handed to nobody. The consumers are logical: they take turns of some messages each.
std::unique_ptr<Processing> make_inline_processing(const ProcessingSettings& settings);

/// For processors that may block: a thread for each consumer. `wake` is called, from any thread, when there
/// are results.
std::unique_ptr<Processing> make_threaded_processing(const ProcessingSettings& settings,
                                                     std::function<void()> wake);

}  // namespace tributary::relay
