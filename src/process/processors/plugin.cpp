#include "process/processors/plugin.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "tributary/plugin.h"

namespace tributary::process {
namespace {

constexpr const char* kSymbol = "tributary_plugin_get";

tributary_text to_text(std::string_view text) { return {text.data(), text.size()}; }

tributary_message to_message(const Message& message) {
  return {to_text(message.payload), to_text(message.id), to_text(message.position), to_text(message.channel),
          message.attempt};
}

// The end of a tributary_result that the plugin does not see.
struct ResultOfCall : tributary_result {
  FieldSink* fields;
  std::string* reason;

  static void add(tributary_result* result, const char* name, std::size_t name_size, const char* value,
                  std::size_t value_size) {
    static_cast<ResultOfCall*>(result)->fields->add({name, name_size}, {value, value_size});
  }
  static void tell(tributary_result* result, const char* reason, std::size_t size) {
    static_cast<ResultOfCall*>(result)->reason->assign(reason, size);
  }
};

class Plugin final : public Processor {
 public:
  Plugin(const tributary_plugin& functions, void* instance) : functions_(functions), instance_(instance) {
    may_block_ = functions_.may_block && functions_.may_block(instance_) != 0;
  }
  ~Plugin() override { functions_.destroy(instance_); }
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  Outcome process(const Message& message, FieldSink& fields, std::string& reason) override {
    const auto given = to_message(message);
    ResultOfCall result{{&ResultOfCall::add, &ResultOfCall::tell}, &fields, &reason};
    const int outcome = functions_.process(instance_, &given, &result);
    switch (outcome) {
      case TRIBUTARY_APPEND:
        return Outcome::append;
      case TRIBUTARY_DROP:
        return Outcome::drop;
      case TRIBUTARY_FAIL:
        return Outcome::fail;
      case TRIBUTARY_DEAD:
        return Outcome::dead;
      default:
        reason = "the plugin returned " + std::to_string(outcome) + ", which is no outcome";
        return Outcome::fail;
    }
  }

  bool may_block() const override { return may_block_; }
  bool looks_ahead() const override { return functions_.expect != nullptr; }

  void expect(std::span<const Message> messages) override {
    if (!functions_.expect) return;
    expected_.clear();
    for (const auto& message : messages) expected_.push_back(to_message(message));
    functions_.expect(instance_, expected_.data(), expected_.size());
  }

  void interrupt() override {
    if (functions_.interrupt) functions_.interrupt(instance_);
  }

 private:
  const tributary_plugin& functions_;
  void* instance_;
  bool may_block_ = false;
  std::vector<tributary_message> expected_;
};

// For a consumer whose instance cannot be made, although the first could.
class Missing final : public Processor {
 public:
  Missing(std::string why, bool may_block) : why_(std::move(why)), may_block_(may_block) {}
  Outcome process(const Message&, FieldSink&, std::string& reason) override {
    reason = why_;
    return Outcome::fail;
  }
  bool may_block() const override { return may_block_; }

 private:
  std::string why_;
  bool may_block_;
};

Result<std::unique_ptr<Processor>> make_instance(const tributary_plugin& functions,
                                                 const std::string& arguments) {
  char why[500] = "";
  void* const instance = functions.create(arguments.c_str(), why, sizeof why);
  if (instance) return std::unique_ptr<Processor>(new Plugin(functions, instance));
  why[sizeof why - 1] = '\0';
  return Error{ErrorKind::configuration,
               "its create() fails: " + std::string(why[0] ? why : "it gives no reason")};
}

// Never unloaded: threads may hang in it, and its static objects may be in use until the end.
Result<const tributary_plugin*> load(const std::string& file) {
  const auto wrong = [](const std::string& what) { return Error{ErrorKind::configuration, what}; };
  // Without a slash it would be looked for among the system's libraries.
  const auto path = file.find('/') == std::string::npos ? "./" + file : file;
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) return wrong(::dlerror());
  void* const symbol = ::dlsym(library, kSymbol);
  if (!symbol) {
    return wrong("it is no plugin: it has no function " + std::string(kSymbol) + " (see tributary/plugin.h)");
  }
  const auto* const plugin = reinterpret_cast<const tributary_plugin* (*)()>(symbol)();
  if (!plugin) return wrong("its " + std::string(kSymbol) + "() returns NULL");
  if (plugin->version != TRIBUTARY_PLUGIN_VERSION) {
    return wrong("it was built for version " + std::to_string(plugin->version) +
                 " of the plugin interface, but this tributary has version " +
                 std::to_string(TRIBUTARY_PLUGIN_VERSION) +
                 "; build it again with this one's tributary/plugin.h");
  }
  if (!plugin->create || !plugin->process || !plugin->destroy) {
    return wrong("it lacks one of create, process and destroy");
  }
  return plugin;
}

}  // namespace

Result<ProcessorFactory> make_plugin(const std::string& file_and_arguments) {
  const auto question = file_and_arguments.find('?');
  const auto file = file_and_arguments.substr(0, question);
  const auto arguments =
      question == std::string::npos ? std::string() : file_and_arguments.substr(question + 1);
  const auto wrong = [&](ErrorKind kind, std::string what) {
    std::replace(what.begin(), what.end(), '\n', ' ');
    return Error{kind, "processor \"plugin:" + file + "\": " + what};
  };
  if (file.empty()) return wrong(ErrorKind::usage, "needs a file, e.g. plugin:./mine.so");
  const auto plugin = load(file);
  if (!plugin) return wrong(plugin.error().kind, plugin.error().message);
  auto made = make_instance(*plugin.value(), arguments);
  if (!made) return wrong(made.error().kind, made.error().message);
  const bool may_block = (*made)->may_block();

  struct First {
    std::mutex mutex;
    std::unique_ptr<Processor> processor;
  };
  auto first = std::make_shared<First>();
  first->processor = std::move(*made);
  return ProcessorFactory(
      [first, functions = plugin.value(), arguments, may_block]() -> std::unique_ptr<Processor> {
        {
          const std::lock_guard lock(first->mutex);
          if (first->processor) return std::move(first->processor);
        }
        auto next = make_instance(*functions, arguments);
        if (next) return std::move(*next);
        return std::make_unique<Missing>(next.error().message, may_block);
      });
}

}  // namespace tributary::process
