#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"
#include "redis/reply.hpp"
#include "redis/server_check.hpp"
#include "redis/server_error.hpp"

struct redisReader;

namespace tributary::redis {

/// A socket to the server, TCP or Unix, connected and introduced: AUTH, SELECT, INFO. What both kinds of
/// connection share; included only by them, because it needs Asio.
class Link : public std::enable_shared_from_this<Link> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Ready = std::function<void(const ServerFacts&)>;
  using Down = std::function<void(const Failure&)>;

  Link(boost::asio::io_context& context, Endpoint endpoint);
  ~Link();

  /// Exactly one of the two is called, unless close() comes first. Bounded by a time-out.
  void open(Ready ready, Down down);
  void close();
  bool is_open() const { return open_; }
  Socket& socket() { return socket_; }
  const Endpoint& endpoint() const { return endpoint_; }
  redisReader* reader() { return reader_.get(); }
  /// What an error of reading or writing means, in one line.
  Error lost(const boost::system::error_code& error) const;

 private:
  bool authenticates() const { return !endpoint_.password.empty() || !endpoint_.username.empty(); }
  void resolve();
  void connect_next(const boost::system::error_code& last);
  void introduce();
  void read_introduction();
  void look_at_answers();
  void ask_for_tls();
  void fail(const Failure& failure);

  struct FreeReader {
    void operator()(redisReader* reader) const;
  };

  Endpoint endpoint_;
  Socket socket_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::steady_timer time_out_;
  std::unique_ptr<redisReader, FreeReader> reader_;
  std::vector<boost::asio::generic::stream_protocol::endpoint> candidates_;
  std::size_t next_candidate_ = 0;
  std::string introduction_;
  std::string password_trouble_;
  std::vector<char> buffer_;
  bool heard_ = false;  // anything
  std::vector<Reply> answers_;
  std::size_t answers_wanted_ = 0;
  Ready ready_;
  Down down_;
  bool open_ = false;
};

}  // namespace tributary::redis
