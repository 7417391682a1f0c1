#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "fuzz_target.hpp"
#include "process/answer.hpp"

// What programs and services answer. What is taken is what another parser finds there, too.
namespace tributary::fuzz {
namespace {

struct Added final : FieldSink {
  void add(std::string_view name, std::string_view value) override { fields.emplace_back(name, value); }
  std::vector<std::pair<std::string, std::string>> fields;
};

void check_taken(std::string_view answer, Outcome outcome, const Added& added, const std::string& reason) {
  boost::json::error_code error;
  boost::json::parse_options options;
  options.max_depth = 2000;
  const auto value =
      boost::json::parse(boost::json::string_view(answer.data(), answer.size()), error, {}, options);
  if (error == boost::json::error::exponent_overflow) return;
  TRIBUTARY_CHECK(!error && value.is_object());
  const auto& object = value.get_object();
  const bool failed = outcome == Outcome::fail || outcome == Outcome::dead;
  if (failed) {
    const auto* const why = object.if_contains(outcome == Outcome::fail ? "fail" : "dead");
    TRIBUTARY_CHECK(why && why->is_string() && std::string_view(why->get_string()) == reason);
  }
  TRIBUTARY_CHECK(failed || reason.empty());
  TRIBUTARY_CHECK((outcome == Outcome::drop) == object.contains("drop"));
  TRIBUTARY_CHECK(added.fields.empty() || (outcome == Outcome::append && object.contains("fields")));
}

}  // namespace

void run(std::string_view input) {
  process::AnswerReader reader;
  Added added;
  auto outcome = Outcome::append;
  std::string reason;
  if (reader.read(input, outcome, added, reason)) {
    check_taken(input, outcome, added, reason);
  } else {
    TRIBUTARY_CHECK(reason.starts_with("its answer "));
    for (const unsigned char c : reason) TRIBUTARY_CHECK(c >= ' ' && c != '\x7f');
  }
}

}  // namespace tributary::fuzz
