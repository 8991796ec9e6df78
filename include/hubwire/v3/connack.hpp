// SPDX-License-Identifier: BSL-1.0
// CONNACK, the server's answer to CONNECT: v3.1.1 §3.2.
#ifndef HUBWIRE_V3_CONNACK_HPP
#define HUBWIRE_V3_CONNACK_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/wire/packet_type.hpp>

namespace hubwire { inline namespace abi1 { namespace v3 {

/// The return code of a CONNACK: v3.1.1 §3.2.2.3. IoT Hub sends 5 for a bad or expired token and an unknown
/// device, 3 for a disabled device and when it is busy.
enum class connect_return_code : std::uint8_t {
  accepted = 0,
  unacceptable_protocol_version = 1,
  identifier_rejected = 2,
  server_unavailable = 3,
  bad_user_name_or_password = 4,
  not_authorized = 5,
};

constexpr std::string_view to_string(connect_return_code code) noexcept {
  constexpr std::string_view names[] = {
      "accepted",           "unacceptable_protocol_version", "identifier_rejected",
      "server_unavailable", "bad_user_name_or_password",     "not_authorized"};
  auto const index = static_cast<std::uint8_t>(code);
  return index < 6 ? names[index] : std::string_view("reserved");
}

/// Encoding refuses with errc::invalid_packet: session_present with a code other than accepted, and a
/// reserved code.
struct connack {
  static constexpr packet_type type = packet_type::connack;
  static constexpr std::size_t fixed_size = 2;

  bool session_present = false;
  connect_return_code code = connect_return_code::accepted;

  /// What a failed decode() leaves: it is not accepted, and no encoder takes it.
  static constexpr connack absent() noexcept { return {false, static_cast<connect_return_code>(0xFF)}; }

  friend constexpr bool operator==(connack const&, connack const&) noexcept = default;
};

// write

template <class Out>
HUBWIRE_SMALLER_INLINE constexpr void write_body(Out& out, connack const& p) noexcept {
  bool const refused = p.code != connect_return_code::accepted;
  bool const reserved = p.code > connect_return_code::not_authorized;  // v3.1.1:MQTT-3.2.2-6
  out.refuse_if(reserved || (refused && p.session_present));           // v3.1.1:MQTT-3.2.2-4
  out.u8(p.session_present ? 1 : 0);
  out.u8(static_cast<std::uint8_t>(p.code));
}

// read

template <class Policy>
HUBWIRE_SMALLER_INLINE constexpr connack read_body(reader<Policy>& in, std::uint8_t,
                                                   std::type_identity<connack>) noexcept {
  std::uint8_t const flags = in.u8();
  in.require(flags <= 1, errc::malformed_packet, "v3.1.1 §3.2.2.1");
  std::uint8_t const code = in.u8();
  in.require(code <= 5, errc::malformed_packet, "v3.1.1 §3.2.2.3");
  in.require(flags == 0 || code == 0, errc::protocol_error, "v3.1.1:MQTT-3.2.2-4");
  if (in.failed()) return connack::absent();
  return {flags != 0, static_cast<connect_return_code>(code)};
}

}}}  // namespace hubwire::v3

#endif
