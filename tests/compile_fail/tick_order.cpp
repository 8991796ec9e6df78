// SPDX-License-Identifier: BSL-1.0
// An order of ticks would be wrong across the wrap, so there is none.
// EXPECT: operator< | invalid operands
#include <hubwire/core/tick.hpp>

constexpr hubwire::tick earlier{0xFFFF'FFFF};
constexpr hubwire::tick later{1};
static_assert(later - earlier == 2);
#ifdef OFFENDING
static_assert(earlier < later);
#endif
