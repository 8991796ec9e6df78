// SPDX-License-Identifier: BSL-1.0
// Only split_frame makes a frame, so holding one is the proof that its header was checked.
// EXPECT: private
#include <hubwire/wire/frame.hpp>

constexpr char octets[] = {'\xC0', '\x00'};
constexpr hubwire::frame fine = hubwire::split_frame(octets).frame;
#ifdef OFFENDING
constexpr hubwire::frame offending(octets, 2, 2, 0xC0);
#endif
