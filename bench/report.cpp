#include "bench/report.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "bench/connection.hpp"
#include "cli/terminal/text_table.hpp"

namespace tributary::bench {
namespace {

std::string target_text(const Row& row) {
  if (row.target.kind == Target::Kind::none) return "";
  return fmt::format("{} {:g}{}", row.target.kind == Target::Kind::at_least ? ">=" : "<=", row.target.bound,
                     row.unit.empty() ? "" : " " + row.unit);
}

std::string number(double value) {
  return value >= 1000 ? fmt::format("{:.0f}", value)
         : value >= 10 ? fmt::format("{:.1f}", value)
                       : fmt::format("{:.2f}", value);
}

std::string figure_text(const Row& row) {
  const auto& [median, lowest, highest] = row.figure;
  auto text = number(median) + (row.unit.empty() ? "" : " " + row.unit);
  if (lowest != highest) text += " (" + number(lowest) + " to " + number(highest) + ")";
  return text;
}

void write_file(const std::filesystem::path& file, const std::string& content) {
  std::ofstream out(file, std::ios::binary);
  out << content;
  if (!out.flush()) throw Failure("cannot write " + file.string());
}

}  // namespace

std::string Report::verdict(const Row& row) const {
  if (row.target.kind == Target::Kind::none) return "-";
  if (!judged_) return "not judged";
  const bool reached = row.target.kind == Target::Kind::at_least ? row.figure.median >= row.target.bound
                                                                 : row.figure.median <= row.target.bound;
  return reached ? "reached" : "missed";
}

std::size_t Report::missed() const {
  std::size_t count = 0;
  for (const auto& row : rows_) count += verdict(row) == "missed" ? 1 : 0;
  return count;
}

std::string Report::text() const {
  cli::TextTable table({"measure", "against", "target", "figure (range)", "verdict", "from"});
  for (const auto& row : rows_) {
    table.add({row.measure, row.against, target_text(row), figure_text(row), verdict(row), row.absolute});
  }
  return table.text();
}

std::string Report::markdown() const {
  std::string out =
      "| measure | against | target | figure (range) | verdict | from |\n|---|---|---|---|---|---|\n";
  for (const auto& row : rows_) {
    out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", row.measure, row.against, target_text(row),
                       figure_text(row), verdict(row), row.absolute);
  }
  out += "\n";
  for (const auto& [name, value] : facts_) out += fmt::format("- {}: {}\n", name, value);
  return out;
}

std::string Report::json() const {
  boost::json::object document;
  auto& facts = document["machine"].emplace_object();
  for (const auto& [name, value] : facts_) facts[name] = value;
  document["judged"] = judged_;
  auto& rows = document["rows"].emplace_array();
  for (const auto& row : rows_) {
    rows.push_back(boost::json::object{{"measure", row.measure},
                                       {"against", row.against},
                                       {"target", target_text(row)},
                                       {"median", row.figure.median},
                                       {"lowest", row.figure.lowest},
                                       {"highest", row.figure.highest},
                                       {"unit", row.unit.empty() ? "ratio" : row.unit},
                                       {"verdict", verdict(row)}});
  }
  auto& samples = document["samples"].emplace_object();
  for (const auto& [name, values] : samples_) samples[name] = boost::json::value_from(values);
  return boost::json::serialize(document) + "\n";
}

void Report::write(const std::string& directory) const {
  std::error_code error;
  const std::filesystem::path path(directory);
  std::filesystem::create_directories(path, error);
  write_file(path / "table.md", markdown());
  write_file(path / "results.json", json());
  for (const auto& [name, plot] : plots_) write_file(path / (name + ".svg"), plot.svg());
}

}  // namespace tributary::bench
