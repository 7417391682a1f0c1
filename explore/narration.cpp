#include "explore/narration.hpp"

#include "explore/member.hpp"

namespace tributary::explore {

std::string brief(const Event& event) {
  switch (event.kind) {
    case Event::Kind::data:
      return payload_of(event.number);
    case Event::Kind::control:
      return event.text;
    case Event::Kind::subscribed:
      return "subscribed";
    case Event::Kind::subscriber_lost:
      return "the end of its subscriber connection";
    case Event::Kind::answer: {
      if (event.answer.kind == group::Answer::Kind::refused) return event.answer.error;
      std::string text;
      for (const auto& value : event.answer.values) text += (text.empty() ? "" : " | ") + value;
      return text;
    }
    default:
      return "";
  }
}

}  // namespace tributary::explore
