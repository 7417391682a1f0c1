#pragma once

#include "core/base/result.hpp"

namespace tributary::cli {

/// The status of HTTP for an error of that kind.
inline unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::usage:
    case ErrorKind::data:
    case ErrorKind::configuration:
      return 400;
    case ErrorKind::unavailable:
    case ErrorKind::temporary:
    case ErrorKind::interrupted:
      return 503;
    default:
      return 500;
  }
}

}  // namespace tributary::cli
