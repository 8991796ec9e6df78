// SPDX-License-Identifier: BSL-1.0
// Plain text is no encoded text.
// EXPECT: literal_is_not_percent_encoded
#include <hubwire/text/encoded_text.hpp>

constexpr hubwire::encoded_text fine = "application%2Fjson";
#ifdef OFFENDING
constexpr hubwire::encoded_text offending = "application/json";
#endif
