#include "process/processors/lua.hpp"

#include <algorithm>
#include <utility>

#include "process/processors/lua_state.hpp"

namespace tributary::process {
namespace {

class Lua final : public Processor {
 public:
  Lua(std::shared_ptr<lua::Sources> sources, lua::StateSettings settings)
      : sources_(std::move(sources)), settings_(std::move(settings)) {}

  Outcome process(const Message& message, FieldSink& fields, std::string& reason) override {
    if (!state_) {
      auto state = lua::State::make(sources_, settings_);
      if (!state) {
        reason = state.error().message;
        return Outcome::fail;
      }
      state_ = std::move(*state);
    }
    const auto outcome = state_->process(message, fields, reason);
    if (state_->is_spent()) state_.reset();
    return outcome;
  }
  bool may_block() const override { return false; }

 private:
  std::shared_ptr<lua::Sources> sources_;
  lua::StateSettings settings_;
  std::unique_ptr<lua::State> state_;
};

}  // namespace

Result<ProcessorFactory> make_lua(const std::string& file, const ProcessorContext& context) {
  const auto wrong = [&](ErrorKind kind, std::string what) {
    std::replace(what.begin(), what.end(), '\n', ' ');
    return Error{kind, "processor \"lua:" + file + "\": " + what};
  };
  if (file.empty()) return wrong(ErrorKind::usage, "needs a file, e.g. lua:enrich.lua");
  lua::StateSettings settings{context.json, context.timeout, context.log};
  if (settings.timeout.count() == 0) settings.timeout = lua::StateSettings().timeout;
  auto sources = std::make_shared<lua::Sources>(file);
  if (const auto state = lua::State::make(sources, settings); !state)
    return wrong(ErrorKind::configuration, state.error().message);
  return ProcessorFactory([sources, settings] { return std::make_unique<Lua>(sources, settings); });
}

}  // namespace tributary::process
