#include "support/markers.hpp"

#include <chrono>
#include <utility>

#include "core/base/text.hpp"
#include "support/wait_until.hpp"

namespace tributary::test {

Markers::Markers(TestClient client, const std::string& group) : client_(std::move(client)) {
  client_.command({"SUBSCRIBE", "tributary:{" + group + "}:control"});
}

std::optional<std::uint64_t> Markers::tick_when(const std::function<bool(const Members&)>& wanted) {
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + kPatience * kSlowness;
  while (steady_clock::now() < end) {
    const auto message = client_.receive(std::chrono::seconds(1));
    if (!message || message->elements.size() != 3) continue;
    // tributary/1 marker <nonce> <view> <previous> <identity> <tick> <members>
    const auto words = split(message->elements[2].text, ' ');
    if (words.size() == 8 && words[1] == "marker" && wanted(parse_members(words[7])))
      return to_number(words[6]);
  }
  return std::nullopt;
}

}  // namespace tributary::test
