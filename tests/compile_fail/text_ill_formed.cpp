// SPDX-License-Identifier: BSL-1.0
// A text literal is well-formed UTF-8; this one ends inside a sequence.
// EXPECT: literal_is_not_a_valid_mqtt_text
#include <hubwire/wire/text.hpp>

constexpr hubwire::text fine = "caf\xc3\xa9";
#ifdef OFFENDING
constexpr hubwire::text offending = "caf\xc3";
#endif
