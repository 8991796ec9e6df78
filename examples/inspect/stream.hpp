// SPDX-License-Identifier: BSL-1.0
// One stream of packets, of any length and in any pieces: raw bytes or hexadecimal text.
#ifndef INSPECT_STREAM_HPP
#define INSPECT_STREAM_HPP

#include "input.hpp"
#include "options.hpp"
#include "output.hpp"

namespace inspect {

// The exit status.
int inspect_stream(input& source, output& out, options const& settings);

}  // namespace inspect

#endif
