// SPDX-License-Identifier: BSL-1.0
// A constant array is no string literal: taken for one it would lose its last character.
// EXPECT: array_is_not_a_string_literal
#include <hubwire/iothub/request_id.hpp>

constexpr char terminated[] = {'d', '1', '\0'};
constexpr hubwire::iothub::request_id fine = terminated;
#ifdef OFFENDING
constexpr char unterminated[] = {'d', '1'};
constexpr hubwire::iothub::request_id offending = unterminated;
#endif
