// SPDX-License-Identifier: BSL-1.0
// QoS 1 without a packet identifier cannot be written down.
// EXPECT: no matching function for call | too few arguments
#include <hubwire/wire/delivery.hpp>

constexpr auto fine = hubwire::delivery::at_least_once(1);
#ifdef OFFENDING
constexpr auto offending = hubwire::delivery::at_least_once();
#endif
