// SPDX-License-Identifier: BSL-1.0
// Cloud-to-device messages: devices/{device}/messages/devicebound/{properties}. Azure: "Communicate with
// an IoT hub using the MQTT protocol", heading on cloud-to-device messages.
#ifndef HUBWIRE_IOTHUB_C2D_HPP
#define HUBWIRE_IOTHUB_C2D_HPP

#include <cstddef>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/iothub/topic_builder.hpp>
#include <hubwire/text/text_writer.hpp>
#include <hubwire/wire/topic_filter.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

/// As a device receives it. A PUBACK is what tells the hub that the message is done with.
struct c2d_message {
  property_bag properties{};
};

/// A buffer of this size holds the filter of any device.
inline constexpr std::size_t c2d_filter_max =
    literal("devices//messages/devicebound/#").size() + device_id_max;

/// What a device subscribes to. Messages that waited in a persistent session arrive right behind CONNACK,
/// before this is subscribed again. errc::invalid_topic_filter for a device id that topics cannot hold;
/// errc::buffer_too_small with the size needed.
constexpr result<topic_filter> c2d_filter(char_span output, device_id const& device) noexcept {
  if (!device.fits_topics()) return errc::invalid_topic_filter;
  text_writer out(output);
  out.put(literal("devices/")).put(device.view()).put(literal("/messages/devicebound/#"));
  return detail::finish_as<topic_filter>(out, errc::invalid_topic_filter);
}

/// The hub's side: c2d_topic(buffer, "d1").add("$.mid", id).add_null("flag").done().
constexpr topic_builder c2d_topic(char_span output, device_id const& device) noexcept {
  return topic_builder(output, device, literal("/messages/devicebound/"));
}

}}}  // namespace hubwire::iothub

#endif
