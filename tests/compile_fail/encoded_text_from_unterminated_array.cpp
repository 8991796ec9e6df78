// SPDX-License-Identifier: BSL-1.0
// A constant array is no string literal: taken for one it would lose its last character.
// EXPECT: array_is_not_a_string_literal
#include <hubwire/text/encoded_text.hpp>

constexpr char terminated[] = {'d', '1', '\0'};
constexpr hubwire::encoded_text fine = terminated;
#ifdef OFFENDING
constexpr char unterminated[] = {'d', '1'};
constexpr hubwire::encoded_text offending = unterminated;
#endif
