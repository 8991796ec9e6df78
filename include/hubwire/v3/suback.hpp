// SPDX-License-Identifier: BSL-1.0
// SUBACK, one return code for each filter of the SUBSCRIBE, in its order: v3.1.1 §3.9.
#ifndef HUBWIRE_V3_SUBACK_HPP
#define HUBWIRE_V3_SUBACK_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/reader.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/wire/delivery.hpp>
#include <hubwire/wire/list_view.hpp>
#include <hubwire/wire/packet_type.hpp>

namespace hubwire { inline namespace abi1 { namespace v3 {

/// The granted QoS, or failure: v3.1.1 §3.9.3.
enum class suback_return_code : std::uint8_t {
  granted_qos_0 = 0x00,
  granted_qos_1 = 0x01,
  granted_qos_2 = 0x02,
  failure = 0x80,
};

constexpr bool is_reserved(suback_return_code code) noexcept {
  return code > suback_return_code::granted_qos_2 &&
         code != suback_return_code::failure;  // v3.1.1:MQTT-3.9.3-2
}

template <class Out>
HUBWIRE_SMALLER_INLINE constexpr void write_element(Out& out, suback_return_code code) noexcept {
  out.refuse_if(is_reserved(code));  // v3.1.1:MQTT-3.9.3-2
  out.u8(static_cast<std::uint8_t>(code));
}

template <class Policy>
HUBWIRE_SMALLER_INLINE constexpr suback_return_code read_element(
    reader<Policy>& in, std::type_identity<suback_return_code>) noexcept {
  auto const code = static_cast<suback_return_code>(in.u8());
  in.require(!is_reserved(code), errc::malformed_packet, "v3.1.1:MQTT-3.9.3-2");
  return code;
}

/// Encoding refuses with errc::invalid_packet: an empty list, reserved codes, and an identifier taken from
/// a failed result.
struct suback {
  static constexpr packet_type type = packet_type::suback;

  packet_id id;
  list_view<suback_return_code> codes{};
};

// write

template <class Out>
HUBWIRE_SMALLER_INLINE constexpr void write_body(Out& out, suback const& p) noexcept {
  hubwire::detail::write_list(out, p.id, p.codes);  // not empty: v3.1.1:MQTT-3.8.4-5
}

// read

namespace detail {

constexpr bool are_return_codes(std::string_view codes) noexcept {
  for (char const code : codes)
    if (is_reserved(static_cast<suback_return_code>(hubwire::detail::to_byte(code)))) return false;
  return true;
}

}  // namespace detail

template <class Policy>
HUBWIRE_SMALLER_INLINE constexpr suback read_body(reader<Policy>& in, std::uint8_t,
                                                  std::type_identity<suback>) noexcept {
  packet_id const id = hubwire::detail::read_packet_id(in);
  if (in.failed()) return hubwire::detail::absent_value<suback>();
  if constexpr (Policy::diagnose) return {id, hubwire::detail::read_list<suback_return_code>(in)};
  std::string_view const codes = in.rest();
  // v3.1.1:MQTT-3.8.4-5, v3.1.1:MQTT-3.9.3-2
  in.require(!codes.empty() && detail::are_return_codes(codes), errc::malformed_packet);
  if (in.failed()) return hubwire::detail::absent_value<suback>();
  return {id, list_view<suback_return_code>::trusted(codes, codes.size())};
}

}}}  // namespace hubwire::v3

#endif
