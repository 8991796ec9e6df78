// SPDX-License-Identifier: BSL-1.0
// A packet identifier has 16 bits.
// EXPECT: literal_is_not_a_packet_id
#include <hubwire/wire/delivery.hpp>

constexpr hubwire::packet_id fine = 65'535;
#ifdef OFFENDING
constexpr hubwire::packet_id offending = 65'536;
#endif
