#pragma once

namespace tributary::cli {

/// Whether standard error (2) or standard output (1) is a terminal that a person looks at.
bool is_terminal(int descriptor);

/// Whether more can be done there than print line below line: a terminal whose TERM is set, and not to "dumb".
bool can_draw(int descriptor);

/// Whether colour may be used there: can_draw(), and NO_COLOR is not set.
bool wants_colour(int descriptor);

/// Columns of the terminal at standard error; 80 if it does not tell.
int terminal_columns();

}  // namespace tributary::cli
