#include <string>

#include "core/base/check.hpp"
#include "core/base/random.hpp"
#include "fuzz_target.hpp"
#include "redis/transaction_reader.hpp"

// Answers to transactions: what is made of them does not depend on the pieces they come in; nothing that
// belongs to what follows is taken; what is no answer to a transaction is noticed. The first byte chooses the
// number of commands and the pieces.
namespace tributary::fuzz {
namespace {

struct Outcome {
  bool done = false, broken = false;
  std::string rest, text;

  bool operator==(const Outcome&) const = default;
};

Outcome read(std::size_t commands, std::string_view input, Random* pieces) {
  redis::TransactionReader reader;
  reader.begin(commands);
  Outcome outcome;
  while (!input.empty() && !reader.done() && !reader.broken()) {
    const auto piece = input.substr(0, pieces ? 1 + pieces->below(16) : input.size());
    input.remove_prefix(piece.size());
    const auto rest = reader.feed(piece);
    TRIBUTARY_CHECK(rest.size() <= piece.size() && rest == piece.substr(piece.size() - rest.size()));
    TRIBUTARY_CHECK(rest.empty() || reader.done() || reader.broken());
    outcome.rest = rest;
  }
  outcome.done = reader.done();
  outcome.broken = reader.broken();
  if (outcome.broken) outcome.rest.clear();  // of no use to anybody
  if (outcome.done) {
    outcome.rest += input;
    const auto told = reader.take();
    TRIBUTARY_CHECK(told.appended <= told.entries);
    const auto answer = group::answer_of(told);
    TRIBUTARY_CHECK((answer.kind == group::Answer::Kind::values) == !answer.values.empty());
    outcome.text = std::to_string(static_cast<int>(answer.kind)) + answer.error;
    for (const auto& value : answer.values) outcome.text += " " + value;
  }
  return outcome;
}

}  // namespace

void run(std::string_view input) {
  if (input.empty()) return;
  const auto choice = static_cast<unsigned char>(input[0]);
  input.remove_prefix(1);
  Random pieces(choice);
  TRIBUTARY_CHECK(read(1 + choice % 4, input, nullptr) == read(1 + choice % 4, input, &pieces));
}

}  // namespace tributary::fuzz
