#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tributary::bench {

/// Lines over two axes, as an SVG file that needs nothing else.
struct Plot {
  struct Line {
    std::string name;
    std::string colour;  ///< of SVG, e.g. "#1b6ca8"
    bool dashed = false;
    std::vector<std::pair<double, double>> points;  ///< x ascending; above 0 on a logarithmic axis
  };
  std::string title;
  std::string x_label;
  std::string y_label;
  bool logarithmic_x = false;
  bool logarithmic_y = false;
  std::vector<double> x_ticks;
  std::vector<Line> lines;

  std::string svg() const;
};

}  // namespace tributary::bench
