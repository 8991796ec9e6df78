// SPDX-License-Identifier: BSL-1.0
// A request id ends where the next member of the query begins.
// EXPECT: literal_is_not_a_valid_request_id
#include <hubwire/iothub/request_id.hpp>

constexpr hubwire::iothub::request_id fine = "abc-1";
#ifdef OFFENDING
constexpr hubwire::iothub::request_id offending = "a&b";
#endif
