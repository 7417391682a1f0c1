#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/exchange.hpp"
#include "http/server.hpp"

namespace tributary::http {

/// One connection of a server: reads a request, has it answered, reads the next; or stays open as a stream of events.
/// Included only by the server, because it needs Beast.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  struct Owner {
    virtual ~Owner() = default;
    virtual void on_request() = 0;
    virtual void on_nonsense() = 0;
    virtual bool may_stream() = 0;
    /// It begins to wait for a request.
    virtual void on_waiting(Connection& connection) = 0;
    virtual void on_closed(Connection& connection) = 0;
  };
  using Socket = boost::asio::generic::stream_protocol::socket;

  /// The owner outlives it, or has closed it.
  Connection(Socket socket, const Limits& limits, const Handler& handler, Owner& owner);

  void start() { read(); }
  /// Silently; does nothing the second time.
  void close();
  bool awaits_request() const { return stage_ == Stage::reading; }
  bool is_stream() const { return !topic_.empty(); }
  const std::string& topic() const { return topic_; }
  void send_event(std::string_view data);

 private:
  enum class Stage { reading, answering, writing, streaming, closed };
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void read();
  void on_read(const boost::system::error_code& error);
  std::optional<Request> take_request();
  void answer(Response response);
  void refuse(unsigned status, std::string why);
  void write(const Response& response, bool keep);
  void finish();
  void discard(std::size_t most);
  void begin_stream(const Response& response);
  void watch_for_end();
  void write_events();

  const Limits limits_;
  const Handler& handler_;
  Owner& owner_;
  boost::beast::basic_stream<boost::asio::generic::stream_protocol> stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Stage stage_ = Stage::reading;
  bool head_ = false;  // only the header of the answer is wanted
  bool keeps_alive_ = false;
  std::string from_;
  std::string topic_;
  std::string writing_;  // being written
  std::string waiting_;  // the event behind it
  char unexpected_ = 0;
};

}  // namespace tributary::http
