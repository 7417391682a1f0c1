#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"
#include "redis/inputs.hpp"
#include "redis/reply.hpp"

namespace tributary::redis {

/// What the keys and channels of a node are called.
struct NodeNames {
  Inputs inputs;
  std::string output_stream;  ///< also the group
  std::string dead_letter_stream;
  std::string consumers_list;
  bool trims = false;      ///< the stream has a bound
  bool keeps_ids = false;  ///< of what was appended
};

/// Rights that a user lacks, each as an ACL rule names it: "xinfo|stream", "tributary:{messages:processed}:*".
struct MissingRights {
  std::vector<std::string> commands;
  std::vector<std::string> keys;
  std::vector<std::string> channels;

  bool empty() const { return commands.empty() && keys.empty() && channels.empty(); }
};

/// Asks the server, without doing any of it, whether its user may do all that a node needs; what a node can do without is
/// not asked for. The server answers for each command and key, so all that is missing is known at once.
class RightsQuestion {
 public:
  explicit RightsQuestion(const NodeNames& names);

  /// Appends the one command that asks. It writes nothing, and needs the right to EVAL.
  void append_to(std::string& out) const;
  /// What its answer says. Nothing is missing as far as one knows if the server did not answer the question.
  MissingRights missing(const Reply& answer) const;

  /// Commands that are asked for, as ACL rules name them.
  std::vector<std::string> commands() const;

 private:
  struct Check {
    std::string command;  // "xinfo|stream"
    std::string subject;  // key or channel; empty: none
    bool needed;          // else it is only asked for to tell a missing command from a missing key
    bool channel;
    std::vector<std::string> words;
    bool pattern;  // the subject is one already, and not the name of a channel
  };
  std::string rule_of(const std::string& key) const;

  NodeNames names_;
  std::vector<Check> checks_;
};

/// One line: what is missing, and the ACL command that fixes it.
Error explain_missing_rights(const Endpoint& endpoint, const MissingRights& missing);

/// The same for a NOPERM that answered SUBSCRIBE or PSUBSCRIBE: it does not say which of the channels.
Error explain_refused_subscription(const Endpoint& endpoint, std::string_view answer, const Inputs& inputs,
                                   const std::string& control_channel);

}  // namespace tributary::redis
