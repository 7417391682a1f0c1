#include "core/group/transaction.hpp"

#include "core/base/text.hpp"

namespace tributary::group {
namespace {

Answer with_error(Answer::Kind kind, std::string error) { return {kind, {}, std::move(error)}; }

/// Takes a word off the front.
std::string_view next_word(std::string_view& text) {
  const auto end = text.find(' ');
  const auto word = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return word;
}

// settle could not tell what is in, or did not run.
Answer unsettled(const TransactionOutcome& outcome, std::string error) {
  using Kind = Answer::Kind;
  const auto kind = outcome.appended == 0                 ? Kind::refused
                    : outcome.appended == outcome.entries ? Kind::unsettled
                                                          : Kind::in_part;
  return with_error(kind, std::move(error));
}

}  // namespace

Answer answer_of(const TransactionOutcome& outcome) {
  using Kind = Answer::Kind;
  if (outcome.in_pieces) return with_error(Kind::in_part, outcome.error);
  if (!outcome.executed) return with_error(Kind::refused, outcome.error);
  if (outcome.settle_refused) return unsettled(outcome, outcome.settled);
  std::string_view rest = outcome.settled;
  const std::string status(next_word(rest));
  if (status == "stuck") return unsettled(outcome, std::string(rest));
  const std::string detail(next_word(rest));
  if (status == "ok") {
    if (outcome.appended < outcome.entries) return with_error(Kind::in_part, outcome.error);
    Answer answer{Kind::values, {status, detail}, {}};
    if (!rest.empty()) answer.values.emplace_back(rest);
    return answer;
  }
  const auto taken_back = to_number(next_word(rest));
  if (taken_back != outcome.appended) {
    return with_error(Kind::in_part, "entries of a commit that may not be in could not be taken back");
  }
  Answer answer{Kind::values, {status, detail}, {}};
  if (status == "gone") answer.values.pop_back();
  if (status == "failed") {
    answer.error = rest.empty() ? outcome.error : std::string(rest);
    answer.values.push_back(answer.error);
  }
  return answer;
}

// What a script met says so in the words of Redis 7.0, or in those of later ones and of Valkey.
bool lacks_right(std::string_view error) {
  const auto says = [&](std::string_view words) { return error.find(words) != std::string_view::npos; };
  return says("NOPERM") || says("user executing the script can't") || says("ACL failure in script");
}

}  // namespace tributary::group
