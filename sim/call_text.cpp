#include "sim/call_text.hpp"

#include <variant>

#include "sim/redis/simulated_redis.hpp"

namespace tributary::sim {
namespace {

using namespace group;

const MemberId& caller_of(const AnyCall& call) {
  static const MemberId kSomebody("somebody");
  return std::visit(
      [](const auto& c) -> const MemberId& {
        if constexpr (requires { c.caller; }) return c.caller.member;
        if constexpr (requires { c.member; }) return c.member;
        return kSomebody;
      },
      call);
}

// What a script gets, from the given argument on.
std::string arguments_from(const AnyCall& call, std::size_t first, std::size_t end = SIZE_MAX) {
  std::string text;
  const auto arguments = arguments_of(call);
  for (std::size_t i = first; i < std::min(end, arguments.size()); ++i) text += " " + arguments[i];
  return text;
}

struct Details {
  const AnyCall& call;

  std::string operator()(const BeatCall& beat) const {
    const auto a = arguments_of(beat);
    return " tick " + a[3] + " floor " + a[5] + " gaps " + a[6] + " lengths " + a[7];
  }
  std::string operator()(const JoinCall& join) const {
    const auto a = arguments_of(join);
    return " weight " + a[3] + ", was " + a[4] + ", saw " + a[5];
  }
  std::string operator()(const CommitCall& commit) const {
    std::string text = " lane " + commit.lane.text() + " from " + std::to_string(commit.after);
    if (commit.release) text += " release";
    for (const auto& argument : commit.entries) {
      if (argument.find(':') != std::string::npos) text += " " + argument;
    }
    return text;
  }
  std::string operator()(const ClaimCall& claim) const {
    return " lane " + claim.lane.text() + " seen " + (claim.owner_seen.empty() ? "-" : claim.owner_seen.text);
  }
  template <class Other>
  std::string operator()(const Other&) const {
    return arguments_from(call, 3);
  }
};

}  // namespace

std::string text_of(const AnyCall& call) {
  return std::string(name_of(script_of(call))) + " of " + caller_of(call).text +
         std::visit(Details{call}, call);
}

std::string text_of(const Answer& answer) {
  static constexpr const char* kKinds[] = {"", "refused: ", "unknown", "UNSETTLED: ", "DONE IN PART: "};
  std::string text = kKinds[static_cast<std::size_t>(answer.kind)] + answer.error;
  for (const auto& value : answer.values) text += (text.empty() ? "" : " ") + value;
  return text;
}

std::string text_of(const Ending& why) {
  static constexpr const char* kNames[] = {"an answer that makes no sense",
                                           "a key of the wrong type",
                                           "the list is in use",
                                           "another protocol",
                                           "another fingerprint",
                                           "messages differ",
                                           "a right was taken away",
                                           "a transaction was done in part"};
  static_assert(std::size(kNames) == std::variant_size_v<Ending>);
  return kNames[why.index()];
}

}  // namespace tributary::sim
