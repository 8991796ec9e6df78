// SPDX-License-Identifier: BSL-1.0
// Why a client objects to a packet that is sound by itself: it comes at the wrong time or is the wrong
// answer.
#ifndef HUBWIRE_CORE_OBJECTION_HPP
#define HUBWIRE_CORE_OBJECTION_HPP

#include <cstdint>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

/// The detail of errc::protocol_error when a client closed the connection. 0 means that a single packet was
/// wrong, which diagnose() finds by itself. Values are stable within an ABI namespace.
enum class objection : std::uint8_t {
  none = 0,
  packet_before_connack,    ///< something else than CONNACK came first
  second_connack,           ///< CONNACK came again
  session_present_unasked,  ///< CONNACK says session present although CONNECT asked for a clean session
  identifier_in_use,      ///< a message with the identifier of one that is not acknowledged, and without DUP
  wrong_number_of_codes,  ///< SUBACK has more or fewer return codes than SUBSCRIBE had filters
};

}}  // namespace hubwire

#endif
