#include "relay/ending.hpp"

#include "core/base/text.hpp"

namespace tributary::relay {
namespace {

struct Explain {
  const group::NodeSettings& settings;

  Error operator()(const group::Unreadable&) const {
    return {ErrorKind::software,
            "the server's answer to a beat cannot be understood; is another program writing to "
            "tributary's keys?"};
  }
  Error operator()(const group::WrongType& why) const {
    return {ErrorKind::configuration, "Redis key '" + why.key + "' holds a " + why.is + ", not a " +
                                          why.wanted + "; rename or remove it, or choose another name"};
  }
  Error operator()(const group::ListInUse& why) const {
    return {ErrorKind::temporary, "consumers list '" + why.list + "' is in use by group '" + why.by +
                                      "', not '" + settings.group +
                                      "'; set --consumers-list to another name"};
  }
  Error operator()(const group::OtherProtocol& why) const {
    const bool older = to_number(why.theirs).value_or(UINT64_MAX) < to_number(group::kProtocolVersion);
    return {ErrorKind::temporary,
            "group '" + settings.group + "' runs protocol version " + why.theirs + ", this node speaks " +
                group::kProtocolVersion +
                (older ? "; to upgrade the group: 'tributary stop', upgrade every node, "
                         "'tributary resume', start them"
                       : "; upgrade tributary on this host")};
  }
  Error operator()(const group::OtherFingerprint& why) const {
    return {ErrorKind::temporary, "group '" + settings.group + "' is live with [" + why.theirs +
                                      "], this node has [" + settings.fingerprint +
                                      "]; use the same settings or another output stream"};
  }
  Error operator()(const group::Mismatch& why) const {
    return {ErrorKind::software, "expelled twice within a minute because " + why.why + " (this node is " +
                                     why.member.text +
                                     "); they do not use the same server, proxy or subscription: check what "
                                     "both connect to"};
  }
  Error operator()(const group::LostRight& why) const {
    return {ErrorKind::no_permission, "Redis refuses a command tributary needs: " + why.error};
  }
  Error operator()(const group::DoneInPart& why) const {
    return {ErrorKind::no_permission, "Redis did only a part of a transaction, so entries may be in '" +
                                          settings.group + "' twice: " + why.error};
  }
};

}  // namespace

Error explain_ending(const group::Ending& why, const group::NodeSettings& settings) {
  return std::visit(Explain{settings}, why);
}

}  // namespace tributary::relay
