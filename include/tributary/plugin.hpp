#pragma once

#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tributary/plugin.h"
#include "tributary/processor.hpp"

namespace tributary::plugin {

/// What TRIBUTARY_PLUGIN makes of a Processor. Exceptions end here: of the constructor, the node does not start; of
/// process(), the message failed, with what() as the reason.
template <class T>
class Instance {
 public:
  static void* create(const char* arguments, char* error, std::size_t error_size) {
    const auto fail = [=](std::string_view why) {
      if (error_size > 0) error[why.copy(error, error_size - 1)] = '\0';
    };
    try {
      return new Instance(arguments);
    } catch (const std::exception& e) {
      fail(e.what());
    } catch (...) {
      fail("an exception that is no std::exception");
    }
    return nullptr;
  }

  static int process(void* self, const tributary_message* message, tributary_result* result) {
    const auto fail = [result](std::string_view why) {
      result->set_reason(result, why.data(), why.size());
      return int{TRIBUTARY_FAIL};
    };
    try {
      return static_cast<Instance*>(self)->process(*message, *result);
    } catch (const std::exception& e) {
      return fail(e.what());
    } catch (...) {
      return fail("an exception that is no std::exception");
    }
  }

  static void destroy(void* self) { delete static_cast<Instance*>(self); }
  static int may_block(void* self) { return static_cast<Instance*>(self)->processor_.may_block() ? 1 : 0; }
  static void expect(void* self, const tributary_message* messages, std::size_t count) {
    auto& instance = *static_cast<Instance*>(self);
    try {
      instance.expected_.clear();
      for (const auto& message : std::span(messages, count))
        instance.expected_.push_back(to_message(message));
      instance.processor_.expect(instance.expected_);
    } catch (...) {  // process() will meet the same, and can say so
    }
  }
  /// Nothing if the class leaves it to Processor.
  static constexpr auto kExpect =
      std::is_same_v<decltype(&T::expect), decltype(&Processor::expect)> ? nullptr : &Instance::expect;
  static void interrupt(void* self) { static_cast<Instance*>(self)->processor_.interrupt(); }

 private:
  static T make(const char* arguments) {
    if constexpr (std::is_constructible_v<T, std::string_view>) {
      return T(std::string_view(arguments));
    } else {
      return T();
    }
  }
  explicit Instance(const char* arguments) : processor_(make(arguments)) {}

  class Sink final : public FieldSink {
   public:
    explicit Sink(tributary_result& result) : result_(result) {}
    void add(std::string_view name, std::string_view value) override {
      result_.add_field(&result_, name.data(), name.size(), value.data(), value.size());
    }

   private:
    tributary_result& result_;
  };

  static std::string_view view(const tributary_text& text) { return {text.data, text.size}; }
  static Message to_message(const tributary_message& from) {
    return {view(from.payload), view(from.id), view(from.position), view(from.channel), from.attempt};
  }

  int process(const tributary_message& message, tributary_result& result) {
    Sink sink(result);
    reason_.clear();
    const auto outcome = processor_.process(to_message(message), sink, reason_);
    switch (outcome) {
      case Outcome::append:
        return TRIBUTARY_APPEND;
      case Outcome::drop:
        return TRIBUTARY_DROP;
      case Outcome::fail:
      case Outcome::dead:
        break;
    }
    result.set_reason(&result, reason_.data(), reason_.size());
    return outcome == Outcome::dead ? TRIBUTARY_DEAD : TRIBUTARY_FAIL;
  }

  T processor_;
  std::string reason_;
  std::vector<Message> expected_;
};

}  // namespace tributary::plugin

/// Makes a class derived from tributary::Processor the plugin that this library is (once, outside of namespaces). It
/// is constructed from a std::string_view, the arguments, if it can be, else from nothing. See plugin.h.
#define TRIBUTARY_PLUGIN(Class)                                                               \
  extern "C" const tributary_plugin* tributary_plugin_get(void) {                             \
    using Instance = ::tributary::plugin::Instance<Class>;                                    \
    static const tributary_plugin plugin = {                                                  \
        TRIBUTARY_PLUGIN_VERSION, &Instance::create, &Instance::process,  &Instance::destroy, \
        &Instance::may_block,     Instance::kExpect, &Instance::interrupt};                   \
    return &plugin;                                                                           \
  }
