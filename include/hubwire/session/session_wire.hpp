// SPDX-License-Identifier: BSL-1.0
// What a client has to know of its version of MQTT. One header for each version specialises both templates:
// wire_v3.hpp.
#ifndef HUBWIRE_SESSION_SESSION_WIRE_HPP
#define HUBWIRE_SESSION_SESSION_WIRE_HPP

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

/// The packets of a version, for basic_client:
///   event, connect, publish, subscription, unsubscription    types
///   starts_clean(connect)                                    whether CONNECT asks for a new session
///   message_packet, subscribe_packet, unsubscribe_packet, ping, farewell
///                                                            what the client sends, to be encoded
///   acknowledge(bytes, type, id) writes PUBACK, PUBREC, PUBREL or PUBCOMP, of acknowledgement_size
///   mark_duplicate(packet)       sets DUP in the bytes of a PUBLISH
///   read_greeting(frame)    what CONNACK says, or errc::connection_refused
///   read_message(frame)     a PUBLISH
///   read_ping_answer(frame) errc::none for a sound PINGRESP
///   read_answer(frame)      of PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK: type, id and codes
///   tell(answer, repeated)  the event when it has settled a request, which was sent repeatedly or not
template <class Protocol>
struct session_wire;

/// What the server's CONNACK allows. A version without such limits has an empty type, whose functions are
/// constants:
///   takes(qos), takes(size of a packet), takes_another(unacknowledged publishes)
///   keep_alive()            the server's own, if it wants another than CONNECT asked for
template <class Protocol>
struct peer_limits;

}}  // namespace hubwire

#endif
