#pragma once

#include <string_view>

#include "process/processors.hpp"

namespace tributary::process {

/// Hands messages to a program of its own for each consumer, one line of JSON each (see append_request()), and
/// takes a line from it as the answer to each, in the same order (see AnswerReader). Up to `context.window`
/// messages are with the program at a time.
///
/// A program that ends, closes its output or says what is no answer fails the message that it was at; the
/// others that it had are handed to the next one, which is started with backoff, 10 ms to 1 s. What it writes to
/// standard error goes to `context.log`. The first program is started here, so that an error is known at once:
/// ErrorKind::usage for a command that cannot be divided into words, ErrorKind::configuration for one that cannot
/// be run. Where failed messages are kept (`context.keeps`), a program that takes longer than `context.timeout` for
/// one is ended, and the message has failed. From the first program on the process ignores SIGPIPE.
Result<ProcessorFactory> make_exec_processors(std::string_view command, const ProcessorContext& context);

}  // namespace tributary::process
