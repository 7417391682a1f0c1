#pragma once

#include <string>

#include "tributary/message.hpp"

namespace tributary::process {

/// Appends the line that asks a program for one message, with its line end:
///
///     {"position":"7.3fa9c2:12345","message_id":"a1","channel":"orders","attempt":1,"payload":{...}}
///
/// A message without an id has no `message_id`. With `json` the payload, which must be JSON, stands there as
/// it was published, but for line ends between its tokens, which become blanks. Else it is a string, or, if it
/// is not UTF-8, `payload_base64` in place of `payload`.
void append_request(std::string& lines, const Message& message, bool json);

}  // namespace tributary::process
