#include "redis/link.hpp"

#include <hiredis/read.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include "redis/cluster.hpp"
#include "redis/command.hpp"
#include "redis/password.hpp"
#include "redis/reply_builder.hpp"
#include "redis/server_error.hpp"
#include "redis/stranger.hpp"
#include "redis/tls.hpp"

namespace tributary::redis {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds kIntroductionTimeOut{5};
constexpr int kMostRedirections = 5;

// 0: it is no error of OpenSSL.
unsigned long openssl_code(const boost::system::error_code& error) {
  return error.category() == asio::error::get_ssl_category() ? static_cast<unsigned long>(error.value()) : 0;
}

void set_option(int socket, int level, int name, int value) {
  ::setsockopt(socket, level, name, &value, sizeof value);  // only makes things better; not worth failing for
}

}  // namespace

void Link::FreeReader::operator()(redisReader* reader) const { redisReaderFree(reader); }

Link::Link(asio::io_context& context, Endpoint endpoint)
    : endpoint_(std::move(endpoint)),
      socket_(context),
      resolver_(context),
      time_out_(context),
      reader_(redisReaderCreateWithFunctions(reply_functions())),
      buffer_(64 << 10) {}

Link::~Link() = default;

void Link::open(Ready ready, Down down) {
  ready_ = std::move(ready);
  down_ = std::move(down);
  time_out_.expires_after(kIntroductionTimeOut);
  time_out_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error) return;
    const bool no_handshake = self->tls_ && !SSL_is_init_finished(self->tls_->native_handle());
    self->fail(no_handshake ? explain_no_tls(self->endpoint_) : unreachable(self->endpoint_, "no answer"));
  });
  hosts_ = endpoint_.others;
  if (endpoint_.unix_socket.empty()) return resolve();
  if (endpoint_.unix_socket.size() >= 108)
    return fail(unreachable(endpoint_, "the path of the socket is too long"));
  candidates_ = {asio::local::stream_protocol::endpoint(endpoint_.unix_socket)};
  connect_next(asio::error::host_not_found);
}

void Link::resolve() {
  resolver_.async_resolve(
      endpoint_.host, std::to_string(endpoint_.port),
      [self = shared_from_this()](const boost::system::error_code& error, const auto& results) {
        if (error == asio::error::operation_aborted) return;
        if (error) return self->go_to_next_host(unreachable(self->endpoint_, error.message()));
        for (const auto& entry : results) self->candidates_.push_back(entry.endpoint());
        self->connect_next(asio::error::host_not_found);
      });
}

void Link::go_to_next_host(const Failure& why) {
  if (hosts_.empty()) return fail(why);
  endpoint_ = at_address(endpoint_, hosts_.front());
  hosts_.erase(hosts_.begin());
  start_over();
}

// With another address.
void Link::start_over() {
  boost::system::error_code ignored;
  tls_.reset();
  socket_.close(ignored);
  reader_.reset(redisReaderCreateWithFunctions(reply_functions()));
  candidates_.clear();
  next_candidate_ = 0;
  answers_.clear();
  answers_wanted_ = 0;
  heard_ = introduced_ = false;
  resolve();
}

void Link::connect_next(const boost::system::error_code& last) {
  if (next_candidate_ == candidates_.size()) return go_to_next_host(unreachable(endpoint_, last.message()));
  boost::system::error_code ignored;
  socket_.close(ignored);
  socket_.async_connect(candidates_[next_candidate_++],
                        [self = shared_from_this()](boost::system::error_code error) {
                          if (error == asio::error::operation_aborted) return;
                          if (error) return self->connect_next(error);
                          self->shake_hands();
                        });
}

void Link::shake_hands() {
  if (endpoint_.unix_socket.empty()) {
    set_option(socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(socket_.native_handle(), SOL_SOCKET, SO_KEEPALIVE, 1);
  }
  if (!endpoint_.tls.on) return introduce();
  auto context = make_tls_context(endpoint_);
  if (!context) return fail(context.error());
  tls_context_.emplace(context->release());
  tls_.emplace(socket_, *tls_context_);
  prepare_tls(tls_->native_handle(), endpoint_);
  tls_->async_handshake(
      asio::ssl::stream_base::client, [self = shared_from_this()](boost::system::error_code error) {
        if (error == asio::error::operation_aborted || !self->down_) return;
        if (error)
          return self->fail(explain_tls(self->endpoint_, self->tls_->native_handle(), openssl_code(error)));
        self->introduce();
      });
}

void Link::introduce() {
  if (authenticates()) {
    const auto present = present_password(endpoint_);
    password_trouble_ = present.trouble;
    if (endpoint_.username.empty()) {
      append_command(introduction_, {"AUTH", present.password});
    } else {
      append_command(introduction_, {"AUTH", endpoint_.username, present.password});
    }
    ++answers_wanted_;
  }
  append_command(introduction_, {"INFO"});
  ++answers_wanted_;
  if (endpoint_.database != 0) {
    append_command(introduction_, {"SELECT", std::to_string(endpoint_.database)});
    ++answers_wanted_;
  }
  if (asks_for_scripts_) {
    append_command(introduction_, {"EVAL", kInfoInScripts, "0"});
    ++answers_wanted_;
  }
  write(asio::buffer(introduction_), [self = shared_from_this()](boost::system::error_code, std::size_t) {
    self->introduction_.clear();  // an error is seen by the read that waits already
  });
  read_introduction();
}

void Link::read_introduction() {
  read_some(
      asio::buffer(buffer_), [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
        if (error == asio::error::operation_aborted) return;
        // Whether a certificate of ours will do, the server says after the handshake.
        if (error && !self->heard_ && self->tls_)
          return self->fail(explain_tls(self->endpoint_, self->tls_->native_handle(), openssl_code(error)));
        if (error && !self->heard_ && self->endpoint_.unix_socket.empty()) return self->ask_for_tls();
        if (error) return self->fail(self->lost(error));
        const std::string_view bytes(self->buffer_.data(), size);
        if (!std::exchange(self->heard_, true) && !may_be_redis(bytes))
          return self->fail(explain_stranger(self->endpoint_, bytes));
        redisReaderFeed(self->reader(), bytes.data(), bytes.size());
        void* object = nullptr;
        while (self->answers_.size() < self->answers_wanted_) {
          if (redisReaderGetReply(self->reader(), &object) != REDIS_OK) {
            return self->fail(explain_stranger(self->endpoint_, bytes));
          }
          if (object == nullptr) return self->read_introduction();
          self->answers_.push_back(std::move(*take_reply(object)));
        }
        self->introduced_ ? self->look_for_holder() : self->look_at_answers();
      });
}

// To AUTH, if it was sent, INFO, and SELECT and EVAL, if they were.
void Link::look_at_answers() {
  std::size_t next = 0;
  if (authenticates()) {
    const auto& answer = answers_[next++];
    if (answer.is_error()) return fail(explain_auth_error(endpoint_, answer.text, password_trouble_));
  }
  const auto& info = answers_[next++];
  if (info.is_error()) {
    Failure failure(explain_server_error(endpoint_, info.text));
    failure.hopeless = info.text.find("unknown command") != std::string::npos;
    return fail(failure);
  }
  auto facts = parse_info(info.text);
  // A Sentinel knows no SELECT; what it is says more.
  if (endpoint_.database != 0 && answers_[next++].is_error() && !facts.sentinel)
    return fail(explain_server_error(endpoint_, answers_[next - 1].text));
  // An error (it is loading, the user may not EVAL) tells nothing of INFO.
  if (asks_for_scripts_) facts.info_in_scripts = answers_[next].is_error() || answers_[next].integer != 0;
  if (!down_) return;  // closed meanwhile
  facts_ = facts;
  if (facts.cluster_enabled && !endpoint_.key.empty()) return ask_for_holder();
  become_ready();
}

void Link::ask_for_holder() {
  introduced_ = true;
  answers_.clear();
  answers_wanted_ = kClusterAnswers;
  append_cluster_questions(introduction_);
  write(asio::buffer(introduction_),
        [self = shared_from_this()](boost::system::error_code, std::size_t) { self->introduction_.clear(); });
  read_introduction();
}

void Link::look_for_holder() {
  const auto holder = read_key_holder(answers_, endpoint_, endpoint_.key);
  if (!holder) return fail(holder.error());
  if (!down_) return;
  facts_.at = holder.value().address;
  facts_.cluster_nodes = holder.value().nodes;
  if (holder.value().here) return become_ready();
  if (++redirections_ > kMostRedirections) {
    return fail(Error{ErrorKind::temporary, "the nodes of the cluster of Redis at " + endpoint_.display() +
                                                " do not agree yet which has the group"});
  }
  endpoint_ = at_address(endpoint_, facts_.at);
  start_over();
}

void Link::become_ready() {
  time_out_.cancel();
  open_ = true;
  down_ = nullptr;
  std::exchange(ready_, nullptr)(facts_);
}

// The other side ended the connection without a word, as servers do that expect TLS; others, too. What speaks TLS
// answers a greeting, if only to refuse it.
void Link::ask_for_tls() {
  boost::system::error_code ignored;
  const auto address = candidates_[next_candidate_ - 1];
  socket_.close(ignored);
  socket_.async_connect(address, [self = shared_from_this()](boost::system::error_code error) {
    if (error == asio::error::operation_aborted) return;
    if (error) return self->fail(explain_silence(self->endpoint_, false));
    asio::async_write(self->socket_, asio::buffer(tls_greeting()),
                      [self](boost::system::error_code, std::size_t) {});
    self->socket_.async_read_some(
        asio::buffer(self->buffer_), [self](boost::system::error_code end, std::size_t size) {
          if (end == asio::error::operation_aborted) return;
          self->fail(explain_silence(self->endpoint_, !end && speaks_tls({self->buffer_.data(), size})));
        });
  });
}

void Link::fail(const Failure& failure) {
  const auto down = std::exchange(down_, nullptr);
  close();
  if (down) down(failure);
}

void Link::close() {
  open_ = false;
  ready_ = nullptr;
  down_ = nullptr;
  boost::system::error_code ignored;
  time_out_.cancel();
  resolver_.cancel();
  socket_.close(ignored);
}

Error Link::lost(const boost::system::error_code& error) const {
  const bool closed = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
  return connection_lost(endpoint_, closed ? "closed by the server" : error.message());
}

}  // namespace tributary::redis
