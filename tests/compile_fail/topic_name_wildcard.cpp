// SPDX-License-Identifier: BSL-1.0
// A topic name with a wildcard is refused when it is a literal.
// EXPECT: literal_is_not_a_valid_topic_name
#include <hubwire/wire/topic_name.hpp>

constexpr hubwire::topic_name fine = "rooms/1/temperature";
#ifdef OFFENDING
constexpr hubwire::topic_name offending = "rooms/+/temperature";
#endif
