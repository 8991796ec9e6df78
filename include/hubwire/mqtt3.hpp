// SPDX-License-Identifier: BSL-1.0
// Everything for MQTT 3.1.1: packets, the frame reader, the client, pump(), and the concept of a transport.
#ifndef HUBWIRE_MQTT3_HPP
#define HUBWIRE_MQTT3_HPP

#include <hubwire/codec.hpp>
#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/stream/frame_buffer.hpp>
#include <hubwire/transport/byte_stream.hpp>
#include <hubwire/v3/protocol.hpp>

#endif
