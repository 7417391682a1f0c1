#include "cli/audit/ledger.hpp"

#include <charconv>

#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// Divides at the last space, so that an id may hold spaces, or at the first one.
std::optional<Pair> divided(std::string_view line, std::size_t space) {
  if (space == std::string_view::npos || space == 0 || space + 1 == line.size()) return std::nullopt;
  return Pair{line.substr(0, space), line.substr(space + 1)};
}

Error bad_line(const std::string& path, std::uint64_t number, std::string_view form) {
  return {ErrorKind::data,
          path + " line " + std::to_string(number) + ": not of the form " + std::string(form)};
}

}  // namespace

std::optional<Publication> parse_ledger_line(std::string_view line) {
  const auto parts = divided(line, line.rfind(' '));
  if (!parts) return std::nullopt;
  if (parts->second == "?") return Publication{parts->first, std::nullopt};
  const auto receivers = to_number(parts->second);
  if (!receivers) return std::nullopt;
  return Publication{parts->first, receivers};
}

void append_ledger_line(std::string& out, const Publication& publication) {
  out.append(publication.id);
  out += ' ';
  if (publication.receivers) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, *publication.receivers).ptr);
  } else {
    out += '?';
  }
  out += '\n';
}

std::optional<Receipt> parse_receipt_line(std::string_view line) {
  const auto parts = divided(line, line.find(' '));
  if (!parts || parts->first.find(':') == std::string_view::npos) return std::nullopt;
  if (parts->second == "-") return Receipt{parts->first, std::nullopt};
  return Receipt{parts->first, parts->second};
}

void append_receipt_line(std::string& out, const Receipt& receipt) {
  out.append(receipt.position);
  out += ' ';
  out.append(receipt.id.value_or("-"));
  out += '\n';
}

Result<Ledger> Ledger::create(const std::string& path) {
  auto writer = LineWriter::create(path);
  if (!writer) return writer.error();
  return Ledger(std::move(*writer));
}

void Ledger::record(const Publication& publication) {
  line_.clear();
  append_ledger_line(line_, publication);
  writer_.write(line_);
}

Status Ledger::flush() {
  flushed_ = std::chrono::steady_clock::now();
  return writer_.flush();
}

Status Ledger::flush_if_due() {
  if (std::chrono::steady_clock::now() - flushed_ < std::chrono::milliseconds(500)) return Done{};
  return flush();
}

Result<LineCount> read_ledger(const std::string& path, const std::function<void(const Publication&)>& take) {
  return for_each_line(path, [&](std::string_view line, std::uint64_t number) -> Status {
    const auto publication = parse_ledger_line(line);
    if (!publication)
      return bad_line(path, number, "<message_id> <receivers or ?>; is it a ledger of publish?");
    take(*publication);
    return Done{};
  });
}

Result<LineCount> read_receipts(const std::string& path, const std::function<void(const Receipt&)>& take) {
  return for_each_line(path, [&](std::string_view line, std::uint64_t number) -> Status {
    const auto receipt = parse_receipt_line(line);
    if (!receipt)
      return bad_line(path, number, "<position> <message_id or ->; are these receipts of consume?");
    take(*receipt);
    return Done{};
  });
}

}  // namespace tributary::cli
