// Draws what the autoscaler does under each load of tests/support/loads.cpp, as SVG: ./dev plots. The
// same input gives the same bytes, so that a check can tell whether the files in docs/scaling are
// those of this code.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "core/base/text.hpp"
#include "support/scaled_group.hpp"
#include "tools/svg.hpp"

namespace tributary {
namespace {

using test::Load;
using test::ScaledGroup;
using Moments = std::vector<ScaledGroup::Moment>;

constexpr double kWidth = 720, kLeft = 66, kRight = 706, kPanelHeight = 84, kPanelGap = 34, kTop = 46;

std::string grouped(double value) { return with_commas(static_cast<std::uint64_t>(std::llround(value))); }

struct Panel {
  std::string title, colour;
  std::function<double(const ScaledGroup::Moment&)> value;
  bool in_steps = false;
};

double x_of(double at, const Load& load) { return kLeft + at / load.seconds * (kRight - kLeft); }

std::string draw(const Panel& panel, const Moments& moments, const Load& load, double top) {
  double most = 1;
  for (const auto& moment : moments) most = std::max(most, panel.value(moment));
  const double step = std::max(svg::tick_step(most * 1.02, 3), 1.0);
  const double scale = kPanelHeight / (step * 3);
  const double bottom = top + kPanelHeight;
  std::string out = svg::text(kLeft, top - 7, "start", panel.title);
  out += "<g stroke=\"#8884\">\n";
  for (int i = 0; i <= 3; ++i)
    out += svg::line(kLeft, bottom - i * step * scale, kRight, bottom - i * step * scale);
  out += "</g>\n";
  for (int i = 0; i <= 3; ++i)
    out += svg::text(kLeft - 6, bottom - i * step * scale + 4, "end", grouped(i * step));
  std::string points;
  double last = -1;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const double y = bottom - panel.value(moments[i]) * scale;
    const bool level = i + 1 < moments.size() && last >= 0 && y == last &&
                       panel.value(moments[i + 1]) == panel.value(moments[i]);
    if (level) continue;  // a point within a level line
    const auto x = svg::number(x_of(moments[i].at, load));
    if (panel.in_steps && last >= 0 && y != last) points += x + "," + svg::number(last) + " ";
    points += x + "," + svg::number(y) + " ";
    last = y;
  }
  return out + "<polyline fill=\"none\" stroke=\"" + panel.colour + "\" stroke-width=\"1.6\" points=\"" +
         points + "\"/>\n";
}

std::string plot(const Load& load, const Moments& moments) {
  const std::vector<Panel> panels = {
      {"load, messages/s", "#2a7", [](const auto& moment) { return moment.load; }},
      {"backlog, messages", "#c62", [](const auto& moment) { return static_cast<double>(moment.backlog); }},
      {"consumers", "#26c", [](const auto& moment) { return static_cast<double>(moment.consumers); }, true}};
  std::string out = "<g font-weight=\"bold\">" + svg::text(kLeft, 18, "start", load.title) + "</g>\n";
  double top = kTop;
  for (const auto& panel : panels) {
    out += draw(panel, moments, load, top);
    top += kPanelHeight + kPanelGap;
  }
  const double step = load.seconds <= 150 ? 15 : load.seconds <= 300 ? 30 : 60;
  for (double at = 0; at <= load.seconds; at += step) {
    out += svg::text(x_of(at, load), top - kPanelGap + 17, "middle", grouped(at) + " s");
  }
  return svg::document(kWidth, kTop + 3 * (kPanelHeight + kPanelGap) + 6, load.title, out);
}

int run(const std::string& directory) {
  for (const auto& load : test::loads()) {
    const auto moments = ScaledGroup::run(load);
    std::ofstream file(directory + "/" + load.name + ".svg", std::ios::binary);
    file << plot(load, moments);
    if (!file.flush()) {
      std::fprintf(stderr, "cannot write %s/%s.svg\n", directory.c_str(), load.name.c_str());
      return 73;
    }
  }
  return 0;
}

/// What the autoscaler said whenever it changed something, for whoever changes it.
int explain(const std::string& name) {
  for (const auto& load : test::loads()) {
    if (load.name != name) continue;
    std::uint32_t before = 0;
    for (const auto& moment : ScaledGroup::run(load)) {
      if (moment.consumers == before) continue;
      std::printf("%6.1f s  %3u consumers  %s\n", moment.at, moment.consumers, moment.why.c_str());
      before = moment.consumers;
    }
    return 0;
  }
  std::fprintf(stderr, "no load '%s'\n", name.c_str());
  return 64;
}

}  // namespace
}  // namespace tributary

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 2 && words[0] == "--explain") return tributary::explain(words[1]);
  if (words.size() == 1 && !words[0].starts_with("-")) return tributary::run(words[0]);
  std::fprintf(stderr, "usage: scaling_plots DIRECTORY | --explain LOAD\n");
  return 64;
}
