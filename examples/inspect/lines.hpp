// SPDX-License-Identifier: BSL-1.0
// A line in, a line out: for test rigs that keep one process and ask it about many buffers.
#ifndef INSPECT_LINES_HPP
#define INSPECT_LINES_HPP

#include "input.hpp"
#include "options.hpp"
#include "output.hpp"

namespace inspect {

// The exit status. Each line is answered, also one that is not of the form "client|server 4|5 HEX"; its
// verdict is null.
int inspect_lines(input& source, output& out, options const& settings);

}  // namespace inspect

#endif
