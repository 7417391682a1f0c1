#pragma once

/// The version of tributary, as in `tributary --version`. CMake reads it here, too.
#define TRIBUTARY_VERSION "0.1.0"
