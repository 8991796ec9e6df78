// SPDX-License-Identifier: BSL-1.0
// An IPv4 or IPv6 address with a port, as bytes: what a look-up gives and what connecting takes.
#ifndef HUBWIRE_TRANSPORT_IP_ENDPOINT_HPP
#define HUBWIRE_TRANSPORT_IP_ENDPOINT_HPP

#include <array>
#include <cstdint>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

enum class ip_family : std::uint8_t {
  none,  ///< no address
  v4,
  v6,
};

/// An address and a port, without any operating system. A resolver of your own fills it, from DNS answers
/// for instance: they hold the same bytes in the same order.
struct ip_endpoint {
  std::array<std::uint8_t, 16> address{};  ///< in the order of the network; IPv4 uses the first four
  std::uint32_t scope = 0;                 ///< the interface of a link-local IPv6 address; mostly 0
  std::uint16_t port = 0;
  ip_family family = ip_family::none;

  static constexpr ip_endpoint v4(std::array<std::uint8_t, 4> const& address, std::uint16_t port) noexcept {
    ip_endpoint made{};
    for (unsigned i = 0; i != 4; ++i) made.address[i] = address[i];
    made.port = port;
    made.family = ip_family::v4;
    return made;
  }
  static constexpr ip_endpoint v6(std::array<std::uint8_t, 16> const& address, std::uint16_t port,
                                  std::uint32_t scope = 0) noexcept {
    return {.address = address, .scope = scope, .port = port, .family = ip_family::v6};
  }

  friend constexpr bool operator==(ip_endpoint const&, ip_endpoint const&) noexcept = default;
};

}}  // namespace hubwire

#endif
