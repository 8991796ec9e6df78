// SPDX-License-Identifier: BSL-1.0
// A host name is no URL.
// EXPECT: literal_is_not_a_valid_host_name
#include <hubwire/iothub/identity.hpp>

constexpr hubwire::iothub::host_name fine = "h.azure-devices.net";
#ifdef OFFENDING
constexpr hubwire::iothub::host_name offending = "mqtts://h.azure-devices.net";
#endif
