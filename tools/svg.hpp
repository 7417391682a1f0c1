#pragma once

#include <string>

/// Pieces of SVG files that need nothing else. The same input gives the same bytes. Texts are put
/// in as they are.
namespace tributary::svg {

/// At most one digit behind the point.
std::string number(double value);

/// 1, 2 or 5 times a power of ten, the least of which `steps` reach `most`.
double tick_step(double most, int steps);

/// `anchor`: what of the text is at x, "start", "middle" or "end". `attributes`: more of the element.
std::string text(double x, double y, const std::string& anchor, const std::string& content,
                 const std::string& attributes = "");

std::string line(double x1, double y1, double x2, double y2, const std::string& attributes = "");

/// The whole file: `content` on white.
std::string document(double width, double height, const std::string& title, const std::string& content);

}  // namespace tributary::svg
