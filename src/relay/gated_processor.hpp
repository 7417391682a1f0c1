#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "process/processors.hpp"

namespace tributary::relay {

/// For unit tests: processors that stay at each message until the test lets them go on. At the end all go on.
class Gates {
 public:
  Gates() : state_(std::make_shared<State>()) {}
  ~Gates() { open_all(); }
  Gates(const Gates&) = delete;
  Gates& operator=(const Gates&) = delete;

  /// One for each consumer.
  process::ProcessorFactory factory() const {
    return [state = state_] { return std::make_unique<Gated>(state); };
  }
  /// Calls for this message return, those to come as well.
  void open(const std::string& id) {
    change([&](State& state) { state.open.insert(id); });
  }
  void open_all() {
    change([](State& state) { state.all_open = true; });
  }
  /// Calls for it return at once, with a failure.
  void fail(const std::string& id) {
    change([&](State& state) { state.failing.insert(id); });
  }

  /// Calls for it so far.
  int begun(const std::string& id) const {
    const std::lock_guard lock(state_->mutex);
    return state_->begun[id];
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::string, int> begun;
    std::set<std::string> open, failing;
    bool all_open = false;
  };

  class Gated final : public Processor {
   public:
    explicit Gated(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Outcome process(const Message& message, FieldSink& fields, std::string& reason) override {
      const std::string id(message.id);
      std::unique_lock lock(state_->mutex);
      ++state_->begun[id];
      state_->changed.notify_all();
      const auto may_go = [&] {
        return state_->all_open || state_->open.count(id) + state_->failing.count(id) > 0;
      };
      state_->changed.wait(lock, may_go);
      fields.add("processed", "1");
      reason = "told to fail";
      return state_->failing.count(id) > 0 ? Outcome::fail : Outcome::append;
    }
    bool may_block() const override { return true; }

   private:
    std::shared_ptr<State> state_;
  };

  template <class Change>
  void change(Change apply) {
    const std::lock_guard lock(state_->mutex);
    apply(*state_);
    state_->changed.notify_all();
  }

  std::shared_ptr<State> state_;  // also of threads that outlive the test
};

}  // namespace tributary::relay
