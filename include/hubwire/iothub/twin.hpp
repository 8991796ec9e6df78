// SPDX-License-Identifier: BSL-1.0
// Device twins: read the twin, report properties, hear of desired ones. The documents are the JSON
// {"desired":{…},"reported":{…}} without a wrapper around the two. Azure: "Understand and use device
// twins in IoT Hub" and "Communicate with an IoT hub using the MQTT protocol", headings on twins.
#ifndef HUBWIRE_IOTHUB_TWIN_HPP
#define HUBWIRE_IOTHUB_TWIN_HPP

#include <cstddef>
#include <cstdint>
#include <optional>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/iothub/request_id.hpp>
#include <hubwire/iothub/topic_builder.hpp>
#include <hubwire/text/text_writer.hpp>
#include <hubwire/wire/topic_filter.hpp>
#include <hubwire/wire/topic_name.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

/// What a device subscribes to; the first before it sends a request.
inline constexpr topic_filter twin_response_filter = "$iothub/twin/res/#";
inline constexpr topic_filter desired_update_filter = "$iothub/twin/PATCH/properties/desired/#";

/// Buffers of these sizes hold the topics of requests whose id is a number.
inline constexpr std::size_t twin_get_topic_max = literal("$iothub/twin/GET/?$rid=").size() + 10;
inline constexpr std::size_t reported_update_topic_max =
    literal("$iothub/twin/PATCH/properties/reported/?$rid=&$version=").size() + 10 + 20;

/// Device to hub.
struct twin_get {
  request_id id = 0;
};
struct reported_update {
  request_id id = 0;
  std::optional<std::uint64_t> version{};  // patch only if this is the version of the reported section
};

/// Hub to device.
struct twin_response {
  std::uint16_t status = 200;  // 100 to 999: 200 with the twin, 204 for a patch; see iothub/status.hpp
  request_id id = 0;           // the request's
  std::optional<std::uint64_t> version{};  // of the reported section, after a patch
};
/// Discard what is not newer than the version already known: duplicates happen after a reconnect.
struct desired_update {
  std::uint64_t version = 0;
};

// All of these: errc::buffer_too_small with the size needed; errc::invalid_topic_name over 65,535 bytes
// and for a request id taken from a failed result.

/// $iothub/twin/GET/?$rid={id}, with an empty payload.
constexpr result<topic_name> twin_get_topic(char_span output, request_id id) noexcept {
  text_writer out(output);
  out.put(literal("$iothub/twin/GET/?$rid="));
  id.write_to(out);
  return detail::finish_topic(out);
}

/// $iothub/twin/PATCH/properties/reported/?$rid={id}[&$version={version}]
constexpr result<topic_name> reported_update_topic(char_span output, reported_update const& update) noexcept {
  text_writer out(output);
  out.put(literal("$iothub/twin/PATCH/properties/reported/?$rid="));
  update.id.write_to(out);
  if (update.version) out.put(literal("&$version=")).put_number(*update.version);
  return detail::finish_topic(out);
}

/// $iothub/twin/res/{status}/?$rid={id}[&$version={version}]; errc::invalid_field for a status that does
/// not have three digits.
constexpr result<topic_name> twin_response_topic(char_span output, twin_response const& response) noexcept {
  if (response.status < 100 || response.status > 999) return errc::invalid_field;
  text_writer out(output);
  out.put(literal("$iothub/twin/res/")).put_number(response.status).put(literal("/?$rid="));
  response.id.write_to(out);
  if (response.version) out.put(literal("&$version=")).put_number(*response.version);
  return detail::finish_topic(out);
}

/// $iothub/twin/PATCH/properties/desired/?$version={version}
constexpr result<topic_name> desired_update_topic(char_span output, desired_update const& update) noexcept {
  text_writer out(output);
  out.put(literal("$iothub/twin/PATCH/properties/desired/?$version=")).put_number(update.version);
  return detail::finish_topic(out);
}

}}}  // namespace hubwire::iothub

#endif
