#pragma once

#include <string>
#include <vector>

namespace tributary::cli {

/// Rows of texts in aligned columns, two spaces apart. The first row is the heading. Columns whose heading
/// starts with '>' (not shown) are aligned to the right.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heading);
  /// As many cells as the heading has.
  void add(std::vector<std::string> cells);
  /// Each line starts with `indent` and ends with "\n".
  std::string text(const std::string& indent = "") const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tributary::cli
