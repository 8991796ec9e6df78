// SPDX-License-Identifier: BSL-1.0
// '#' stands for whole levels at the end of a filter only.
// EXPECT: literal_is_not_a_valid_topic_filter
#include <hubwire/wire/topic_filter.hpp>

constexpr hubwire::topic_filter fine = "rooms/#";
#ifdef OFFENDING
constexpr hubwire::topic_filter offending = "rooms/#/temperature";
#endif
