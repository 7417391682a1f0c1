#include <hiredis/read.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <optional>

#include "core/base/check.hpp"
#include "redis/connection.hpp"
#include "redis/link.hpp"
#include "redis/reply_builder.hpp"
#include "redis/server_error.hpp"
#include "redis/transaction_reader.hpp"

namespace tributary::redis {
namespace asio = boost::asio;

struct CommandConnection::Parts : std::enable_shared_from_this<Parts> {
  Parts(asio::io_context& c, Handler& h) : context(c), handler(h) {}

  asio::io_context& context;
  Endpoint endpoint;
  Handler& handler;
  std::shared_ptr<Link> link;
  struct Owed {
    std::uint64_t tag;
    std::size_t commands;  // of a transaction; 0: a single command
  };
  std::deque<Owed> owed;          // what has no answer yet
  TransactionReader transaction;  // of the first one owed, if it is one
  bool in_transaction = false;
  std::string outgoing;  // being filled
  std::string writing;   // being written
  std::vector<char> incoming = std::vector<char>(64 << 10);

  // Both take the link they belong to: what an old one still reports is not about the present one.
  void read(const std::shared_ptr<Link>& of) {
    of->read_some(asio::buffer(incoming), [self = shared_from_this(), of](auto error, std::size_t size) {
      if (self->link != of) return;
      if (error) return self->down(of->lost(error));
      std::string_view bytes(self->incoming.data(), size);
      while (!bytes.empty()) {
        const bool is_transaction = !self->owed.empty() && self->owed.front().commands > 0;
        const auto rest = is_transaction ? self->read_transaction(bytes) : self->read_replies(*of, bytes);
        if (self->link != of) return;
        if (!rest) return self->down(connection_lost(self->endpoint, "an answer that makes no sense"));
        bytes = *rest;
      }
      self->flush();
      self->read(of);
    });
  }

  // Each takes what it can and gives the rest back, or nothing if this is not what a server answers.
  std::optional<std::string_view> read_transaction(std::string_view bytes) {
    if (!in_transaction) transaction.begin(owed.front().commands);
    in_transaction = true;
    const auto rest = transaction.feed(bytes);
    if (transaction.broken()) return std::nullopt;
    if (transaction.done()) {
      in_transaction = false;
      const auto tag = owed.front().tag;
      owed.pop_front();
      handler.on_transaction(tag, transaction.take());
    }
    return rest;
  }

  std::optional<std::string_view> read_replies(Link& of, std::string_view bytes) {
    redisReader* reader = of.reader();
    redisReaderFeed(reader, bytes.data(), bytes.size());
    while (true) {
      void* object = nullptr;
      if (redisReaderGetReply(reader, &object) != REDIS_OK) return std::nullopt;
      if (object == nullptr) return std::string_view();
      const auto reply = take_reply(object);
      if (owed.empty()) return std::nullopt;
      answered(std::move(*reply));
      if (link.get() != &of) return std::string_view();
      if (owed.empty() || owed.front().commands == 0) continue;
      const auto rest = bytes.substr(bytes.size() - (reader->len - reader->pos));
      reader->pos = reader->len;  // what is left is the transaction's: not for this reader
      return rest;
    }
  }

  void answered(Reply&& reply) {
    const auto tag = owed.front().tag;
    owed.pop_front();
    handler.on_reply(tag, std::move(reply));
  }

  void flush() {
    if (!link || !link->is_open() || !writing.empty() || outgoing.empty()) return;
    std::swap(writing, outgoing);
    link->write(asio::buffer(writing), [self = shared_from_this(), of = link](auto error, std::size_t) {
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
    in_transaction = false;
    outgoing.clear();
    // `writing` may still be in use by a write that is being cancelled: it is given up, not cleared.
    writing = std::string();
  }

  void down(const Failure& failure) {
    close();
    handler.on_commands_down(failure);
  }
};

void CommandConnection::Handler::on_transaction(std::uint64_t, group::TransactionOutcome&&) {
  TRIBUTARY_CHECK(false && "a transaction that nobody sent");
}

CommandConnection::CommandConnection(EventLoop& loop, Handler& handler)
    : parts_(std::make_shared<Parts>(loop.context(), handler)) {}

CommandConnection::~CommandConnection() { close(); }

void CommandConnection::open(const Endpoint& endpoint) {
  close();
  parts_->endpoint = endpoint;
  const auto link = std::make_shared<Link>(parts_->context, parts_->endpoint);
  link->ask_for_scripts();
  parts_->link = link;
  link->open(
      [parts = parts_, of = link.get()](const ServerFacts& facts) {
        if (parts->link.get() != of) return;
        parts->read(parts->link);
        parts->handler.on_commands_ready(facts);
      },
      [parts = parts_, of = link.get()](const Failure& failure) {
        if (parts->link.get() == of) parts->down(failure);
      });
}

void CommandConnection::close() { parts_->close(); }
bool CommandConnection::ready() const { return parts_->link && parts_->link->is_open(); }

std::string& CommandConnection::command(std::uint64_t tag) {
  parts_->owed.push_back({tag, 0});
  return parts_->outgoing;
}

std::string& CommandConnection::transaction(std::uint64_t tag, std::size_t commands) {
  parts_->owed.push_back({tag, commands});
  return parts_->outgoing;
}

void CommandConnection::flush() { parts_->flush(); }

}  // namespace tributary::redis
