#include "cli/system/service_manager.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <map>

namespace tributary::cli {
namespace {

using namespace std::chrono_literals;

/// The other end: a socket that datagrams arrive at.
class Listener {
 public:
  Listener() : path_(testing::TempDir() + "notify-" + std::to_string(::getpid())) {
    ::unlink(path_.c_str());
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Listener() {
    ::close(socket_);
    ::unlink(path_.c_str());
  }
  std::string next() {
    char text[100];
    const auto size = ::recv(socket_, text, sizeof text, 0);
    return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int socket_ = -1;
};

ServiceManager::Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

TEST(ServiceManager, IsToldOnceOfReadinessAndTheEndAndAgainAndAgainOfLife) {
  Listener listener;
  ServiceManager manager(variables({{"NOTIFY_SOCKET", listener.path()}, {"WATCHDOG_USEC", "3000000"}}));
  EXPECT_EQ(manager.watchdog_interval(), 1500ms);
  manager.ready();
  manager.ready();
  manager.alive();
  manager.alive();
  manager.stopping();
  manager.stopping();
  for (const auto* const wanted : {"READY=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1", ""}) {
    EXPECT_EQ(listener.next(), wanted);
  }
}

TEST(ServiceManager, WithoutOneNothingHappens) {
  for (const auto& environment : {variables({}), variables({{"NOTIFY_SOCKET", "nonsense"}}),
                                  variables({{"NOTIFY_SOCKET", "/" + std::string(200, 'x')}}),
                                  variables({{"NOTIFY_SOCKET", "/nonexistent/socket"}})}) {
    ServiceManager manager(environment);
    EXPECT_EQ(manager.watchdog_interval(), std::nullopt);
    manager.ready();
    manager.alive();
    manager.stopping();
  }
}

TEST(ServiceManager, TheWatchdogOfAnotherProcessOrNonsenseDoesNotCount) {
  Listener listener;
  const auto with = [&](const std::string& time, const std::string& process) {
    return ServiceManager(
               variables(
                   {{"NOTIFY_SOCKET", listener.path()}, {"WATCHDOG_USEC", time}, {"WATCHDOG_PID", process}}))
        .watchdog_interval();
  };
  EXPECT_EQ(with("1000000", std::to_string(::getpid())), 500ms);
  EXPECT_EQ(with("1000000", "1"), std::nullopt);
  EXPECT_EQ(with("soon", std::to_string(::getpid())), std::nullopt);
}

}  // namespace
}  // namespace tributary::cli
