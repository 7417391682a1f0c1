#include "cli/api/api.hpp"

#include <algorithm>
#include <utility>

#include "cli/terminal/json_text.hpp"
#include "cli/terminal/logging.hpp"
#include "core/base/event.hpp"
#include "core/base/safe_text.hpp"
#include "http/guard.hpp"
#include "http/metrics.hpp"

namespace tributary::cli {
namespace {

constexpr std::chrono::seconds kEventInterval{1};

unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::usage:
    case ErrorKind::data:
    case ErrorKind::configuration:
      return 400;
    case ErrorKind::unavailable:
    case ErrorKind::temporary:
      return 503;
    default:
      return 500;
  }
}

http::Response json_response(const std::string& text) { return {200, http::kJson, text + "\n", {}, {}}; }

std::string failed_group_json(const std::string& name, const Error& error) {
  return json_text({{"group", json_or_null(name)}, {"error", json_or_null(error.message)}});
}

// "group orders: ", or nothing where there is one only.
std::string prefix(const GroupWatch& watch, bool several) {
  return several ? "group " + visible_text(watch.name()) + ": " : std::string();
}

}  // namespace

Api::Api(redis::EventLoop& loop, const Settings& settings)
    : loop_(loop),
      settings_(settings),
      server_(loop,
              [this](const http::Request& request, const http::Answer& answer) { handle(request, answer); }) {
}

void Api::add(GroupNode& node, const Settings& settings) {
  groups_.push_back(std::make_unique<GroupWatch>(loop_, node, settings));
}

Status Api::listen() {
  const auto address = http::parse_address(settings_.http);
  if (!address) return address.error();
  if (auto listening = server_.listen(address.value()); !listening) return listening;
  log({group::Report::Level::info,
       "http_listening"_event,
       "http on " + server_.address().text(),
       {{"address", server_.address().text()}}});
  loop_.every(kEventInterval, [this] { publish(); });
  return Done{};
}

void Api::handle(const http::Request& request, const http::Answer& answer) {
  static const std::map<std::string_view, Route> kReading{{"/livez", &Api::live},
                                                          {"/readyz", &Api::ready},
                                                          {"/metrics", &Api::metrics},
                                                          {"/api/group", &Api::group},
                                                          {"/api/events", &Api::events}};
  const auto& at = server_.address();
  if (auto refused = http::wrong_host(request, at.unix_socket.empty() && at.is_local()))
    return answer(*refused);
  const auto route = kReading.find(request.path);
  if (route == kReading.end())
    return answer(http::error_response(404, "there is nothing at " + request.path));
  if (request.method == "POST")
    return answer(http::error_response(405, request.path + " is for reading only"));
  (this->*route->second)(request, answer);
}

void Api::live(const http::Request&, const http::Answer& answer) {
  answer({200, "text/plain; charset=utf-8", "alive\n", {}, {}});
}

void Api::ready(const http::Request&, const http::Answer& answer) {
  std::string why;
  for (const auto& watch : groups_) {
    const auto reason = watch->node().run().not_ready();
    if (!reason.empty()) why += prefix(*watch, groups_.size() > 1) + valid_utf8(reason) + "\n";
  }
  answer({why.empty() ? 200U : 503U, "text/plain; charset=utf-8", why.empty() ? "ready\n" : why, {}, {}});
}

// Those of a group that cannot be read now do without what only Redis knows.
void Api::metrics(const http::Request& request, const http::Answer& answer) {
  const bool open = request.header("accept").find("application/openmetrics-text") != std::string_view::npos;
  struct Readings {
    std::vector<std::optional<observe::GroupStatus>> statuses;
    std::size_t open;
  };
  const auto readings = std::make_shared<Readings>(Readings{{groups_.size(), std::nullopt}, groups_.size()});
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    groups_[i]->read([this, readings, i, open, answer](const Result<StatusReport>& report) {
      if (report) readings->statuses[i] = report.value().status;
      if (--readings->open > 0) return;
      http::Metrics metrics;
      metrics.server = server_.figures();
      for (std::size_t k = 0; k < groups_.size(); ++k) {
        const auto& watch = *groups_[k];
        const auto& inputs = watch.settings().inputs;
        const auto& status = readings->statuses[k];
        metrics.groups.push_back({watch.name(), &watch.node().run(), watch.settings().journal_limit,
                                  inputs.single() ? inputs.channels.front() : "", status ? &*status : nullptr,
                                  &watch.losses()});
      }
      answer({200,
              open ? http::kOpenMetricsType : http::kMetricsType,
              http::metrics_text(metrics, open),
              {},
              {}});
    });
  }
}

void Api::group(const http::Request& request, const http::Answer& answer) {
  read(request.parameter("group"), answer);
}

void Api::events(const http::Request& request, const http::Answer& answer) {
  const std::string name(request.parameter("group"));
  if (!name.empty() && find(name) == nullptr) return read(name, answer);
  read(name, [name, answer](http::Response response) {
    if (response.body.ends_with('\n')) response.body.pop_back();
    answer({200, "text/event-stream", std::move(response.body), {}, "events " + name});
  });
}

GroupWatch* Api::find(std::string_view name) {
  const auto found = std::ranges::find_if(groups_, [&](const auto& watch) { return watch->name() == name; });
  return found == groups_.end() ? nullptr : found->get();
}

void Api::read(std::string_view name, const http::Answer& answer) {
  auto* const one = name.empty() && groups_.size() == 1 ? groups_.front().get() : find(name);
  if (one != nullptr) {
    return one->read([one, answer](const Result<StatusReport>& report) {
      if (report) return answer(json_response(status_json(report.value())));
      answer({status_of(report.error().kind),
              http::kJson,
              failed_group_json(one->name(), report.error()) + "\n",
              {},
              {}});
    });
  }
  if (!name.empty())
    return answer(http::error_response(404, "this process has no node of group " + std::string(name)));
  struct Gathered {
    boost::json::array groups;
    std::size_t open;
  };
  const auto all = std::make_shared<Gathered>();
  all->groups.resize(groups_.size());
  all->open = groups_.size();
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    groups_[i]->read([this, all, i, answer](const Result<StatusReport>& report) {
      const auto& group = groups_[i]->name();
      all->groups[i] = report ? status_object(report.value())
                              : boost::json::object{{"group", json_or_null(group)},
                                                    {"error", json_or_null(report.error().message)}};
      if (--all->open == 0) answer(json_response(json_text({{"groups", std::move(all->groups)}})));
    });
  }
}

void Api::publish() {
  const auto tell = [this](const std::string& name) {
    const auto topic = "events " + name;
    if (server_.listeners(topic) == 0) return;
    read(name, [this, topic](const http::Response& response) {
      server_.publish(topic, std::string_view(response.body).substr(0, response.body.find('\n')));
    });
  };
  tell("");
  for (const auto& watch : groups_) tell(watch->name());
}

}  // namespace tributary::cli
