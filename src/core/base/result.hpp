#pragma once

#include <utility>
#include <variant>

#include "core/base/check.hpp"
#include "tributary/error.hpp"

namespace tributary {

/// A value or the error that prevented it. (C++20 has no std::expected yet.)
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : value_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() {
    TRIBUTARY_CHECK(ok());
    return std::get<0>(value_);
  }
  const T& value() const {
    TRIBUTARY_CHECK(ok());
    return std::get<0>(value_);
  }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }
  const Error& error() const {
    TRIBUTARY_CHECK(!ok());
    return std::get<1>(value_);
  }

 private:
  std::variant<T, Error> value_;
};

/// For operations that give nothing back.
struct Done {};
using Status = Result<Done>;

}  // namespace tributary
