#include "tools/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tributary::svg {
namespace {

std::string behind_blank(const std::string& attributes) { return attributes.empty() ? "" : " " + attributes; }

}  // namespace

std::string number(double value) {
  auto text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

double tick_step(double most, int steps) {
  const double rough = std::max(most, 1e-9) / steps;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) return factor * power;
  }
  return 10 * power;
}

std::string text(double x, double y, const std::string& anchor, const std::string& content,
                 const std::string& attributes) {
  return fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\"{}>{}</text>\n", number(x), number(y), anchor,
                     behind_blank(attributes), content);
}

std::string line(double x1, double y1, double x2, double y2, const std::string& attributes) {
  return fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"{}/>\n", number(x1), number(y1),
                     number(x2), number(y2), behind_blank(attributes));
}

std::string document(double width, double height, const std::string& title, const std::string& content) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<title>{2}</title>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{3}</svg>\n",
      number(width), number(height), title, content);
}

}  // namespace tributary::svg
