// SPDX-License-Identifier: BSL-1.0
// Packets to bytes and back. A packet type P brings, found by argument-dependent lookup:
//   P::type
//   write_body(Out&, P) says what the body consists of, and by refuse_if() that no such packet may be sent.
//                       Out is what wire/body.hpp has. raw(), of any size, comes last.
//   P::most_fields      of a packet with few fields, without u8(): how many calls of Out it makes at most,
//                       that of raw() not counted
//   read_body(reader<Policy>&, flags, type_identity<P>)
//                       after a failure: a packet that cannot be encoded; or P has a P::absent() that is one
//   flags(P)            where the flags of the fixed header are not the reserved ones
//   P::fixed_size       where the body always has the same size
#ifndef HUBWIRE_CODEC_HPP
#define HUBWIRE_CODEC_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/wire/decode.hpp>
#include <hubwire/wire/encode.hpp>
#include <hubwire/wire/frame.hpp>
#include <hubwire/wire/role.hpp>

namespace hubwire { inline namespace abi1 {

/// A packet encoded by the compiler: static constexpr auto hello = encoded_by([] { return ...; });
template <std::size_t Size>
struct constant_packet {
  std::array<char, Size> chars{};

  constexpr char_view view() const noexcept { return {chars.data(), Size}; }
  byte_view octets() const noexcept { return {detail::to_bytes(chars.data()), Size}; }
};

/// Make is a lambda without captures that returns a packet; one that cannot be encoded does not compile.
template <class Make>
consteval auto encoded_by(Make) noexcept {
  constexpr auto size = encoded_size(Make{}());
  static_assert(size.has_value(), "this packet cannot be encoded");
  constant_packet<*size> packet;
  static_cast<void>(encode(char_span(packet.chars), Make{}()));
  return packet;
}

/// Function objects as one visitor: overloaded{[](v3::publish const&) {...}, [](auto const&) {}}.
template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>;

namespace detail {

template <class... Packets>
constexpr std::uint16_t types_of(packet_list<Packets...>) noexcept {
  return static_cast<std::uint16_t>(((1u << static_cast<unsigned>(Packets::type)) | ...));
}

template <class Protocol>
constexpr std::uint16_t types_from(role sender) noexcept {
  unsigned types = 0;
  for (unsigned type = 1; type != 16; ++type)
    if (Protocol::may_send(sender, static_cast<packet_type>(type))) types |= 1u << type;
  return static_cast<std::uint16_t>(types);
}

}  // namespace detail

/// For split_frame and the stream readers: the first bytes of the packets that Sender may send.
template <class Protocol, role Sender>
inline constexpr first_bytes first_bytes_from{detail::types_of(typename Protocol::packets{}),
                                              detail::types_from<Protocol>(Sender)};

/// first_bytes_from for tools that learn the direction at run time.
template <class Protocol>
constexpr first_bytes const& first_bytes_of(role sender) noexcept {
  switch (sender) {
    case role::client: return first_bytes_from<Protocol, role::client>;
    case role::server: return first_bytes_from<Protocol, role::server>;
    case role::any: break;
  }
  return first_bytes_from<Protocol, role::any>;
}

namespace detail {

// Whether visitor cannot throw when it is given a P; it is not asked about packets that Sender may not send.
template <class Protocol, role Sender, class Visitor, class P>
constexpr bool visits_nothrow() noexcept {
  if constexpr (Protocol::may_send(Sender, P::type))
    return std::is_nothrow_invocable_v<Visitor&, P&>;
  else
    return true;
}
template <class Protocol, role Sender, class Visitor, class... Packets>
constexpr bool visits_all_nothrow(packet_list<Packets...>) noexcept {
  return (visits_nothrow<Protocol, Sender, Visitor, Packets>() && ...);
}
template <class Protocol, role Sender, class Visitor>
inline constexpr bool nothrow_visitor =
    visits_all_nothrow<Protocol, Sender, Visitor>(typename Protocol::packets{});

template <class Protocol, role Sender, class Policy, class Visitor, class... Packets>
constexpr result<void> dispatch_among(packet_list<Packets...>, frame const& received,
                                      Visitor& visitor) noexcept(nothrow_visitor<Protocol, Sender, Visitor>) {
  result<void> outcome{};
  auto const attempt = [&]<class P>(std::type_identity<P>) {
    if constexpr (Protocol::may_send(Sender, P::type)) {  // the others leave no code behind
      if (received.type() != P::type) return false;
      result<P> packet = decode<P, Policy>(received);
      if (packet) [[likely]]
        visitor(*packet);
      else
        outcome = packet.error();
      return true;
    } else {
      return false;
    }
  };
  bool const taken = (attempt(std::type_identity<Packets>{}) || ...);
  // Not from view(), where a frame that holds no packet has no byte.
  unsigned const first = static_cast<unsigned>(received.type()) << 4 | received.flags();
  if (!taken) outcome = first_bytes_from<Protocol, Sender>.refusal(static_cast<std::uint8_t>(first));
  return outcome;
}

}  // namespace detail

/// Decodes the frame as whatever it is and calls visitor with the packet. One that Sender may not send is
/// a protocol_error before its body is looked at, a type that the version does not have is malformed.
/// An exception of the visitor's passes through.
template <class Protocol, role Sender = role::any, class Policy = strict, class Visitor>
constexpr result<void> dispatch(frame const& received, Visitor&& visitor) noexcept(
    detail::nothrow_visitor<Protocol, Sender, std::remove_reference_t<Visitor>>) {
  return detail::dispatch_among<Protocol, Sender, Policy>(typename Protocol::packets{}, received, visitor);
}

/// dispatch() for tools that learn the direction at run time.
template <class Protocol, class Policy = strict, class Visitor>
constexpr result<void> dispatch(frame const& received, role sender, Visitor&& visitor) noexcept(
    detail::nothrow_visitor<Protocol, role::any, std::remove_reference_t<Visitor>>) {
  switch (sender) {
    case role::client: return dispatch<Protocol, role::client, Policy>(received, visitor);
    case role::server: return dispatch<Protocol, role::server, Policy>(received, visitor);
    case role::any: break;
  }
  return dispatch<Protocol, role::any, Policy>(received, visitor);
}

}}  // namespace hubwire

#endif
