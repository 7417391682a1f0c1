#include "cli/terminal/logging.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace tributary::cli {
namespace {

TEST(Logging, LinesThatWereDroppedAreToldInTheFormatOfTheLog) {
  Settings settings;
  set_up_logging(settings, nullptr);
  EXPECT_TRUE(
      dropped_log_lines(1).ends_with("WARN  1 line was of this log dropped here: the reader was too slow\n"));
  settings.log_json = true;
  set_up_logging(settings, nullptr);
  const auto line = boost::json::parse(dropped_log_lines(2)).as_object();
  EXPECT_EQ(line.at("event"), "lines_dropped");
  EXPECT_EQ(line.at("lines"), 2);
  set_up_logging(Settings(), nullptr);
}

}  // namespace
}  // namespace tributary::cli
