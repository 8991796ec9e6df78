// SPDX-License-Identifier: BSL-1.0
// '+' stands for a whole level.
// EXPECT: literal_is_not_a_valid_topic_filter
#include <hubwire/wire/topic_filter.hpp>

constexpr hubwire::topic_filter fine = "rooms/+/temperature";
#ifdef OFFENDING
constexpr hubwire::topic_filter offending = "rooms/1+/temperature";
#endif
