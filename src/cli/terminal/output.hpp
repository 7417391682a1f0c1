#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "core/base/result.hpp"

// What a command writes that runs to its end in front of somebody: unlike fmt::print() it throws nothing if that cannot be
// written, and it can be asked. Not for nodes, which must never wait for a reader: see line_queue.hpp. Main thread only.
namespace tributary::cli {

/// To standard output. Whether that worked tells flush_output().
void write_output(std::string_view text);
/// To standard error. If that does not work, nobody can be told.
void write_error(std::string_view text);

template <class... Values>
void print(fmt::format_string<Values...> format, Values&&... values) {
  write_output(fmt::format(format, std::forward<Values>(values)...));
}
template <class... Values>
void print_error(fmt::format_string<Values...> format, Values&&... values) {
  write_error(fmt::format(format, std::forward<Values>(values)...));
}

/// Hands everything written so far to the system. An error (ErrorKind::io), once and for all, if any of it did not get
/// there. It says nothing if the reader has gone: that is told by who is gone.
Status flush_output();

/// Makes sure that no file or socket gets the place of a standard stream that was closed when this process was started:
/// what is meant for people must not go there. And that a reader who goes is an error and not the end. Called first.
void prepare_standard_streams();

}  // namespace tributary::cli
