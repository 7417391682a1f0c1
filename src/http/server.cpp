#include "http/server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <utility>

#include "http/connection.hpp"

namespace tributary::http {
namespace {

namespace asio = boost::asio;
using Protocol = asio::generic::stream_protocol;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::milliseconds kAfterFailedAccept{100};  // no file descriptors left, say
constexpr std::string_view kNoRoom =
    "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 21\r\n\r\ntoo many "
    "connections\n";

bool somebody_listens(asio::io_context& context, const Protocol::endpoint& endpoint) {
  Protocol::socket probe(context);
  ErrorCode error;
  probe.connect(endpoint, error);
  return !error;
}

Error cannot_listen(const Address& address, const ErrorCode& error) {
  const bool denied = error == asio::error::access_denied;
  return {denied ? ErrorKind::no_permission : ErrorKind::temporary,
          "cannot listen on " + address.text() + " (--http): " + error.message()};
}

}  // namespace

struct Server::Parts : Connection::Owner, std::enable_shared_from_this<Server::Parts> {
  Parts(asio::io_context& c, Handler h, Limits l)
      : context(c), acceptor(c), pause(c), handler(std::move(h)), limits(l) {}

  // A socket of IPv6 takes those of IPv4 as well; a host without IPv6 has none.
  ErrorCode open(const Address& at) {
    if (at.host != kAll) return open_one(at, at.host, false);
    const auto error = open_one(at, "::", true);
    const bool none = error == asio::error::address_family_not_supported || error.value() == EADDRNOTAVAIL;
    return none ? open_one(at, "0.0.0.0", false) : error;
  }

  ErrorCode open_one(const Address& at, const std::string& host, bool both) {
    const bool local = !at.unix_socket.empty();
    const auto endpoint =
        local ? Protocol::endpoint(asio::local::stream_protocol::endpoint(at.unix_socket))
              : Protocol::endpoint(asio::ip::tcp::endpoint(asio::ip::make_address(host), at.port));
    struct stat facts {};
    if (local && ::lstat(at.unix_socket.c_str(), &facts) == 0 && S_ISSOCK(facts.st_mode)) {
      if (somebody_listens(context, endpoint)) return asio::error::address_in_use;
      ::unlink(at.unix_socket.c_str());  // of a process that was killed
    }
    ErrorCode error, ignored;
    acceptor.close(ignored);
    acceptor.open(endpoint.protocol(), error);
    if (!error && both) acceptor.set_option(asio::ip::v6_only(false), error);
    if (!error && !local) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return error;
    address = at;
    if (local) {
      ::chmod(at.unix_socket.c_str(), 0660);
    } else {
      asio::ip::tcp::endpoint bound;
      const auto got = acceptor.local_endpoint(error);
      bound.resize(got.size());
      std::memcpy(bound.data(), got.data(), got.size());
      address.port = bound.port();
    }
    return error;
  }

  void accept() {
    acceptor.async_accept([self = shared_from_this()](const ErrorCode& error, Protocol::socket socket) {
      if (self->closed) return;
      if (!error) self->take(std::move(socket));
      if (!error || error == asio::error::connection_aborted) return self->accept();
      self->pause.expires_after(kAfterFailedAccept);
      self->pause.async_wait([self](const ErrorCode&) {
        if (!self->closed) self->accept();
      });
    });
  }

  void take(Protocol::socket socket) {
    if (connections.size() >= limits.connections && !make_room()) {
      ++refused;
      ErrorCode ignored;
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(kNoRoom), ignored);
      return;
    }
    const auto connection = std::make_shared<Connection>(std::move(socket), limits, handler, *this);
    connections.push_back(connection);
    connection->start();
  }

  // Who waits, or dawdles, gives way to who comes: the longest first.
  bool make_room() {
    const auto found = std::ranges::find_if(connections, [](const auto& c) { return c->awaits_request(); });
    if (found == connections.end()) return false;
    ++refused;
    (*found)->close();
    return true;
  }

  void close() {
    closed = true;
    ErrorCode ignored;
    acceptor.close(ignored);
    pause.cancel();
    for (const auto& connection : std::exchange(connections, {})) connection->close();
    if (!address.unix_socket.empty()) ::unlink(address.unix_socket.c_str());
  }

  // --- what connections tell

  void on_request() override { ++requests; }
  void on_nonsense() override { ++refused; }
  bool may_stream() override {
    return std::ranges::count_if(connections, [](const auto& c) { return c->is_stream(); }) <
           static_cast<std::ptrdiff_t>(limits.streams);
  }
  // Those that wait for a request stand in the order in which they began to.
  void on_waiting(Connection& connection) override {
    const auto found = find(connection);
    if (found != connections.end()) connections.splice(connections.end(), connections, found);
  }
  void on_closed(Connection& connection) override {
    const auto found = find(connection);
    if (found != connections.end()) connections.erase(found);
  }

  std::list<std::shared_ptr<Connection>>::iterator find(const Connection& connection) {
    return std::ranges::find_if(connections, [&](const auto& c) { return c.get() == &connection; });
  }

  asio::io_context& context;
  asio::basic_socket_acceptor<Protocol> acceptor;
  asio::steady_timer pause;
  Handler handler;
  const Limits limits;
  Address address;
  std::list<std::shared_ptr<Connection>> connections;
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;
  bool closed = false;
};

Server::Server(redis::EventLoop& loop, Handler handler, Limits limits)
    : parts_(std::make_shared<Parts>(loop.context(), std::move(handler), limits)) {}

Server::~Server() { parts_->close(); }

Status Server::listen(const Address& address) {
  if (const auto error = parts_->open(address)) return cannot_listen(address, error);
  parts_->accept();
  return Done{};
}

const Address& Server::address() const { return parts_->address; }

void Server::publish(std::string_view topic, std::string_view data) {
  for (const auto& connection : std::list(parts_->connections)) {
    if (connection->is_stream() && connection->topic() == topic) connection->send_event(data);
  }
}

std::size_t Server::listeners(std::string_view topic) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      parts_->connections, [&](const auto& c) { return c->is_stream() && c->topic() == topic; }));
}

ServerFigures Server::figures() const {
  const auto& all = parts_->connections;
  return {parts_->requests, parts_->refused, all.size(),
          static_cast<std::size_t>(std::ranges::count_if(all, [](const auto& c) { return c->is_stream(); }))};
}

}  // namespace tributary::http
