#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "tributary/processor.hpp"

namespace tributary::process {

/// Most bytes of an answer.
inline constexpr std::size_t kLongestAnswer = 64u << 20;

/// Reads what an outside processor (a program, a service) answers for one message, a JSON object:
///
///     {}                            append it as it is
///     {"fields": {"name": value}}   append it with these fields: strings as they are, other values as JSON text
///     {"drop": true}                drop it
///     {"fail": "why"}               try again, then dead letter
///     {"dead": "why"}               dead letter at once
///
/// Exactly one of these; anything else is no answer. Keeps its memory; belongs to one thread.
class AnswerReader {
 public:
  AnswerReader();
  ~AnswerReader();
  AnswerReader(AnswerReader&&) noexcept;
  AnswerReader& operator=(AnswerReader&&) noexcept;

  /// What the answer says. False if it is none: then `reason` says what is wrong with it and how it begins.
  bool read(std::string_view answer, Outcome& outcome, FieldSink& fields, std::string& reason);

 private:
  class Reader;
  std::unique_ptr<Reader> reader_;  ///< keeps simdjson out of this header
};

}  // namespace tributary::process
