#pragma once

/// The version of tributary, as in `tributary --version` and in CMakeLists.txt.
#define TRIBUTARY_VERSION "0.1.0"
