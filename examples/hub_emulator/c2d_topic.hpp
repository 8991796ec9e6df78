// SPDX-License-Identifier: BSL-1.0
// The topic of a message to a device, with its properties.
#ifndef HUB_EMULATOR_C2D_TOPIC_HPP
#define HUB_EMULATOR_C2D_TOPIC_HPP

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/wire/topic_name.hpp>

#include "message.hpp"

namespace hub_emulator {

// System properties first, then those of the application; null, empty and value each in its own form.
hubwire::result<hubwire::topic_name> c2d_topic(hubwire::char_span buffer, hubwire::iothub::device_id device,
                                               c2d_message const& message);

}  // namespace hub_emulator

#endif
