#include <cmath>

#include "support/scaled_group.hpp"

namespace tributary::test {
namespace {

constexpr double kPi = 3.14159265358979323846;

std::function<double(std::uint64_t)> each(double seconds) {
  return [=](std::uint64_t) { return seconds; };
}
/// One of n messages is a bad one, without any order in it.
std::function<double(std::uint64_t)> each_but(double seconds, std::uint64_t n, double bad) {
  return [=](std::uint64_t message) {
    const auto mixed = message * 0x9e3779b97f4a7c15u;
    return (mixed ^ mixed >> 29) % n == 0 ? bad : seconds;
  };
}
double between(double t, double from, double to, double inside, double outside) {
  return t >= from && t < to ? inside : outside;
}

Load load(std::string name, std::string title, double seconds, std::function<double(double)> rate,
          std::function<double(std::uint64_t)> takes) {
  Load made;
  made.name = std::move(name);
  made.title = std::move(title);
  made.seconds = seconds;
  made.rate = std::move(rate);
  made.takes = std::move(takes);
  return made;
}
Load with_timeout(Load made, double seconds) {
  made.timeout_s = seconds;
  return made;
}
Load with_minimum(Load made, std::uint32_t minimum) {
  made.bounds.minimum = minimum;
  return made;
}
Load with_limit_elsewhere(Load made, double rate) {
  made.elsewhere = rate;
  return made;
}

std::vector<Load> make_loads() {
  const auto steady = [](double rate) { return [=](double) { return rate; }; };
  return {
      load(
          "step", "Step: 100 messages/s, 1,500/s, 100/s", 300,
          [](double t) { return between(t, 30, 130, 1500, 100); }, each(0.01)),
      load(
          "ramp", "Ramp: up to 2,000 messages/s and down again", 480,
          [](double t) { return t < 180 ? t / 180 * 2000 : std::max(0.0, (360 - t) / 180 * 2000); },
          each(0.01)),
      load(
          "spike", "Spike: 4,000 messages/s for 5 s, nothing before and after", 300,
          [](double t) { return between(t, 30, 35, 4000, 0); }, each(0.01)),
      with_minimum(load(
                       "spike-minimum", "The same spike, but a minimum of 8: two consumers on each host", 300,
                       [](double t) { return between(t, 30, 35, 4000, 0); }, each(0.01)),
                   8),
      load(
          "sine", "Sine: 1,000 messages/s, 900 more or less, every two minutes", 600,
          [](double t) { return 1000 + 900 * std::sin(t / 120 * 2 * kPi); }, each(0.01)),
      load(
          "wave", "Short waves: 1,000 messages/s, 500 more or less, every 20 s", 300,
          [](double t) { return 1000 + 500 * std::sin(t / 20 * 2 * kPi); }, each(0.01)),
      load(
          "silence", "Silence, then a single message that takes 2 s", 120,
          [](double t) { return between(t, 60.0005, 60.0015, 1000, 0); }, each(2)),
      load("slow", "Slow messages: 10/s from the first second on, each takes 3 s", 300, steady(10), each(3)),
      load("poison", "Poison: 500 messages/s, one of 500 takes 100 times longer", 300, steady(500),
           each_but(0.01, 500, 1)),
      with_timeout(load("poison-timeout", "Poison: one of 1,000 never ends; --processing-timeout 5s", 300,
                        steady(500), each_but(0.01, 1000, kForEver)),
                   5),
      load("poison-forever", "Poison: three messages never end; no time-out", 300, steady(300),
           [](std::uint64_t n) { return n == 9000 || n == 9500 || n == 15000 ? kForEver : 0.01; }),
      with_limit_elsewhere(
          load(
              "elsewhere", "A limit elsewhere: what all consumers use does 500/s, 800/s come", 300,
              [](double t) { return between(t, 20, 160, 800, 300); }, each(0.01)),
          500),
  };
}

}  // namespace

const std::vector<Load>& loads() {
  static const auto made = make_loads();
  return made;
}

}  // namespace tributary::test
