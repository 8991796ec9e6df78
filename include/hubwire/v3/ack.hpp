// SPDX-License-Identifier: BSL-1.0
// The acknowledgements that carry a packet identifier and nothing else: PUBACK, PUBREC, PUBREL, PUBCOMP
// (v3.1.1 §3.4 to §3.7) and UNSUBACK (§3.11).
#ifndef HUBWIRE_V3_ACK_HPP
#define HUBWIRE_V3_ACK_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/wire/delivery.hpp>
#include <hubwire/wire/frame.hpp>
#include <hubwire/wire/packet_type.hpp>

namespace hubwire { inline namespace abi1 { namespace v3 {

/// One shape for five packets. Each is a type of its own, so that one cannot be taken for another. Encoding
/// refuses an identifier taken from a failed result with errc::invalid_packet.
template <packet_type Type>
struct acknowledgement {
  static constexpr packet_type type = Type;
  static constexpr std::size_t fixed_size = 2;

  packet_id id;

  friend constexpr bool operator==(acknowledgement const&, acknowledgement const&) noexcept = default;
};

using puback = acknowledgement<packet_type::puback>;      // the answer to QoS 1
using pubrec = acknowledgement<packet_type::pubrec>;      // QoS 2, received
using pubrel = acknowledgement<packet_type::pubrel>;      // QoS 2, released
using pubcomp = acknowledgement<packet_type::pubcomp>;    // QoS 2, complete
using unsuback = acknowledgement<packet_type::unsuback>;  // the answer to UNSUBSCRIBE

// write

template <class Out, packet_type Type>
constexpr void write_body(Out& out, acknowledgement<Type> const& p) noexcept {
  out.refuse_if(p.id.number() == 0);
  out.u16(p.id.number());
}

// read

template <class Policy, packet_type Type>
constexpr acknowledgement<Type> read_body(reader<Policy>& in, std::uint8_t,
                                          std::type_identity<acknowledgement<Type>>) noexcept {
  return {hubwire::detail::read_packet_id(in)};
}

/// The packet identifier of any of the five, for programs that take them alike: one decoder instead of
/// five. Errors: those of decode.
inline result<packet_id> decode_acknowledgement(frame const& received) noexcept {
  packet_type const type = received.type();
  bool const one_of_them =
      (type >= packet_type::puback && type <= packet_type::pubcomp) || type == packet_type::unsuback;
  if (!one_of_them) return error{errc::wrong_packet_type, static_cast<std::uint32_t>(type)};
  reader<strict> in(received.body());
  static_cast<void>(in.require_size(2));
  packet_id const id = hubwire::detail::read_packet_id(in);
  if (in.failed()) return in.error();
  return id;
}

/// Writes the whole packet of any of the five, for the same programs.
constexpr void encode_acknowledgement(std::span<std::uint8_t, 4> to, packet_type type,
                                      packet_id id) noexcept {
  to[0] = static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | reserved_flags(type));
  to[1] = 2;
  to[2] = static_cast<std::uint8_t>(id.number() >> 8);
  to[3] = static_cast<std::uint8_t>(id.number() & 0xFF);
}

}}}  // namespace hubwire::v3

#endif
