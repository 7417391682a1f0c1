#include "bench/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/svg.hpp"

namespace tributary::bench {
namespace {

constexpr double kWidth = 760, kHeight = 420, kLeft = 80, kRight = 190, kTop = 44, kBottom = 56;
constexpr double kPlotWidth = kWidth - kLeft - kRight, kPlotHeight = kHeight - kTop - kBottom;
constexpr double kLegendLine = 20;
constexpr int kTicks = 5;

/// Maps values of one axis to pixels.
struct Axis {
  double low = 0, high = 1, start = 0, length = 1;
  bool logarithmic = false;

  double scaled(double value) const { return logarithmic ? std::log10(value) : value; }
  double operator()(double value) const {
    return start + length * (scaled(value) - scaled(low)) / (scaled(high) - scaled(low));
  }
};

std::string number(double value) {
  if (value >= 1e6) return fmt::format("{:g}M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:g}k", value / 1e3);
  return fmt::format("{:g}", value);
}

std::vector<double> ticks(const Axis& axis) {
  std::vector<double> found;
  if (axis.logarithmic) {
    for (double value = axis.low; value <= axis.high * 1.001; value *= 10) found.push_back(value);
  } else {
    const double step = svg::tick_step(axis.high, kTicks);
    for (int i = 0; i * step <= axis.high * 1.001; ++i) found.push_back(i * step);
  }
  return found;
}

Axis y_axis(const Plot& plot) {
  double lowest = 1e300, highest = 0;
  for (const auto& line : plot.lines) {
    for (const auto& [x, y] : line.points) lowest = std::min(lowest, y), highest = std::max(highest, y);
  }
  if (highest <= 0) highest = 1;
  Axis axis{0, highest, kTop + kPlotHeight, -kPlotHeight, plot.logarithmic_y};
  if (plot.logarithmic_y) {
    axis.low = std::pow(10, std::floor(std::log10(std::max(std::min(lowest, highest), 1e-6))));
    axis.high = std::max(std::pow(10, std::ceil(std::log10(highest))), axis.low * 10);
  } else {
    const double step = svg::tick_step(highest, kTicks);
    axis.high = step * std::ceil(highest / step);
  }
  return axis;
}

Axis x_axis(const Plot& plot) {
  double lowest = 1e300, highest = 0;
  for (const auto& line : plot.lines) {
    for (const auto& [x, y] : line.points) lowest = std::min(lowest, x), highest = std::max(highest, x);
  }
  if (highest <= lowest) lowest = 1, highest = 2;
  return {plot.logarithmic_x ? lowest : 0, highest, kLeft, kPlotWidth, plot.logarithmic_x};
}

std::string grid(const Plot& plot, const Axis& x, const Axis& y) {
  std::string out;
  for (const double value : ticks(y)) {
    out += svg::line(kLeft, y(value), kLeft + kPlotWidth, y(value), "stroke=\"#ddd\"");
    out += svg::text(kLeft - 8, y(value) + 4, "end", number(value));
  }
  for (const double value : plot.x_ticks.empty() ? ticks(x) : plot.x_ticks) {
    out += svg::line(x(value), kTop + kPlotHeight, x(value), kTop + kPlotHeight + 5, "stroke=\"#444\"");
    out += svg::text(x(value), kTop + kPlotHeight + 20, "middle", number(value));
  }
  out += svg::line(kLeft, kTop + kPlotHeight, kLeft + kPlotWidth, kTop + kPlotHeight, "stroke=\"#444\"");
  out += svg::line(kLeft, kTop, kLeft, kTop + kPlotHeight, "stroke=\"#444\"");
  out += svg::text(kLeft + kPlotWidth / 2, kHeight - 14, "middle", plot.x_label);
  return out +
         svg::text(0, 0, "middle", plot.y_label,
                   fmt::format("transform=\"translate(20 {:.1f}) rotate(-90)\"", kTop + kPlotHeight / 2));
}

std::string curve(const Plot::Line& line, const Axis& x, const Axis& y) {
  std::string path, dots;
  for (const auto& [px, py] : line.points) {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : " L", x(px), y(py));
    dots += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\"/>\n", x(px), y(py),
                        line.colour);
  }
  return fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{}/>\n", path, line.colour,
                     line.dashed ? " stroke-dasharray=\"6 4\"" : "") +
         dots;
}

}  // namespace

std::string Plot::svg() const {
  const auto x = x_axis(*this);
  const auto y = y_axis(*this);
  std::string out = "<g fill=\"#222\">\n";
  out += svg::text(kLeft, 26, "start", title, "font-size=\"15\" font-weight=\"bold\"");
  out += grid(*this, x, y);
  double legend = kTop + 10;
  for (const auto& line : lines) {
    out += curve(line, x, y);
    out += svg::line(kWidth - kRight + 14, legend, kWidth - kRight + 38, legend,
                     fmt::format("stroke=\"{}\" stroke-width=\"2\"{}", line.colour,
                                 line.dashed ? " stroke-dasharray=\"6 4\"" : ""));
    out += svg::text(kWidth - kRight + 44, legend + 4, "start", line.name);
    legend += kLegendLine;
  }
  return svg::document(kWidth, kHeight, title, out + "</g>\n");
}

}  // namespace tributary::bench
