// SPDX-License-Identifier: BSL-1.0
// Everything about MQTT 3.1.1 packets.
#ifndef HUBWIRE_MQTT3_HPP
#define HUBWIRE_MQTT3_HPP

#include <hubwire/codec.hpp>
#include <hubwire/v3/protocol.hpp>

#endif
