// SPDX-License-Identifier: BSL-1.0
// Packets to bytes; what a packet type brings is in codec.hpp.
#ifndef HUBWIRE_WIRE_ENCODE_HPP
#define HUBWIRE_WIRE_ENCODE_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/writer.hpp>
#include <hubwire/wire/body.hpp>
#include <hubwire/wire/packet_type.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 {

namespace detail {

template <class P>
HUBWIRE_SMALLER_INLINE constexpr std::uint8_t first_byte(P const& packet) noexcept {
  // v3.1.1:MQTT-2.2.2-1, v3.1.1:MQTT-3.6.1-1, v3.1.1:MQTT-3.8.1-1, v3.1.1:MQTT-3.10.1-1, v3.1.1:MQTT-3.14.1-1
  std::uint8_t low = reserved_flags(P::type);
  if constexpr (requires { flags(packet); }) low = flags(packet);
  return static_cast<std::uint8_t>(static_cast<unsigned>(P::type) << 4 | low);
}

// Whether something that the packet views lies in output.
template <class P>
constexpr bool views_into(char_view output, P const& packet) noexcept {
  body_overlap overlaps(output);
  write_body(overlaps, packet);
  return overlaps.found();
}

// The size of a body, no_size when the packet contradicts itself.
template <class P>
HUBWIRE_SMALLER_INLINE constexpr std::size_t measure(P const& packet) noexcept {
  body_size size;
  write_body(size, packet);
  return size.total();
}

// Why a packet with that Remaining Length cannot be encoded.
constexpr error unencodable(std::size_t length) noexcept {
  if (length == no_size) return {errc::invalid_packet, 0};
  return {errc::packet_too_large, saturated_detail(length)};
}

// Writes the fixed header of a packet when all of the packet fits but the last `elsewhere` bytes of its
// body. Returns the packet as it will be: what is behind the fixed header is still missing.
template <class Byte>
constexpr result<std::span<Byte const>> begin_packet(Byte* output, std::size_t room, std::uint8_t first,
                                                     std::size_t length, std::size_t elsewhere) noexcept {
  error failure{};
  if (length > varint_max) [[unlikely]] {
    failure = unencodable(length);
  } else {
    auto const remaining = static_cast<std::uint32_t>(length);
    std::size_t const size = 1 + varint_size(remaining) + length - elsewhere;
    if (size <= room) [[likely]] {
      writer out(to_chars(output));
      out.u8(first);
      write_varint(out, remaining);
      return std::span<Byte const>(output, size);
    }
    failure = {errc::buffer_too_small, static_cast<std::uint32_t>(size)};
  }
  return failure;
}

// Measures and writes a packet in line. Its last `elsewhere` bytes are sent from elsewhere.
template <class Byte, class P>
HUBWIRE_SMALLER_INLINE constexpr result<std::span<Byte const>> encode_in_line(
    Byte* output, std::size_t room, P const& packet, std::size_t elsewhere) noexcept {
  std::size_t const body = measure(packet);
  std::size_t const length = body == no_size ? no_size : saturated_sum(body, elsewhere);
  result<std::span<Byte const>> begun = begin_packet(output, room, first_byte(packet), length, elsewhere);
  if (begun) [[likely]] {
    writer out(to_chars(output) + (begun->size() - body));
    write_body(out, packet);
  }
  return begun;
}

// Measures and writes a packet, in one copy for each packet type.
template <class Byte, class P>
HUBWIRE_ONE_COPY constexpr result<std::span<Byte const>> encode_packet(Byte* output, std::size_t room,
                                                                       P const& packet) noexcept {
  return encode_in_line(output, room, packet, 0);
}
template <class Byte, class P>
constexpr result<std::span<Byte const>> encode_head(std::span<Byte> output, P packet,
                                                    std::size_t payload_size) noexcept {
  packet.payload = {};
  HUBWIRE_ASSERT(!views_into({to_chars(output.data()), output.size()}, packet));
  return encode_in_line(output.data(), output.size(), packet, payload_size);
}

// Measures and writes a packet that was recorded, in one copy for all packet types.
template <class Byte>
HUBWIRE_ONE_COPY constexpr result<std::span<Byte const>> encode_record(Byte* output, std::size_t room,
                                                                       std::uint8_t first,
                                                                       body_field const* fields,
                                                                       body_field const* end,
                                                                       std::size_t lengths) noexcept {
  std::size_t const body = size_of_fields(fields, end, lengths);
  result<std::span<Byte const>> begun = begin_packet(output, room, first, body, 0);
  if (begun) [[likely]]
    write_fields(writer(to_chars(output) + (begun->size() - body)), fields, end);
  return begun;
}

// Encodes a packet. Where size counts, one of few fields is recorded here, and all types share
// encode_record(): on a Cortex-M4 at -O2 that saves 0.5 KB of a codec. Packets of two or four bytes are left
// to the compiler.
template <class Byte, class P>
constexpr result<std::span<Byte const>> encode_front(std::span<Byte> output, P const& packet) noexcept {
  HUBWIRE_ASSERT(!views_into({to_chars(output.data()), output.size()}, packet));
  if constexpr (for_size && requires { P::most_fields; }) {
    body_field fields[P::most_fields + 1];
    body_record record(fields);
    write_body(record, packet);
    if constexpr (!requires { packet.payload; }) record.raw({});  // the last part, of which it has none
    body_field const* begin = fields;
    if (!std::is_constant_evaluated()) begin = hide_object(begin);
    return encode_record(output.data(), output.size(), first_byte(packet), begin, record.end(),
                         record.lengths());
  } else {
    return encode_packet(output.data(), output.size(), packet);
  }
}
template <class Byte, fixed_size_packet P>
constexpr result<std::span<Byte const>> encode_front(std::span<Byte> output, P const& packet) noexcept {
  return encode_in_line(output.data(), output.size(), packet, 0);
}

}  // namespace detail

/// The number of bytes that packet takes on the wire. Errors: those of encode, without buffer_too_small.
template <class P>
constexpr result<std::size_t> encoded_size(P const& packet) noexcept {
  std::size_t const body = detail::measure(packet);
  if (body > varint_max) return detail::unencodable(body);
  return 1 + varint_size(static_cast<std::uint32_t>(body)) + body;
}

/// Writes packet to the front of output and returns the written part. What packet views must not lie in
/// output. Errors: buffer_too_small (detail: the size needed; output is untouched), packet_too_large, and
/// invalid_packet as the packet says.
template <class P>
constexpr result<char_view> encode(char_span output, P const& packet) noexcept {
  return detail::encode_front(output, packet);
}
template <class P>
HUBWIRE_SMALLER_INLINE constexpr result<byte_view> encode(byte_span output, P const& packet) noexcept {
  return detail::encode_front(output, packet);
}

/// Writes the bytes of a PUBLISH in front of its payload. The payload has payload_size bytes and is sent
/// from elsewhere: packet.payload is not looked at. Errors: those of encode.
template <class P>
constexpr result<char_view> encode_header(char_span output, P const& packet,
                                          std::size_t payload_size) noexcept {
  return detail::encode_head(output, packet, payload_size);
}
template <class P>
constexpr result<byte_view> encode_header(byte_span output, P const& packet,
                                          std::size_t payload_size) noexcept {
  return detail::encode_head(output, packet, payload_size);
}

}}  // namespace hubwire

#endif
