// SPDX-License-Identifier: BSL-1.0
// A device id holds no '/'.
// EXPECT: literal_is_not_a_valid_device_id
#include <hubwire/iothub/identity.hpp>

constexpr hubwire::iothub::device_id fine = "dev-01";
#ifdef OFFENDING
constexpr hubwire::iothub::device_id offending = "dev/01";
#endif
