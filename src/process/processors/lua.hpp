#pragma once

#include <string>

#include "process/processors.hpp"

namespace tributary::process {

/// `lua:FILE`: a Lua 5.4 function that runs on the node's own thread. The file is read once, here, as are those
/// that it requires, and run once to see that it works; an error says where it does not (file:line).
///
///     function process(message) ... end
///
/// message.id (nil if there is none), .position, .channel, .attempt, .payload (bytes), .members (the payload as a
/// table; nil if it is no JSON), each made when it is first asked for, and only during the call. Returns nothing,
/// nil or true: append; a table: append with these fields; false: drop. error(why): fail; dead(why): dead letter
/// at once. Strings become fields as they are, everything else as JSON text; `null` is JSON's null, array(t) makes
/// a table an array even if it is empty.
///
/// There are the base functions, coroutine, math, string, table, utf8, of os only clock, date, difftime and time,
/// and `require` of files beside the script. print() goes to the log.
///
/// A call may take context.timeout, or 1 s if there is none, and the state 64 MiB; beyond that the message failed,
/// and the state is made anew. Not bounded is the time of a single call of a library function, such as a pattern
/// with many repetitions on a long string.
Result<ProcessorFactory> make_lua(const std::string& file, const ProcessorContext& context);

}  // namespace tributary::process
