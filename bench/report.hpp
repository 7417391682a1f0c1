#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/figure.hpp"
#include "bench/plot.hpp"

namespace tributary::bench {

/// What a row of the table is to reach.
struct Target {
  enum class Kind { none, at_least, at_most };
  Kind kind = Kind::none;
  double bound = 0;
};
inline Target at_least(double bound) { return {Target::Kind::at_least, bound}; }
inline Target at_most(double bound) { return {Target::Kind::at_most, bound}; }

/// One line of the table.
struct Row {
  std::string measure;
  std::string against;
  Target target;
  Figure figure;
  std::string unit;      ///< of figure and target; empty: a ratio
  std::string absolute;  ///< the medians that the ratio comes from, in words
};

/// What was measured, and where.
class Report {
 public:
  /// `judged`: false for a short run, whose figures mean nothing.
  explicit Report(bool judged) : judged_(judged) {}

  void add(Row row) { rows_.push_back(std::move(row)); }
  /// Every take, for the JSON file.
  void samples(const std::string& name, std::vector<double> values) { samples_[name] = std::move(values); }
  void plot(const std::string& name, Plot plot) { plots_[name] = std::move(plot); }
  void fact(const std::string& name, const std::string& value) { facts_.emplace_back(name, value); }

  /// The table, in Markdown, with the machine it was measured on.
  std::string markdown() const;
  /// The table for a terminal.
  std::string text() const;
  /// Writes table.md, results.json and the plots into the directory, which is made if need be.
  /// Throws Failure.
  void write(const std::string& directory) const;
  /// Rows whose target was missed; 0 if nothing is judged.
  std::size_t missed() const;

 private:
  std::string verdict(const Row& row) const;
  std::string json() const;

  bool judged_;
  std::vector<Row> rows_;
  std::map<std::string, std::vector<double>> samples_;
  std::map<std::string, Plot> plots_;
  std::vector<std::pair<std::string, std::string>> facts_;
};

}  // namespace tributary::bench
