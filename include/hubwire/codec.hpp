// SPDX-License-Identifier: BSL-1.0
// Packets to bytes and back. A packet type P brings, found by argument-dependent lookup: P::type,
// check(P), body_size(P), write(writer&, P) and read(reader<Policy>&, flags, type_identity<P>), and
// flags(P) where the fixed header's flags are not the reserved ones.
#ifndef HUBWIRE_CODEC_HPP
#define HUBWIRE_CODEC_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/writer.hpp>
#include <hubwire/wire/fixed_header.hpp>
#include <hubwire/wire/role.hpp>

namespace hubwire::inline abi1 {

namespace detail {

template <class P>
HUBWIRE_ALWAYS_INLINE constexpr std::uint8_t first_byte(P const& packet) noexcept {
  std::uint8_t low = reserved_flags(P::type);
  if constexpr (requires { flags(packet); }) low = flags(packet);
  return static_cast<std::uint8_t>(static_cast<unsigned>(P::type) << 4 | low);
}

// Remaining Length of packet followed by more bytes of payload; no sum wraps, whatever more is.
template <class P>
HUBWIRE_ALWAYS_INLINE constexpr result<std::uint32_t> remaining_length(P const& packet,
                                                                       std::size_t more) noexcept {
  if (errc const wrong = check(packet); wrong != errc::none) return wrong;
  std::size_t const length = saturated_sum(body_size(packet), more);
  if (length > varint_max) return error{errc::packet_too_large, saturated_detail(length)};
  return static_cast<std::uint32_t>(length);
}

constexpr std::size_t with_header(std::uint32_t remaining) noexcept {
  return 1 + varint_size(remaining) + remaining;
}

}  // namespace detail

// Bytes that packet takes on the wire. Errors: those of encode, without buffer_too_small.
template <class P>
constexpr result<std::size_t> encoded_size(P const& packet) noexcept {
  auto const remaining = detail::remaining_length(packet, 0);
  if (!remaining) return remaining.error();
  return detail::with_header(*remaining);
}

// Writes packet to the front of output and returns the written part. Errors: buffer_too_small (detail:
// the size needed; output is untouched), packet_too_large, and invalid_packet as the packet says. What
// packet views must not lie in output.
template <class P>
constexpr result<char_view> encode(char_span output, P const& packet) noexcept {
  auto const remaining = detail::remaining_length(packet, 0);
  if (!remaining) return remaining.error();
  std::size_t const size = detail::with_header(*remaining);
  if (output.size() < size) return error{errc::buffer_too_small, static_cast<std::uint32_t>(size)};

  writer out(output.data());
  out.u8(detail::first_byte(packet));
  write_varint(out, *remaining);
  write(out, packet);
  return char_view(output.data(), size);
}

template <class P>
result<byte_view> encode(byte_span output, P const& packet) noexcept {
  auto const written = encode(detail::to_chars(output), packet);
  if (!written) return written.error();
  return byte_view(output.data(), written->size());
}

// The bytes of a PUBLISH in front of its payload, for a payload of payload_size bytes that is sent from
// elsewhere: packet.payload is not looked at. Errors: as encode.
template <class P>
constexpr result<char_view> encode_header(char_span output, P packet, std::size_t payload_size) noexcept {
  packet.payload = {};
  auto const remaining = detail::remaining_length(packet, payload_size);
  if (!remaining) return remaining.error();
  std::size_t const size = detail::with_header(*remaining) - payload_size;
  if (output.size() < size) return error{errc::buffer_too_small, static_cast<std::uint32_t>(size)};

  writer out(output.data());
  out.u8(detail::first_byte(packet));
  write_varint(out, *remaining);
  write_variable_header(out, packet);
  return char_view(output.data(), size);
}

template <class P>
result<byte_view> encode_header(byte_span output, P const& packet, std::size_t payload_size) noexcept {
  auto const written = encode_header(detail::to_chars(output), packet, payload_size);
  if (!written) return written.error();
  return byte_view(output.data(), written->size());
}

// A packet encoded by the compiler: static constexpr auto hello = encoded_by([] { return ...; });
template <std::size_t Size>
struct constant_packet {
  std::array<char, Size> chars{};

  constexpr char_view view() const noexcept { return {chars.data(), Size}; }
  byte_view octets() const noexcept { return {detail::to_bytes(chars.data()), Size}; }
};

// Make is a lambda without captures that returns a packet; one that cannot be encoded does not compile.
template <class Make>
consteval auto encoded_by(Make) noexcept {
  constexpr auto size = encoded_size(Make{}());
  static_assert(size.has_value(), "this packet cannot be encoded");
  constant_packet<*size> packet;
  static_cast<void>(encode(char_span(packet.chars), Make{}()));
  return packet;
}

namespace detail {

// All of the frame's body as a P; what it is worth, in says.
template <class P, class Policy>
HUBWIRE_ALWAYS_INLINE constexpr P read_packet(reader<Policy>& in, frame const& received) noexcept {
  P const packet = read(in, received.flags(), std::type_identity<P>{});
  in.next_field();
  in.require(in.empty(), errc::malformed_packet, {"v3.1.1 §2.2.3", "v5 §2.1.4"});  // v3.1.1:MQTT-3.14.1-1
  return packet;
}

}  // namespace detail

// Decodes a frame as a P. Errors: wrong_packet_type, malformed_packet, protocol_error, and from a
// CONNECT unsupported_protocol. What the packet views stays in the frame's memory.
template <class P, class Policy = strict>
constexpr result<P> decode(frame const& received) noexcept {
  if (received.type() != P::type)
    return error{errc::wrong_packet_type, static_cast<std::uint32_t>(received.type())};
  reader<Policy> in(received.body());
  P const packet = detail::read_packet<P>(in, received);
  if (in.failed()) return in.error();
  return packet;
}

// The same from bytes that must be exactly one packet; errors also: not_one_frame.
template <class P, class Policy = strict>
constexpr result<P> decode(char_view input) noexcept {
  frame_result const split = split_frame(input);
  if (split.status == frame_status::failed) return split.error;
  if (split.status == frame_status::need_more || split.needed != input.size())
    return error{errc::not_one_frame, static_cast<std::uint32_t>(split.needed)};
  return decode<P, Policy>(split.frame);
}

template <class P, class Policy = strict>
result<P> decode(byte_view input) noexcept {
  return decode<P, Policy>(detail::to_chars(input));
}

// Function objects as one visitor: overloaded{[](v3::publish const&) {...}, [](auto const&) {}}.
template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>;

namespace detail {

template <class Protocol, role Sender, class Policy, class Visitor, class... Packets>
constexpr result<void> dispatch_among(packet_list<Packets...>, frame const& received,
                                      Visitor&& visitor) noexcept {
  bool const allowed = Protocol::may_send(Sender, received.type());
  result<void> outcome = allowed ? errc::malformed_packet : errc::protocol_error;
  auto const attempt = [&]<class P>(std::type_identity<P>) {
    if constexpr (Protocol::may_send(Sender, P::type)) {  // the others leave no code behind
      if (received.type() != P::type) return false;
      auto const packet = decode<P, Policy>(received);
      outcome = {};
      if (packet)
        visitor(*packet);
      else
        outcome = packet.error();
      return true;
    } else {
      return false;
    }
  };
  static_cast<void>((attempt(std::type_identity<Packets>{}) || ...));
  return outcome;
}

}  // namespace detail

// Decodes the frame as whatever it is and calls visitor with the packet. One that Sender may not send is
// a protocol_error before its body is looked at, a type that the version does not have is malformed.
template <class Protocol, role Sender = role::either, class Policy = strict, class Visitor>
constexpr result<void> dispatch(frame const& received, Visitor&& visitor) noexcept {
  return detail::dispatch_among<Protocol, Sender, Policy>(typename Protocol::packets{}, received, visitor);
}

// The same for tools that learn the direction at run time.
template <class Protocol, class Policy = strict, class Visitor>
constexpr result<void> dispatch(frame const& received, role sender, Visitor&& visitor) noexcept {
  switch (sender) {
    case role::client: return dispatch<Protocol, role::client, Policy>(received, visitor);
    case role::server: return dispatch<Protocol, role::server, Policy>(received, visitor);
    case role::either: break;
  }
  return dispatch<Protocol, role::either, Policy>(received, visitor);
}

}  // namespace hubwire::inline abi1

#endif
