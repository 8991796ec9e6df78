// SPDX-License-Identifier: BSL-1.0
// The codec by hand in one translation unit with its user.
#define HUBWIRE_BENCH_ONE_UNIT
#include "by_hand.cpp"
#include "by_hand_codec.cpp"
