// What a person sees who looks at a terminal, also at one that can do no more than print.
#include "support/terminal.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using Terminal = Scenario;

constexpr const char* kEscape = "\x1b";

TEST_F(Terminal, StatusCanBeWatchedOnTheWholeScreen) {
  start_node();
  const auto watched = run_on_terminal({"status", "--watch", "--redis-url", redis_.url()},
                                       "messages:processed", "q", {"TERM=xterm"});
  EXPECT_EQ(watched.status, 0);
  EXPECT_NE(watched.out.find(std::string(kEscape) + "[?1049h"), std::string::npos);
  EXPECT_NE(watched.out.find(std::string(kEscape) + "[?1049l"), std::string::npos) << "not left as it was";
}

TEST_F(Terminal, ThatIsDumbGetsPlainLines) {
  start_node();
  for (const std::string kind : {"TERM=dumb", "TERM"}) {
    const auto watched =
        run_on_terminal({"status", "--watch", "--redis-url", redis_.url(), "--monitoring-interval", "100ms"},
                        " 2 consumers on 1 node | running", "\x03", {kind});
    EXPECT_EQ(watched.status, 0) << watched.out;
    EXPECT_EQ(watched.out.find(kEscape), std::string::npos) << watched.out;
    const auto published = run_on_terminal({"publish", "--redis-url", redis_.url(), "--duration", "300ms"},
                                           "published", "", {kind});
    EXPECT_EQ(published.status, 0);
    EXPECT_EQ(published.out.find(kEscape), std::string::npos) << published.out;
  }
}

}  // namespace
}  // namespace tributary::test
