#include "process/answer.hpp"

#include <simdjson.h>

#include <algorithm>
#include <vector>

#include "core/base/safe_text.hpp"

namespace tributary::process {
namespace {

namespace dom = simdjson::dom;

}  // namespace

class AnswerReader::Reader {
 public:
  // Why it is no answer; nothing if it is one.
  const char* read(std::string_view answer, Outcome& outcome, FieldSink& fields, std::string& reason) {
    if (answer.size() > kLongestAnswer) return "is larger than 64 MiB";
    dom::element document;
    if (parser_.parse(answer.data(), answer.size(), true).get(document)) return "is not JSON";
    dom::object object;
    if (document.get(object)) return "is not a JSON object";
    outcome = Outcome::append;
    if (object.size() == 0) return nullptr;
    if (object.size() > 1) return "has more than one member";
    const auto member = *object.begin();
    if (member.key == "fields") return add(member.value, fields);
    if (member.key == "drop") {
      outcome = Outcome::drop;
      bool value = false;
      return member.value.get(value) || !value ? "has a \"drop\" that is not true" : nullptr;
    }
    if (member.key != "fail" && member.key != "dead") return "has a member that means nothing";
    outcome = member.key == "fail" ? Outcome::fail : Outcome::dead;
    std::string_view why;
    if (member.value.get(why)) return "has a reason that is not a string";
    reason = why;
    return nullptr;
  }

 private:
  static const char* add(dom::element value, FieldSink& fields) {
    dom::object object;
    if (value.get(object)) return "has \"fields\" that are not an object";
    for (const auto field : object) {
      std::string_view text;
      if (field.value.get(text)) {
        fields.add(field.key, simdjson::minify(field.value));
      } else {
        fields.add(field.key, text);
      }
    }
    return nullptr;
  }

  dom::parser parser_;
};

AnswerReader::AnswerReader() : reader_(std::make_unique<Reader>()) {}
AnswerReader::~AnswerReader() = default;
AnswerReader::AnswerReader(AnswerReader&&) noexcept = default;
AnswerReader& AnswerReader::operator=(AnswerReader&&) noexcept = default;

bool AnswerReader::read(std::string_view answer, Outcome& outcome, FieldSink& fields, std::string& reason) {
  outcome = Outcome::append;
  if (answer == "{}") return true;
  const auto* const wrong = reader_->read(answer, outcome, fields, reason);
  if (!wrong) return true;
  reason = "its answer " + std::string(wrong) + ": " + quoted_start(answer);
  return false;
}

}  // namespace tributary::process
