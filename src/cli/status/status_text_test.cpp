#include "cli/status/status_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace tributary::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

StatusReport report() {
  StatusReport report;
  report.group = "messages:processed";
  report.server = "localhost:6379";
  report.rate = 20012.6;
  report.status = observe::parse_group_status({"view",
                                               "7.b",
                                               "view:7.b",
                                               "run/repl m1/2/1/0,m2/2/2/0",
                                               "lane:7.b:0",
                                               "m1 5 -",
                                               "leader",
                                               "m1",
                                               "consumers",
                                               "4",
                                               "entries-added",
                                               "1203442",
                                               "stream-length",
                                               "1000",
                                               "server-identity",
                                               "run/repl",
                                               "member:m1:host",
                                               "alpha",
                                               "member:m1:pid",
                                               "42",
                                               "member:m1:backlog",
                                               "120",
                                               "member:m1:coverage_ms",
                                               "5000"});
  return report;
}

LossLine loss() {
  return {"1700000000123-0",
          "nobody holds the rest",
          {{"view", "6.a"}, {"lane", "1"}, {"after", "5"}, {"to", "9"}}};
}

TEST(StatusText, ShowsTheGroupAtAGlance) {
  const auto text = status_text(report());
  EXPECT_THAT(text, HasSubstr("group     messages:processed\n"));
  EXPECT_THAT(text, HasSubstr("view      7.b, 4 consumers on 1 node\n"));
  EXPECT_THAT(text, HasSubstr("leader    alpha:42\n"));
  EXPECT_THAT(text,
              HasSubstr("messages  20,013/s, 1,203,442 appended, 1,000 in the stream, 0 dead letters\n"));
  EXPECT_THAT(text, HasSubstr("backlog   120+\n"));
  EXPECT_THAT(text, HasSubstr("kept for at least 5.0 s"));
  EXPECT_THAT(text, HasSubstr("losses declared: none\n"));
  EXPECT_THAT(text, Not(HasSubstr("WARNING")));
  EXPECT_THAT(text, Not(HasSubstr("open lanes"))) << "those of the current view are always open";
}

TEST(StatusText, SaysWhatMoreIsPromised) {
  auto some = report();
  EXPECT_THAT(status_text(some), Not(HasSubstr("journals")));
  some.status =
      observe::parse_group_status({"view", "7.b", "view:7.b", "run/repl m1/2/1/0", "member:m1:order_key",
                                   "user", "member:m1:journal_dir", "/var/lib/tributary"});
  some.status.journals = {{"1a2b", "beta", group::MemberId("m9"), 3, 1200}};
  EXPECT_THAT(status_text(some), HasSubstr("order     kept for each user\n"));
  EXPECT_THAT(status_text(some), HasSubstr("journals  in files on 1 of 1 node\n"));
  EXPECT_THAT(status_text(some),
              HasSubstr("for the journal of beta (m9), for 1,200 s more: what only it holds is "
                        "not given up; 'tributary forget beta' ends that\n"));
  some.group = "orders";
  EXPECT_THAT(status_text(some), HasSubstr("'tributary forget beta --output-stream orders' ends that\n"));
  const auto json = boost::json::parse(status_json(some));
  EXPECT_EQ(json.at("members").at(0).at("order_key"), "user");
  EXPECT_EQ(json.at("members").at(0).at("journal_dir"), "/var/lib/tributary");
}

TEST(StatusText, SaysWhatIsDesiredSinceWhenAndByWhom) {
  auto some = report();
  some.status.desired.desired.consumers = 6;
  some.status.desired.revision = 3;
  some.changes = {{"1700000000123-0", "me@here", "consumers", "", "6", "3"}};
  auto text = status_text(some);
  EXPECT_THAT(text, HasSubstr("state     running\n"));
  EXPECT_THAT(text, HasSubstr("desired   6 consumers; 4 in the view; revision 3\n"));
  EXPECT_THAT(text, HasSubstr("me@here  consumers as many as the hosts have capacity -> 6"));
  some.status.desired.desired.state = plan::Desired::State::paused;
  some.state_change = ChangeLine{"1700000000123-0", "me@here", "state", "", "paused", "4"};
  EXPECT_THAT(status_text(some), HasSubstr("state     paused since 2023-11-14 22:13:20Z by me@here\n"));
  some.state_change->to = "running";
  EXPECT_THAT(status_text(some), HasSubstr("state     paused, set by hand\n"));
  some.status.desired.complaints = {"consumers must be a number or auto, not \"x\""};
  EXPECT_THAT(status_text(some), HasSubstr("desired   as before"));
}

TEST(StatusText, ShowsLanesOfEarlierViewsAndLosses) {
  auto some = report();
  some.status.lanes.push_back({{*group::ViewId::parse("6.a"), 1}, group::MemberId("gone1"), 90, 100});
  some.status.losses = 3;
  some.losses = {loss()};
  const auto text = status_text(some);
  EXPECT_THAT(text,
              HasSubstr("open lanes of earlier views:\n  view  lane  owner         position  end  left\n"
                        "  6.a      1  gone1 (gone)        90  100    10\n"));
  EXPECT_THAT(text, HasSubstr("losses declared, the last 1 of 3:\n"));
  EXPECT_THAT(text,
              HasSubstr("2023-11-14 22:13:20Z  nobody holds the rest  view 6.a, lane 1, after 5 to 9\n"));
}

TEST(StatusText, WarnsOfWhatNeedsAttention) {
  auto some = report();
  for (auto& member : some.status.members) member.present = false;
  some.status.server_identity = "other/repl";
  some.status.lanes.push_back({{*group::ViewId::parse("6.a"), 1}, group::MemberId("m1"), 90, 100, 2});
  const auto text = status_text(some);
  EXPECT_THAT(text, HasSubstr("WARNING   no node is running"));
  EXPECT_THAT(text, HasSubstr("WARNING   this is not the server process of the view"));
  EXPECT_THAT(text, HasSubstr("WARNING   lane 6.a:1: 2 nodes died, one after the other, at the message after "
                              "position 90"));
  EXPECT_THAT(text, HasSubstr("silent"));
}

TEST(StatusText, SaysWhatAWindowForIdsKeepsAndHowFarBackItReaches) {
  EXPECT_THAT(status_text(report()), Not(HasSubstr("dedup")));
  auto some = report();
  some.status.duplicates = 1;
  some.status.ids_kept = 1203;
  some.status.dedup_window_ms = 60000;
  some.status.dedup_reach_ms = 60000;
  EXPECT_THAT(status_text(some),
              HasSubstr("dedup     1 duplicate dropped; 1,203 ids kept, of the last 60.0 s\n"));
  some.status.dedup_reach_ms = 12345;
  EXPECT_THAT(status_text(some), HasSubstr(", of the last 12.3 s, the window being 60.0 s\n"));
  const auto object = boost::json::parse(status_json(some)).as_object();
  EXPECT_EQ(object.at("duplicates_dropped").to_number<int>(), 1);
  EXPECT_EQ(object.at("dedup_ids").to_number<int>(), 1203);
  EXPECT_EQ(object.at("dedup_window_ms").to_number<int>(), 60000);
  EXPECT_EQ(object.at("dedup_reach_ms").to_number<int>(), 12345);
}

TEST(StatusJson, HoldsTheFigures) {
  auto some = report();
  some.status.losses = 1;
  some.losses = {loss()};
  const auto object = boost::json::parse(status_json(some)).as_object();
  EXPECT_EQ(object.at("group").as_string(), "messages:processed");
  EXPECT_EQ(object.at("total").to_number<int>(), 1203442);
  EXPECT_EQ(object.at("nodes").to_number<int>(), 1);
  EXPECT_EQ(object.at("coverage_ms").to_number<int>(), 5000);
  EXPECT_EQ(object.at("members").as_array().size(), 2u);
  EXPECT_EQ(object.at("members").as_array()[0].as_object().at("leader").as_bool(), true);
  EXPECT_EQ(object.at("members").as_array()[1].as_object().at("present").as_bool(), false);
  EXPECT_TRUE(object.at("members").as_array()[1].as_object().at("rate").is_null());
  EXPECT_TRUE(object.at("lanes").as_array()[0].as_object().at("end").is_null());
  EXPECT_EQ(object.at("last_losses").as_array()[0].as_object().at("view").as_string(), "6.a");
}

}  // namespace
}  // namespace tributary::cli
