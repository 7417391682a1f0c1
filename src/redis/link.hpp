#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"
#include "redis/reply.hpp"
#include "redis/server_check.hpp"
#include "redis/server_error.hpp"

struct redisReader;

namespace tributary::redis {

/// A socket to the server, TCP or Unix, with or without TLS, connected and introduced: AUTH, SELECT, INFO; in a cluster to
/// the node that has the endpoint's key. What both kinds of connection share; included only by them, because it needs Asio.
class Link : public std::enable_shared_from_this<Link> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Ready = std::function<void(const ServerFacts&)>;
  using Down = std::function<void(const Failure&)>;

  Link(boost::asio::io_context& context, Endpoint endpoint);
  ~Link();

  /// Who runs scripts on it wants to know before what these may read (ServerFacts::info_in_scripts).
  void ask_for_scripts() { asks_for_scripts_ = true; }
  /// Exactly one of the two is called, unless close() comes first. Bounded by a time-out.
  void open(Ready ready, Down down);
  void close();
  bool is_open() const { return open_; }
  /// As async_read_some() and async_write() of a socket; one of each at a time.
  template <class Handler>
  void read_some(boost::asio::mutable_buffer buffer, Handler&& handler) {
    if (tls_) {
      tls_->async_read_some(buffer, std::forward<Handler>(handler));
    } else {
      socket_.async_read_some(buffer, std::forward<Handler>(handler));
    }
  }
  template <class Handler>
  void write(boost::asio::const_buffer buffer, Handler&& handler) {
    if (tls_) {
      boost::asio::async_write(*tls_, buffer, std::forward<Handler>(handler));
    } else {
      boost::asio::async_write(socket_, buffer, std::forward<Handler>(handler));
    }
  }
  const Endpoint& endpoint() const { return endpoint_; }
  redisReader* reader() { return reader_.get(); }
  /// What an error of reading or writing means, in one line.
  Error lost(const boost::system::error_code& error) const;

 private:
  bool authenticates() const { return !endpoint_.password.empty() || !endpoint_.username.empty(); }
  void resolve();
  void go_to_next_host(const Failure& why);
  void start_over();
  void connect_next(const boost::system::error_code& last);
  void shake_hands();
  void introduce();
  void read_introduction();
  void look_at_answers();
  void ask_for_holder();
  void look_for_holder();
  void become_ready();
  void ask_for_tls();
  void fail(const Failure& failure);

  struct FreeReader {
    void operator()(redisReader* reader) const;
  };

  Endpoint endpoint_;
  Socket socket_;
  std::optional<boost::asio::ssl::context> tls_context_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::steady_timer time_out_;
  std::unique_ptr<redisReader, FreeReader> reader_;
  std::vector<Address> hosts_;  // not tried yet, behind the present one
  std::vector<boost::asio::generic::stream_protocol::endpoint> candidates_;
  std::size_t next_candidate_ = 0;
  std::string introduction_;
  std::string password_trouble_;
  std::vector<char> buffer_;
  bool heard_ = false;  // anything
  std::vector<Reply> answers_;
  std::size_t answers_wanted_ = 0;
  ServerFacts facts_;
  bool introduced_ = false;  // what comes now tells who has the key
  int redirections_ = 0;
  bool asks_for_scripts_ = false;
  Ready ready_;
  Down down_;
  bool open_ = false;
};

}  // namespace tributary::redis
