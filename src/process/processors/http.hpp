#pragma once

#include <string>

#include "process/processors.hpp"

namespace tributary::process {

/// `http://...`, `https://...`: one POST for each message, with the payload as the body; a thread and a connection,
/// which is kept, for each consumer. The header Idempotency-Key is the position; Tributary-Message-Id (if there is one),
/// -Channel and -Attempt tell the rest, everything but printable ASCII, and %, percent-encoded; above 4 KiB they are
/// left out.
///
///   2xx                           the body is an answer as AnswerReader reads it; none: append
///   408, 425, 429, 3xx, 5xx       fail; redirects are not followed
///   no connection, no answer in time, no valid certificate   fail
///   other 4xx                     dead letter at once
///
/// After a Retry-After the consumer waits, for 30 s or half of context.timeout at most, before its next request.
/// context.timeout bounds a request, 30 s if there is none. The proxy variables of libcurl apply. The service is
/// not asked for anything here: it may be down.
Result<ProcessorFactory> make_http(const std::string& url, const ProcessorContext& context);

}  // namespace tributary::process
