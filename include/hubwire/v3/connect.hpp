// SPDX-License-Identifier: BSL-1.0
// CONNECT, the client's first packet: v3.1.1 §3.1.
#ifndef HUBWIRE_V3_CONNECT_HPP
#define HUBWIRE_V3_CONNECT_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/v3/will.hpp>
#include <hubwire/wire/packet_type.hpp>
#include <hubwire/wire/text.hpp>

namespace hubwire { inline namespace abi1 { namespace v3 {

/// Encoding refuses with errc::invalid_packet: a password without a user name; a password, will message or
/// trusted text over 65,535 bytes; an empty client_id without clean_session; a text or will topic taken
/// from a failed result.
struct connect {
  static constexpr packet_type type = packet_type::connect;
  static constexpr std::size_t most_fields = 8;

  text client_id{};
  bool clean_session = true;
  std::uint16_t keep_alive = 0;  ///< seconds, 0 switches it off
  std::optional<v3::will> will{};
  optional_text user_name{};
  std::optional<bytes> password{};  ///< binary, not text

  friend constexpr bool operator==(connect const&, connect const&) noexcept = default;
};

namespace detail {

// Connect Flags: v3.1.1 §3.1.2.3.
inline constexpr unsigned reserved_flag = 0x01;
inline constexpr unsigned clean_session_flag = 0x02;
inline constexpr unsigned will_flag = 0x04;
inline constexpr unsigned will_qos_flags = 0x18;
inline constexpr unsigned will_retain_flag = 0x20;
inline constexpr unsigned password_flag = 0x40;
inline constexpr unsigned user_name_flag = 0x80;

inline constexpr std::string_view protocol_name = "MQTT";
inline constexpr unsigned protocol_level = 4;

constexpr unsigned connect_flags(connect const& p) noexcept {
  unsigned flags = p.clean_session ? clean_session_flag : 0;
  if (p.will) {
    flags |= will_flag | static_cast<unsigned>(p.will->qos) << 3;  // v3.1.1:MQTT-3.1.2-9
    if (p.will->retain) flags |= will_retain_flag;
  }
  if (p.user_name) flags |= user_name_flag;  // v3.1.1:MQTT-3.1.2-18, v3.1.1:MQTT-3.1.2-19
  if (p.password) flags |= password_flag;    // v3.1.1:MQTT-3.1.2-20, v3.1.1:MQTT-3.1.2-21
  return flags;
}

}  // namespace detail

// write

template <class Out>
HUBWIRE_SMALLER_INLINE constexpr void write_body(Out& out, connect const& p) noexcept {
  out.refuse_if(p.password && !p.user_name);                   // v3.1.1:MQTT-3.1.2-22
  out.refuse_if(p.client_id.size() == 0 && !p.clean_session);  // v3.1.1:MQTT-3.1.3-7
  out.prefixed(detail::protocol_name);
  // v3.1.1:MQTT-3.1.2-3, v3.1.1:MQTT-3.1.2-11, v3.1.1:MQTT-3.1.2-13, v3.1.1:MQTT-3.1.2-15
  out.u16(static_cast<std::uint16_t>(detail::protocol_level << 8 | detail::connect_flags(p)));
  out.u16(p.keep_alive);
  out.prefixed({p.client_id.data(), p.client_id.size()});  // v3.1.1:MQTT-3.1.3-1, v3.1.1:MQTT-3.1.3-3
  if (p.will) {
    // v3.1.1:MQTT-3.1.2-14, v3.1.1:MQTT-4.7.3-1
    out.refuse_if(p.will->qos > qos::exactly_once);
    out.filled(p.will->topic.view());
    out.prefixed(p.will->message.view());
  }
  if (p.user_name) out.prefixed({p.user_name->data(), p.user_name->size()});
  if (p.password) out.prefixed(p.password->view());
}

// read

namespace detail {

template <class Policy>
constexpr unsigned read_connect_flags(reader<Policy>& in) noexcept {
  unsigned const flags = in.u8();
  in.require((flags & reserved_flag) == 0, errc::malformed_packet, "v3.1.1:MQTT-3.1.2-3");
  if ((flags & will_flag) == 0) {
    in.require((flags & will_qos_flags) == 0, errc::malformed_packet,
               "v3.1.1:MQTT-3.1.2-13");  // v3.1.1:MQTT-3.1.2-11
    in.require((flags & will_retain_flag) == 0, errc::malformed_packet,
               "v3.1.1:MQTT-3.1.2-15");  // v3.1.1:MQTT-3.1.2-11
  }
  in.require((flags & will_qos_flags) != will_qos_flags, errc::malformed_packet, "v3.1.1:MQTT-3.1.2-14");
  bool const stray_password = (flags & (user_name_flag | password_flag)) == password_flag;
  in.require(!stray_password, errc::protocol_error, "v3.1.1:MQTT-3.1.2-22");
  return flags;
}

template <class Policy>
constexpr will read_will(reader<Policy>& in, unsigned flags) noexcept {
  topic_name const topic = hubwire::detail::read_topic_name(in);  // v3.1.1:MQTT-3.1.3-10
  bytes const message = hubwire::detail::read_binary(in);
  return {topic, message, static_cast<qos>((flags & will_qos_flags) >> 3), (flags & will_retain_flag) != 0};
}

}  // namespace detail

/// Reads a CONNECT. An empty client_id without clean_session decodes: the server answers it with CONNACK 2.
template <class Policy>
constexpr connect read_body(reader<Policy>& in, std::uint8_t, std::type_identity<connect>) noexcept {
  connect p;
  in.require(same(in.prefixed(), "MQTT"), errc::malformed_packet, "v3.1.1:MQTT-3.1.2-1");
  std::uint8_t const level = in.u8();
  in.require(level == detail::protocol_level, {errc::unsupported_protocol, level}, "v3.1.1:MQTT-3.1.2-2");
  unsigned const flags = detail::read_connect_flags(in);  // v3.1.1:MQTT-3.1.4-1
  p.clean_session = (flags & detail::clean_session_flag) != 0;
  p.keep_alive = in.u16();
  p.client_id =
      hubwire::detail::read_text(in);  // v3.1.1:MQTT-3.1.3-1, v3.1.1:MQTT-3.1.3-3, v3.1.1:MQTT-3.1.3-4
  if ((flags & detail::will_flag) != 0) p.will = detail::read_will(in, flags);  // v3.1.1:MQTT-3.1.2-9
  if ((flags & detail::user_name_flag) != 0)
    p.user_name = hubwire::detail::read_text(in);  // v3.1.1:MQTT-3.1.2-19, v3.1.1:MQTT-3.1.3-11
  if ((flags & detail::password_flag) != 0)
    p.password = hubwire::detail::read_binary(in);  // v3.1.1:MQTT-3.1.2-21
  // v3.1.1:MQTT-3.1.2-18, v3.1.1:MQTT-3.1.2-20
  static_cast<void>(in.require_size(0));
  if (in.failed()) p = hubwire::detail::absent_value<connect>();
  return p;
}

}}}  // namespace hubwire::v3

#endif
