#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tributary/message.hpp"

namespace tributary {

/// Receives the fields that a processor adds to a message's entry, in the order of the calls.
class FieldSink {
 public:
  virtual ~FieldSink() = default;
  /// Copies both. Name and value may hold any bytes.
  virtual void add(std::string_view name, std::string_view value) = 0;
};

/// What became of one message.
enum class Outcome {
  append,  ///< goes to the output stream, with the fields that were added
  drop,    ///< goes nowhere, on purpose; its position is done
  fail,    ///< not processed: tried again with backoff, then dead-lettered
  dead,    ///< cannot be processed: dead-lettered at once
};

/// The work done on each message. One instance belongs to one consumer, and is only ever called by one thread
/// at a time, so it may keep state without locks.
///
/// A message may be processed again after a crash, here or on another node; what it returned is appended
/// once. A processor with effects of its own should therefore make them idempotent by `Message::position`.
class Processor {
 public:
  virtual ~Processor() = default;

  /// Processes one message. On `fail` and `dead`, `reason` says why in one line and fields already added are
  /// ignored. Must not throw.
  virtual Outcome process(const Message& message, FieldSink& fields, std::string& reason) = 0;

  /// True if process() may wait or compute for long. Then each consumer gets a thread; else it runs inline on
  /// the node's one thread, which costs no hand-over at all.
  virtual bool may_block() const = 0;

  /// True if expect() is to be called, which costs a little for each message.
  virtual bool looks_ahead() const { return false; }

  /// What process() will be called for next, in this order, unless the work goes elsewhere: a processor that
  /// hands messages to somebody else may do so for these already. Only called if may_block() and
  /// looks_ahead(). The messages are valid until the last of them was processed, or expect() is called again.
  virtual void expect(std::span<const Message> messages) { (void)messages; }

  /// Called by another thread while process() may be running: nobody waits for its result any more (it took
  /// too long, another node did the work, the node ends), so it should return soon, whatever it returns. So
  /// should calls that follow, if any do: this processor is on its way to its end. Must not block.
  virtual void interrupt() {}
};

/// Makes one processor for each consumer, never none. May be called by any thread. Must not throw.
using ProcessorFactory = std::function<std::unique_ptr<Processor>()>;

}  // namespace tributary
