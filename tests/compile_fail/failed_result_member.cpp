// SPDX-License-Identifier: BSL-1.0
// The value of a failed result, by operator->, is no constant.
// EXPECT: result_holds_no_value
#undef NDEBUG
#include <hubwire/wire/delivery.hpp>

constexpr std::uint16_t number_of(std::uint16_t candidate) {
  auto const id = hubwire::packet_id::parse(candidate);
  return id->number();
}

constexpr std::uint16_t fine = number_of(7);
#ifdef OFFENDING
constexpr std::uint16_t offending = number_of(0);
#endif
