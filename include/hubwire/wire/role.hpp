// SPDX-License-Identifier: BSL-1.0
// The two ends of a connection, and the list of packets of a protocol version.
#ifndef HUBWIRE_WIRE_ROLE_HPP
#define HUBWIRE_WIRE_ROLE_HPP

#include <cstdint>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

/// Who sent a packet; `any` when that is not known (in a capture, say).
enum class role : std::uint8_t { client, server, any };

template <class... Packets>
struct packet_list {};

}}  // namespace hubwire

#endif
