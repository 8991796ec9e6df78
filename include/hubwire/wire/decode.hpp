// SPDX-License-Identifier: BSL-1.0
// Bytes to packets; what a packet type brings is in codec.hpp.
#ifndef HUBWIRE_WIRE_DECODE_HPP
#define HUBWIRE_WIRE_DECODE_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/wire/fixed_header.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire::inline HUBWIRE_ABI {

namespace detail {

// A packet whose body has always the same size, P::fixed_size.
template <class P>
concept fixed_size_packet = requires {
  P::fixed_size;
};

// All of the body as a P; what it is worth, in says.
template <class P, class Policy>
HUBWIRE_FOLDED constexpr P read_packet(reader<Policy>& in, std::uint8_t flags) noexcept {
  if constexpr (fixed_size_packet<P>) in.require_size(P::fixed_size);
  P packet = read(in, flags, std::type_identity<P>{});
  in.next_field();
  in.require(in.empty(), errc::malformed_packet, wrong_length);  // v3.1.1:MQTT-3.1.2-18, v3.1.1:MQTT-3.1.2-20
  return packet;
}

// A packet and then its error, for the constructor of result that makes both in their places.
template <class P, class Policy>
struct reading {
  HUBWIRE_FOLDED constexpr P made() const noexcept { return read(in, flags, std::type_identity<P>{}); }
  HUBWIRE_FOLDED constexpr error failure() const noexcept { return in.finish(); }

  reader<Policy>& in;
  std::uint8_t flags;
};

// The rest of decoding once in is open: all of it as a P, or why not.
template <class P, class Policy>
HUBWIRE_FOLDED constexpr result<P> decode_opened(reader<Policy>& in, std::uint8_t flags) noexcept {
  if constexpr (for_size) {
    return result<P>(in_steps{}, reading<P, Policy>{in, flags});
  } else {
    P packet = read_packet<P>(in, flags);
    if (in.failed()) return in.error();
    return packet;
  }
}

template <class P, class Policy>
HUBWIRE_FOLDED constexpr result<P> decode_body(std::uint8_t flags, std::string_view body) noexcept {
  reader<Policy> in(body);
  if constexpr (for_size && fixed_size_packet<P>) in.require_size(P::fixed_size);
  return decode_opened<P>(in, flags);
}

// What open_packet looks for: the type, and above it one more than the size of a body that always has the same.
template <class P>
constexpr unsigned shape_of() noexcept {
  auto shape = static_cast<unsigned>(P::type);
  if constexpr (fixed_size_packet<P>) shape |= static_cast<unsigned>(P::fixed_size + 1) << 4;
  return shape;
}

// A fixed header of which end bounds the bytes.
struct header_scan {
  char const* at;  // behind the header once it is read
  char const* end;
  std::uint32_t length = 0;
  unsigned first = 0;

  HUBWIRE_FOLDED constexpr errc run() noexcept {
    if (at == end) return errc::not_one_frame;
    first = to_byte(*at++);
    if (!is_first_byte(static_cast<std::uint8_t>(first))) return errc::malformed_packet;
    unsigned shift = 0;
    unsigned byte = 0;
    do {
      if (at == end) return errc::not_one_frame;
      byte = to_byte(*at++);
      length |= (byte & 0x7F) << shift;
      shift += 7;
    } while (byte >= 0x80 && shift != 28);
    bool const padded = byte == 0 && shift != 7;
    return byte >= 0x80 || padded ? errc::malformed_packet : errc::none;
  }
};

// Opens in on the body of the packet of that shape that input has to be, neither more nor less. The first
// byte, which means nothing when in has failed.
HUBWIRE_NOINLINE constexpr std::uint8_t open_packet(cursor& in, char const* input, std::size_t size,
                                                    unsigned shape) noexcept {
  in.open(input, size);
  header_scan scan{input, input + size};
  errc const wrong = scan.run();
  if (wrong != errc::none) return in.fail(wrong), 0;
  if (scan.length != static_cast<std::size_t>(scan.end - scan.at))
    return in.fail(errc::not_one_frame, static_cast<std::uint32_t>(scan.at - input) + scan.length), 0;
  unsigned const type = scan.first >> 4;
  if (type != (shape & 0x0F)) return in.fail(errc::wrong_packet_type, type), 0;
  if (shape >> 4 != 0 && scan.length != (shape >> 4) - 1) return in.fail(errc::malformed_packet), 0;
  in.skip_to(scan.at);
  return static_cast<std::uint8_t>(scan.first);
}

// Why input is not a packet of that shape; it is none, or one without a body, which no packet of variable size is.
HUBWIRE_COLD constexpr error why_not(char_view input, unsigned shape) noexcept {
  cursor in{not_open{}};
  static_cast<void>(open_packet(in, input.data(), input.size(), shape));
  in.fail(errc::malformed_packet);
  return in.error();
}

// A fixed header with a length of whatever size; none where there is no such length.
HUBWIRE_COLD constexpr header_sizes read_header(char const* input, std::size_t count) noexcept {
  varint const length = read_varint({input + 1, count - 1});
  if (length.status != varint_status::ready) return {};
  return {1 + length.size, length.value};
}

// The quick way to the same: a packet of the size and with the length that packets of this type have, in line.
template <class P, class Policy>
HUBWIRE_FOLDED constexpr result<P> decode_quickly(char_view input) noexcept {
  if constexpr (fixed_size_packet<P>) {
    constexpr std::uint8_t first = static_cast<unsigned>(P::type) << 4 | reserved_flags(P::type);
    bool const fits =
        input.size() == 2 + P::fixed_size && to_byte(input[0]) == first && to_byte(input[1]) == P::fixed_size;
    if (!fits) [[unlikely]]
      return why_not(input, shape_of<P>());
    return decode_body<P, Policy>(first & 0x0F, {input.data() + 2, P::fixed_size});
  } else {
    std::uint8_t const first = input.size() < 3 ? std::uint8_t{0} : to_byte(input.front());
    if (!is_first_byte(first, P::type)) [[unlikely]]
      return why_not(input, shape_of<P>());
    header_sizes sizes = read_short_header(input.data());
    if (sizes.header == 0) [[unlikely]]
      sizes = read_header(input.data(), input.size());
    if (std::size_t{sizes.header} + sizes.length != input.size()) [[unlikely]]
      return why_not(input, shape_of<P>());
    return decode_body<P, Policy>(first & 0x0F, {input.data() + sizes.header, sizes.length});
  }
}

}  // namespace detail

// Decodes a frame as a P. Errors: wrong_packet_type, malformed_packet, protocol_error, and from a
// CONNECT unsupported_protocol. What the packet views stays in the frame's memory.
template <class P, class Policy = strict>
HUBWIRE_FOLDED constexpr result<P> decode(frame const& received) noexcept {
  if (received.type() != P::type)
    return error{errc::wrong_packet_type, static_cast<std::uint32_t>(received.type())};
  return detail::decode_body<P, Policy>(received.flags(), received.body());
}

// The same from bytes that must be exactly one packet; errors also: not_one_frame.
template <class P, class Policy = strict>
HUBWIRE_FOLDED constexpr result<P> decode(char_view input) noexcept {
  if constexpr (!detail::for_size) return detail::decode_quickly<P, Policy>(input);
  reader<Policy> in(detail::not_open{});
  std::uint8_t const flags = detail::open_packet(in, input.data(), input.size(), detail::shape_of<P>());
  in.opened();
  return detail::decode_opened<P>(in, flags);
}

template <class P, class Policy = strict>
HUBWIRE_FOLDED result<P> decode(byte_view input) noexcept {
  return decode<P, Policy>(detail::to_chars(input));
}

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
