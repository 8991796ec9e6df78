// SPDX-License-Identifier: BSL-1.0
// The system's clock is set now and then, so it is no clock for timers.
// EXPECT: this_clock_is_not_steady
#include <chrono>

#include <hubwire/core/tick.hpp>

hubwire::tick const fine = std::chrono::steady_clock::now();
#ifdef OFFENDING
hubwire::tick const offending = std::chrono::system_clock::now();
#endif
