// SPDX-License-Identifier: BSL-1.0
// An empty topic name is refused when it is a literal.
// EXPECT: literal_is_not_a_valid_topic_name
#include <hubwire/wire/topic_name.hpp>

constexpr hubwire::topic_name fine = "t";
#ifdef OFFENDING
constexpr hubwire::topic_name offending = "";
#endif
