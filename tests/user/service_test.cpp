// What an agent tells the service manager that started it.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

/// The socket on which systemd would listen.
class Manager {
 public:
  explicit Manager(const std::string& path) : path_(path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ADD_FAILURE() << "cannot bind " << path;
    }
  }
  ~Manager() { ::close(socket_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  std::vector<std::string> environment() const { return {"NOTIFY_SOCKET=" + path_}; }
  /// All it was told so far, in order.
  const std::vector<std::string>& told() {
    char message[256];
    for (;;) {
      const auto size = ::recv(socket_, message, sizeof message, MSG_DONTWAIT);
      if (size < 0) return told_;
      told_.emplace_back(message, static_cast<std::size_t>(size));
    }
  }

 private:
  const std::string path_;
  const int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  std::vector<std::string> told_;
};

using Told = std::vector<std::string>;

class ServiceTest : public Scenario {
 protected:
  TributaryNode agent() { return TributaryNode(redis_, quick_times(), manager_.environment(), "agent"); }
  bool agent_is_ready() {
    return wait_until([&] { return manager_.told() == Told{"READY=1"}; }, kPatience);
  }
  Manager manager_{files_.file("notify")};
};

TEST_F(ServiceTest, ReadyOnceInTheGroupAndStoppingOnceLeaving) {
  auto agent = this->agent();
  EXPECT_TRUE(agent_is_ready());
  EXPECT_FALSE(group().members.empty());
  EXPECT_EQ(agent.terminate(), 0);
  EXPECT_EQ(manager_.told(), (Told{"READY=1", "STOPPING=1"}));
}

// An end with 0 before READY is a failed start for systemd, which would start it again and again.
TEST_F(ServiceTest, AnAgentOfAStoppedGroupIsReadyBeforeItEnds) {
  client_.command({"HSET", "tributary:{messages:processed}:desired", "state", "stopped"});
  auto agent = this->agent();
  EXPECT_EQ(agent.wait(kPatience), 0);
  EXPECT_EQ(manager_.told(), (Told{"READY=1", "STOPPING=1"}));
}

TEST_F(ServiceTest, AnAgentThatIsRefusedWasNeverReady) {
  client_.command({"SET", "messages:processed", "no stream"});
  auto agent = this->agent();
  EXPECT_EQ(agent.wait(kPatience), 78);
  EXPECT_EQ(manager_.told(), Told{"STOPPING=1"});
}

}  // namespace
}  // namespace tributary::test
