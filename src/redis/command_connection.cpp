#include <hiredis/read.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <deque>

#include "redis/connection.hpp"
#include "redis/link.hpp"
#include "redis/reply_builder.hpp"
#include "redis/server_error.hpp"

namespace tributary::redis {
namespace asio = boost::asio;

struct CommandConnection::Parts : std::enable_shared_from_this<Parts> {
  Parts(asio::io_context& c, Endpoint e, Handler& h) : context(c), endpoint(std::move(e)), handler(h) {}

  asio::io_context& context;
  Endpoint endpoint;
  Handler& handler;
  std::shared_ptr<Link> link;
  std::deque<std::uint64_t> owed;  // tags of commands without an answer yet
  std::string outgoing;            // being filled
  std::string writing;             // being written
  std::vector<char> incoming = std::vector<char>(64 << 10);

  // Both take the link they belong to: what an old one still reports is not about the present one.
  void read(const std::shared_ptr<Link>& of) {
    of->socket().async_read_some(
        asio::buffer(incoming), [self = shared_from_this(), of](auto error, std::size_t size) {
          if (self->link != of) return;
          if (error) return self->down(of->lost(error));
          redisReaderFeed(of->reader(), self->incoming.data(), size);
          void* object = nullptr;
          while (true) {
            if (redisReaderGetReply(of->reader(), &object) != REDIS_OK) {
              return self->down(connection_lost(self->endpoint, "an answer that is not Redis' protocol"));
            }
            if (object == nullptr) break;
            const auto reply = take_reply(object);
            if (self->owed.empty())
              return self->down(connection_lost(self->endpoint, "an answer to no question"));
            const auto tag = self->owed.front();
            self->owed.pop_front();
            self->handler.on_reply(tag, std::move(*reply));
            if (self->link != of) return;
          }
          self->flush();
          self->read(of);
        });
  }

  void flush() {
    if (!link || !link->is_open() || !writing.empty() || outgoing.empty()) return;
    std::swap(writing, outgoing);
    asio::async_write(link->socket(), asio::buffer(writing),
                      [self = shared_from_this(), of = link](auto error, std::size_t) {
                        if (self->link != of) return;
                        self->writing.clear();
                        if (error) return self->down(of->lost(error));
                        self->flush();
                      });
  }

  void close() {
    if (link) link->close();
    link.reset();
    owed.clear();
    outgoing.clear();
    // `writing` may still be in use by a write that is being cancelled: it is given up, not cleared.
    writing = std::string();
  }

  void down(const Error& error) {
    close();
    handler.on_commands_down(error);
  }
};

CommandConnection::CommandConnection(EventLoop& loop, Endpoint endpoint, Handler& handler)
    : parts_(std::make_shared<Parts>(loop.context(), std::move(endpoint), handler)) {}

CommandConnection::~CommandConnection() { close(); }

void CommandConnection::open() {
  close();
  const auto link = std::make_shared<Link>(parts_->context, parts_->endpoint);
  parts_->link = link;
  link->open(
      [parts = parts_, of = link.get()](const ServerFacts& facts) {
        if (parts->link.get() != of) return;
        parts->read(parts->link);
        parts->handler.on_commands_ready(facts);
      },
      [parts = parts_, of = link.get()](const Error& error) {
        if (parts->link.get() == of) parts->down(error);
      });
}

void CommandConnection::close() { parts_->close(); }
bool CommandConnection::ready() const { return parts_->link && parts_->link->is_open(); }

std::string& CommandConnection::command(std::uint64_t tag) {
  parts_->owed.push_back(tag);
  return parts_->outgoing;
}

void CommandConnection::flush() { parts_->flush(); }

}  // namespace tributary::redis
