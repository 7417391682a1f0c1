#pragma once

#include <string>

#include "core/base/result.hpp"
#include "embed/node_options.hpp"
#include "process/processors.hpp"
#include "relay/relay.hpp"

namespace tributary::embed {

/// "channel orders", "channels a and b, patterns orders.*".
std::string inputs_text(const redis::Inputs& inputs);
/// What is not as it is without being told: ", format raw", ", id member none"; else empty.
std::string format_text(const process::MessageFormat& format);

/// What the options name as processor. `log` takes lines of programs and scripts; see ProcessorContext::log.
Result<ProcessorFactory> make_processors(const NodeOptions& options, process::ProcessorLog log);

/// How the relay does what the options say. ErrorKind::usage if the processor cannot.
Result<relay::RelaySettings> relay_settings(const NodeOptions& options, ProcessorFactory factory,
                                            OptionNaming called);

}  // namespace tributary::embed
