#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstring>

#include "redis/command.hpp"
#include "redis/connection.hpp"
#include "redis/link.hpp"
#include "redis/push_parser.hpp"
#include "redis/rights.hpp"
#include "redis/server_error.hpp"
#include "tributary/message.hpp"

namespace tributary::redis {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kReadSize = 256 << 10;
constexpr std::size_t kEmptySize = 2 * kReadSize + kPayloadPadding;
constexpr std::chrono::seconds kBurst{1};

}  // namespace

struct SubscriberConnection::Parts : std::enable_shared_from_this<Parts>, PushParser::Sink {
  Parts(asio::io_context& c, Inputs in, std::string control, Handler& h)
      : context(c),
        inputs(std::move(in)),
        control_channel(std::move(control)),
        handler(h),
        parser(inputs, control_channel) {}

  asio::io_context& context;
  Endpoint endpoint;
  Inputs inputs;
  std::string control_channel;
  Handler& handler;
  PushParser parser;
  std::shared_ptr<Link> link;
  std::string run_id;
  std::string subscription;
  std::vector<char> buffer = std::vector<char>(kEmptySize);  // the end of it stays free: see Handler::on_data
  std::size_t filled = 0;
  std::size_t burst_bytes = 0;
  std::chrono::steady_clock::time_point burst_start;
  bool subscribed = false;
  bool paused = false;
  std::string refused;
  bool unsubscribed = false;

  void on_data(std::string_view payload, std::string_view channel) override {
    handler.on_data(payload, channel);
  }
  void on_control(std::string_view payload) override { handler.on_control(payload); }
  void on_error(std::string_view text) override { refused = text; }
  void on_unsubscribed() override { unsubscribed = true; }
  void on_subscribed(std::size_t subscriptions) override {
    if (subscriptions < inputs.channels.size() + inputs.patterns.size() + 1 || subscribed) return;
    subscribed = true;
    handler.on_subscribed(run_id);
  }

  void subscribe(const ServerFacts& facts) {
    if (facts.loading) return down(explain_server_error(endpoint, "LOADING"));
    run_id = facts.run_id;
    subscription.clear();
    if (!inputs.patterns.empty()) {
      append_command_header(subscription, 1 + inputs.patterns.size());
      append_argument(subscription, "PSUBSCRIBE");
      for (const auto& pattern : inputs.patterns) append_argument(subscription, pattern);
    }
    append_command_header(subscription, 2 + inputs.channels.size());
    append_argument(subscription, inputs.sharded ? "SSUBSCRIBE" : "SUBSCRIBE");
    for (const auto& channel : inputs.channels) append_argument(subscription, channel);
    append_argument(subscription, control_channel);  // last: what it says is about data that comes already
    link->write(asio::buffer(subscription), [self = shared_from_this(), of = link](auto error, std::size_t) {
      if (self->link == of && error) self->down(of->lost(error));
    });
    read(link);
  }

  void read(const std::shared_ptr<Link>& of) {
    const auto space = asio::buffer(buffer.data() + filled, free_bytes());
    of->read_some(space, [self = shared_from_this(), of](auto error, std::size_t size) {
      if (self->link != of) return;
      if (error) return self->down(self->ended(of->lost(error)));
      self->filled += size;
      self->note_bytes(size);
      self->parse(of);
    });
  }

  void parse(const std::shared_ptr<Link>& of) {
    const auto progress = parser.read({buffer.data(), filled}, *this);
    if (link != of) return;  // a handler closed it
    if (!refused.empty()) return down(refusal());
    if (unsubscribed) return down(connection_lost(endpoint, "the slot of the group is no longer there"));
    if (progress.broken) return down(connection_lost(endpoint, "what it sent is not Redis' protocol"));
    filled -= progress.consumed;
    if (filled > 0 && progress.consumed > 0)
      std::memmove(buffer.data(), buffer.data() + progress.consumed, filled);
    if (free_bytes() < std::max(progress.missing, kReadSize / 4)) {
      buffer.resize(filled + std::max(progress.missing, kReadSize) + kPayloadPadding);
    } else if (buffer.size() > 64 * kReadSize && filled < kReadSize) {
      buffer.resize(kEmptySize);  // a giant message came through
      buffer.shrink_to_fit();
    }
    const bool go_on = handler.on_batch_end();
    if (link != of) return;
    paused = !go_on;
    if (go_on) read(of);
  }

  std::size_t free_bytes() const { return buffer.size() - filled - kPayloadPadding; }

  /// How much came lately: who was cut off in the middle of a burst is told so.
  void note_bytes(std::size_t size) {
    const auto now = std::chrono::steady_clock::now();
    if (now - burst_start > kBurst) burst_start = now, burst_bytes = 0;
    burst_bytes += size;
  }

  /// The other side ended the connection.
  Failure ended(Error error) const {
    if (!subscribed) return error;
    if (filled > 0) error.message += ", in the middle of a message";
    if (burst_bytes >= 1 << 20 && std::chrono::steady_clock::now() - burst_start < 2 * kBurst)
      error.message += ", after " + std::to_string(burst_bytes >> 20) + " MiB within a second";
    Failure failure(std::move(error));
    failure.cut = true;
    return failure;
  }

  Error refusal() const {
    if (refused.starts_with("NOPERM"))
      return explain_refused_subscription(endpoint, refused, inputs, control_channel);
    return explain_server_error(endpoint, refused);
  }

  void close() {
    if (link) link->close();
    link.reset();
    // A cancelled read may still point into the old buffer.
    buffer = std::vector<char>(kEmptySize);
    filled = 0;
    subscribed = paused = unsubscribed = false;
    burst_bytes = 0;
    refused.clear();
  }

  void down(const Failure& failure) {
    close();
    handler.on_subscriber_down(failure);
  }
};

SubscriberConnection::SubscriberConnection(EventLoop& loop, Inputs inputs, std::string control_channel,
                                           Handler& handler)
    : parts_(
          std::make_shared<Parts>(loop.context(), std::move(inputs), std::move(control_channel), handler)) {}

SubscriberConnection::~SubscriberConnection() { close(); }

void SubscriberConnection::open(const Endpoint& endpoint) {
  close();
  parts_->endpoint = endpoint;
  parts_->endpoint.database = 0;  // Pub/Sub knows no databases
  const auto link = std::make_shared<Link>(parts_->context, parts_->endpoint);
  parts_->link = link;
  link->open(
      [parts = parts_, of = link.get()](const ServerFacts& facts) {
        if (parts->link.get() == of) parts->subscribe(facts);
      },
      [parts = parts_, of = link.get()](const Failure& failure) {
        if (parts->link.get() == of) parts->down(failure);
      });
}

void SubscriberConnection::close() { parts_->close(); }

void SubscriberConnection::resume() {
  if (!parts_->paused || !parts_->link) return;
  parts_->paused = false;
  parts_->read(parts_->link);
}

}  // namespace tributary::redis
