// SPDX-License-Identifier: BSL-1.0
// The compiler checks a literal user name.
// EXPECT: literal_is_not_a_valid_mqtt_text
#include <hubwire/v3/protocol.hpp>

constexpr hubwire::v3::connect fine{.user_name = "alice"};
#ifdef OFFENDING
constexpr hubwire::v3::connect offending{.user_name = "\xff"};
#endif
