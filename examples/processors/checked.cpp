// Adds a field whose name is the argument, and throws at messages that hold "broken", in C++.
//
//     c++ -std=c++20 -shared -fPIC -o checked.so checked.cpp        (from the sources: -I include)
//     tributary consume --processor 'plugin:./checked.so?looked_at'
#include <stdexcept>
#include <string>
#include <tributary/plugin.hpp>

class Checked final : public tributary::Processor {
 public:
  explicit Checked(std::string_view field) : field_(field) {
    if (field_.empty()) throw std::invalid_argument("needs the name of a field behind the ?");
  }
  tributary::Outcome process(const tributary::Message& message, tributary::FieldSink& fields,
                             std::string&) override {
    if (message.payload.find("broken") != std::string_view::npos) throw std::runtime_error("it is broken");
    fields.add(field_, "yes");
    return tributary::Outcome::append;
  }
  bool may_block() const override { return false; }

 private:
  std::string field_;
};

TRIBUTARY_PLUGIN(Checked)
