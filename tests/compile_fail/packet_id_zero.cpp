// SPDX-License-Identifier: BSL-1.0
// A packet identifier is never 0.
// EXPECT: literal_is_not_a_packet_id
#include <hubwire/wire/delivery.hpp>

constexpr hubwire::packet_id fine = 1;
#ifdef OFFENDING
constexpr hubwire::packet_id offending = 0;
#endif
