#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "cli/audit/ledger.hpp"
#include "cli/group/loss_lines.hpp"
#include "core/base/text.hpp"
#include "fuzz_target.hpp"
#include "relay/receipts.hpp"
#include "tributary/message.hpp"

// Lines of a publisher's ledger, of a node's receipts and of the group's loss ledger. The input is a line,
// and the payload of a message for which a line is written.
namespace tributary::fuzz {
namespace {

void check_ledger(const std::string& line) {
  const auto read = cli::parse_ledger_line(line);
  if (!read) return;
  std::string again;
  cli::append_ledger_line(again, *read);
  const auto back = cli::parse_ledger_line(std::string_view(again).substr(0, again.size() - 1));
  TRIBUTARY_CHECK(back && back->id == read->id && back->receivers == read->receivers);
}

void check_receipt(const std::string& line) {
  const auto read = cli::parse_receipt_line(line);
  if (!read) return;
  std::string again;
  cli::append_receipt_line(again, *read);
  TRIBUTARY_CHECK(again == line + "\n");
}

// What a node records of a message, an audit reads.
void check_recorded(std::string_view payload) {
  const int file = memfd_create("receipts", MFD_CLOEXEC);
  const auto path = "/proc/self/fd/" + std::to_string(file);
  const group::ViewId view{7, "v"};
  {
    auto receipts = relay::Receipts::open(path);
    TRIBUTARY_CHECK(receipts.ok());
    receipts->received(view, 12, payload);
    TRIBUTARY_CHECK(receipts->flush());
  }
  std::string padded(payload);
  padded.append(kPayloadPadding, '\0');
  process::PayloadParser parser;
  const bool usable = parser.parse({padded.data(), payload.size()});
  std::size_t lines = 0;
  const auto count = cli::read_receipts(path, [&](const cli::Receipt& receipt) {
    ++lines;
    TRIBUTARY_CHECK(receipt.position == "7.v:12");
    if (receipt.id) TRIBUTARY_CHECK(usable && *receipt.id == parser.parsed().message_id);
  });
  TRIBUTARY_CHECK(count.ok() && lines == 1);
  close(file);
}

void check_loss(std::string_view line) {
  cli::LossLine loss;
  loss.id = line.substr(0, line.find(' '));
  for (const auto word : split(line, ' ')) loss.details.emplace_back(word, word);
  TRIBUTARY_CHECK(!loss.time().empty() || loss.id.empty());
  loss.range();
}

}  // namespace

void run(std::string_view input) {
  check_recorded(input);
  const std::string line(input.substr(0, input.find('\n')));
  check_ledger(line);
  check_receipt(line);
  check_loss(line);
}

}  // namespace tributary::fuzz
