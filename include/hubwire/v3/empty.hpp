// SPDX-License-Identifier: BSL-1.0
// The packets that are two bytes and nothing else: PINGREQ (v3.1.1 §3.12), PINGRESP (§3.13) and
// DISCONNECT (§3.14).
#ifndef HUBWIRE_V3_EMPTY_HPP
#define HUBWIRE_V3_EMPTY_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <hubwire/core/reader.hpp>
#include <hubwire/wire/packet_type.hpp>

namespace hubwire { inline namespace abi1 { namespace v3 {

template <packet_type Type>
struct empty_packet {
  static constexpr packet_type type = Type;
  static constexpr std::size_t fixed_size = 0;

  friend constexpr bool operator==(empty_packet const&, empty_packet const&) noexcept = default;
};

using pingreq = empty_packet<packet_type::pingreq>;
using pingresp = empty_packet<packet_type::pingresp>;
using disconnect = empty_packet<packet_type::disconnect>;

// write

template <class Out, packet_type Type>
constexpr void write_body(Out&, empty_packet<Type> const&) noexcept {}

// read

template <class Policy, packet_type Type>
constexpr empty_packet<Type> read_body(reader<Policy>&, std::uint8_t,
                                       std::type_identity<empty_packet<Type>>) noexcept {
  return {};  // decode() refuses a body
}

}}}  // namespace hubwire::v3

#endif
