#pragma once

#include "core/base/result.hpp"
#include "embed/node_options.hpp"
#include "tributary/consumer.hpp"

namespace tributary::embed {

/// How errors call an option of a consumer: "replay_window".
std::string member_of(std::string_view option);

/// The settings as every node has them, checked as those of `tributary consume` are. Reads the password file. Errors name
/// the setting and never show a password.
Result<NodeOptions> node_options(const ConsumerSettings& settings);

}  // namespace tributary::embed
