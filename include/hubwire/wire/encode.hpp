// SPDX-License-Identifier: BSL-1.0
// Packets to bytes; what a packet type brings is in codec.hpp.
#ifndef HUBWIRE_WIRE_ENCODE_HPP
#define HUBWIRE_WIRE_ENCODE_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/writer.hpp>
#include <hubwire/wire/fixed_header.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire::inline HUBWIRE_ABI {

namespace detail {

template <class P>
HUBWIRE_FOLDED constexpr std::uint8_t first_byte(P const& packet) noexcept {
  std::uint8_t low = reserved_flags(
      P::type);  // v3.1.1:MQTT-2.2.2-1, v3.1.1:MQTT-3.6.1-1, v3.1.1:MQTT-3.8.1-1, v3.1.1:MQTT-3.10.1-1, v3.1.1:MQTT-3.14.1-1
  if constexpr (requires { flags(packet); }) low = flags(packet);
  return static_cast<std::uint8_t>(static_cast<unsigned>(P::type) << 4 | low);
}

// Why a packet with a body of that size and more bytes behind it cannot be encoded.
HUBWIRE_RARE constexpr error unencodable(std::size_t body, std::size_t more) noexcept {
  if (body == no_size) return {errc::invalid_packet, 0};
  return {errc::packet_too_large, saturated_detail(saturated_sum(body, more))};
}

template <class View>
HUBWIRE_FOLDED constexpr View view_of(char* output, std::size_t size) noexcept {
  if constexpr (std::is_same_v<View, char_view>)
    return {output, size};
  else
    return {to_bytes(output), size};
}

// Writes the fixed header of a packet when all of it fits, but for the last elsewhere bytes of its body;
// out then is behind it. The packet as it will be.
template <class View>
HUBWIRE_FOLDED constexpr result<View> start_in(writer& out, std::size_t room, std::uint8_t first,
                                               std::size_t body, std::size_t elsewhere) noexcept {
  if (body > varint_max || elsewhere > varint_max - body) [[unlikely]]
    return unencodable(body, elsewhere);
  auto const length = static_cast<std::uint32_t>(body + elsewhere);
  std::size_t const size = 1 + varint_size(length) + body;
  if (room < size) [[unlikely]]
    return error{errc::buffer_too_small, static_cast<std::uint32_t>(size)};
  char* const output = out.position();
  out.u8(first);
  write_varint(out, length);
  return view_of<View>(output, size);
}

// The same where size counts, for a packet of which all comes into the output: one copy for all packets.
template <class View>
HUBWIRE_NOINLINE constexpr result<View> start_packet(char* output, std::size_t room, std::uint8_t first,
                                                     std::size_t body) noexcept {
  auto const length = static_cast<std::uint32_t>(body);
  std::size_t const size = 1 + varint_size(length) + body;  // only if body is one that fits
  error why{};
  if (body > varint_max) {
    why = unencodable(body, 0);
  } else if (room < size) {
    why = {errc::buffer_too_small, static_cast<std::uint32_t>(size)};
  } else {
    writer out(output);
    out.u8(first);
    write_varint(out, length);
  }
  return {either{}, view_of<View>(output, size), why};
}

template <class View, class P>
HUBWIRE_FOLDED constexpr result<View> encode_in(char* output, std::size_t room, P const& packet) noexcept {
  std::size_t const body = body_size(packet);
  writer out(unknown(output));
  result<View> outcome = for_size ? start_packet<View>(output, room, first_byte(packet), body)
                                  : start_in<View>(out, room, first_byte(packet), body, 0);
  if (outcome) [[likely]] {
    if constexpr (for_size) out = writer(output + (outcome->size() - body));
    write(out, packet);
  }
  return outcome;
}

template <class View, class P>
HUBWIRE_FOLDED constexpr result<View> encode_header_in(char_span output, P packet,
                                                       std::size_t payload_size) noexcept {
  packet.payload = {};
  std::size_t const body = body_size(packet);
  writer out(unknown(output.data()));
  result<View> outcome = start_in<View>(out, output.size(), first_byte(packet), body, payload_size);
  if (outcome) [[likely]]
    write_variable_header(out, packet);
  return outcome;
}

}  // namespace detail

// Bytes that packet takes on the wire. Errors: those of encode, without buffer_too_small.
template <class P>
constexpr result<std::size_t> encoded_size(P const& packet) noexcept {
  std::size_t const body = body_size(packet);
  if (body > varint_max) return detail::unencodable(body, 0);
  return 1 + varint_size(static_cast<std::uint32_t>(body)) + body;
}

// Writes packet to the front of output and returns the written part. Errors: buffer_too_small (detail:
// the size needed; output is untouched), packet_too_large, and invalid_packet as the packet says. What
// packet views must not lie in output.
template <class P>
HUBWIRE_FOLDED constexpr result<char_view> encode(char_span const& output, P const& packet) noexcept {
  return detail::encode_in<char_view>(output.data(), output.size(), packet);
}
template <class P>
HUBWIRE_FOLDED result<byte_view> encode(byte_span const& output, P const& packet) noexcept {
  return detail::encode_in<byte_view>(detail::to_chars(output.data()), output.size(), packet);
}

// The bytes of a PUBLISH in front of its payload, for a payload of payload_size bytes that is sent from
// elsewhere: packet.payload is not looked at. Errors: as encode.
template <class P>
HUBWIRE_FOLDED constexpr result<char_view> encode_header(char_span output, P const& packet,
                                                         std::size_t payload_size) noexcept {
  return detail::encode_header_in<char_view>(output, packet, payload_size);
}
template <class P>
HUBWIRE_FOLDED result<byte_view> encode_header(byte_span output, P const& packet,
                                               std::size_t payload_size) noexcept {
  return detail::encode_header_in<byte_view>(detail::to_chars(output), packet, payload_size);
}

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
