#include "embed/relay_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"
#include "core/journal/key_slots.hpp"
#include "embed/process_name.hpp"
#include "observe/number_text.hpp"

namespace tributary::embed {
namespace {

constexpr std::chrono::milliseconds kLongestBackoff{30'000};  // without an end of retries

group::NodeSettings node_settings(const NodeOptions& options) {
  group::NodeSettings node;
  node.group = options.output_stream;
  node.name = process_name();
  node.fingerprint = fmt::format("input {}{}, lease {}, replay window {}", inputs_text(options.inputs),
                                 format_text(options.format), observe::format_duration(options.lease),
                                 observe::format_duration(options.replay_window));
  if (options.dedup_window.count() > 0)
    node.fingerprint += ", dedup window " + observe::format_duration(options.dedup_window);
  // The scripts go by the first word.
  if (!options.order_key.empty())
    node.fingerprint = fmt::format("keyed {}, order key {} in {} slots", node.fingerprint, options.order_key,
                                   journal::kKeySlots);
  node.weight = options.capacity > 0 ? 0 : options.consumers;
  node.capacity = options.capacity;
  node.idle_timeout_ms = options.idle_timeout.count();
  node.beat_ms = options.beat.count();
  node.lease_ms = options.lease.count();
  node.window_ms = options.replay_window.count();
  node.journal_limit = options.journal_limit;
  node.journal_grace_ms = options.journal_grace.count();
  node.second_commit_from = 2 * options.processing_batch_size;
  return node;
}

}  // namespace

std::string inputs_text(const redis::Inputs& inputs) {
  const auto part = [](const char* what, const std::vector<std::string>& names) {
    return names.empty() ? std::string()
                         : fmt::format("{}{} {}", what, names.size() > 1 ? "s" : "", fmt::join(names, " "));
  };
  const auto channels = part(inputs.sharded ? "sharded channel" : "channel", inputs.channels);
  const auto patterns = part("pattern", inputs.patterns);
  return channels + (channels.empty() || patterns.empty() ? "" : ", ") + patterns;
}

std::string format_text(const process::MessageFormat& format) {
  if (format.raw) return ", format raw";
  if (format.id_member == process::kMessageId) return "";
  return ", id member " + (format.id_member.empty() ? "none" : format.id_member);
}

Result<ProcessorFactory> make_processors(const NodeOptions& options, process::ProcessorLog log) {
  process::ProcessorContext context;
  context.json = !options.format.raw;
  context.timeout = options.processing_timeout;
  context.keeps = options.processing_retries == process::kUnlimitedRetries;
  context.window = options.processor_window;
  context.log = std::move(log);
  return process::make_processors(options.processor, context);
}

Result<relay::RelaySettings> relay_settings(const NodeOptions& options, ProcessorFactory factory,
                                            OptionNaming called) {
  const bool unlimited = options.processing_retries == process::kUnlimitedRetries;
  const bool may_block = factory()->may_block();
  if (unlimited && !may_block) {
    return Error{ErrorKind::usage,
                 called("processing-retries") + " unlimited: processor " + quoted(options.processor) +
                     " runs on the node's own thread, which cannot wait for it to work again"};
  }
  relay::RelaySettings relay;
  relay.endpoint = options.redis;
  relay.inputs = options.inputs;
  relay.output_stream = options.output_stream;
  relay.dead_letter_stream = options.dead_letter_stream();
  relay.consumers_list = options.consumers_list;
  relay.stream_maxlen = options.stream_maxlen;
  relay.ids = {options.dedup_window.count(), options.dedup_limit};
  relay.batch_size = options.processing_batch_size;
  relay.receipts = options.receipts;
  relay.journal.directory = options.journal_dir;
  relay.journal.group = options.output_stream;
  relay.journal.limit = options.journal_limit;
  relay.journal.sync = options.journal_sync;
  relay.order_key = options.order_key;
  relay.connect_timeout_ms = options.connect_timeout.count();
  relay.node = node_settings(options);

  relay.node.inline_processing = !may_block;
  relay.processing.factory = std::move(factory);
  relay.processing.output_stream = relay.output_stream;
  relay.processing.dead_letter_stream = relay.dead_letter_stream;
  relay.processing.retries.retries = options.processing_retries;
  relay.processing.consumers = std::max(relay.node.weight, 1u);
  relay.processing.format = options.format;
  relay.processing.id_window_ms = relay.ids.span_ms;
  relay.processing.timeout_ms = options.processing_timeout.count();
  if (unlimited) {
    relay.processing.retries.longest_backoff = kLongestBackoff;
    // Nothing is given up here: the time-out is that of an attempt, which the processor keeps to.
    relay.processing.timeout_ms = 0;
    relay.processing.hanging_ms =
        (kLongestBackoff + 2 * std::max(options.processing_timeout, kLongestBackoff)).count();
  }
  return relay;
}

}  // namespace tributary::embed
