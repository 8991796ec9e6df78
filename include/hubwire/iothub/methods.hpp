// SPDX-License-Identifier: BSL-1.0
// Direct methods: $iothub/methods/POST/{name}/?$rid={id} and $iothub/methods/res/{status}/?$rid={id}.
// Azure: "Understand and invoke direct methods from IoT Hub", heading on MQTT.
#ifndef HUBWIRE_IOTHUB_METHODS_HPP
#define HUBWIRE_IOTHUB_METHODS_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/iothub/request_id.hpp>
#include <hubwire/iothub/topic_builder.hpp>
#include <hubwire/text/text_writer.hpp>
#include <hubwire/wire/topic_filter.hpp>
#include <hubwire/wire/topic_name.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

/// One for all methods: a connection has five subscriptions and no more.
inline constexpr topic_filter method_request_filter = "$iothub/methods/POST/#";

/// The payload is JSON, or empty when the caller gave none.
struct method_request {
  std::string_view name{};  // as it stands in the topic; component*command in IoT Plug and Play
  request_id id = 0;
};

/// The payload is JSON, or empty; anything else makes the call fail at the service.
struct method_response {
  std::int32_t status = 200;
  request_id id = 0;  // the request's
};

/// Printable ASCII without the characters that Azure excludes, and without the two that a topic name
/// cannot hold.
constexpr bool is_valid_method_name(std::string_view name) noexcept {
  constexpr std::string_view excluded = "$()<>@,;:\\\"/[]?={}+#";
  for (char const c : name)
    if (c <= ' ' || c > '~' || index_of(excluded, c) != excluded.size()) return false;
  return !name.empty();
}

/// A buffer of this size holds the topic of any response to a request with that id.
constexpr std::size_t method_response_topic_max(request_id id) noexcept {
  std::size_t const of_id = id.text().empty() ? 10 : id.text().size();
  return literal("$iothub/methods/res/-2147483648/?$rid=").size() + of_id;
}

/// Writes the topic of a response, the device's side. errc::buffer_too_small with the size needed;
/// errc::invalid_topic_name over 65,535 bytes and for a request id taken from a failed result.
constexpr result<topic_name> method_response_topic(char_span output,
                                                   method_response const& response) noexcept {
  text_writer out(output);
  out.put(literal("$iothub/methods/res/"));
  auto status = static_cast<std::int64_t>(response.status);
  if (status < 0) out.put('-');
  out.put_number(static_cast<std::uint64_t>(status < 0 ? -status : status)).put(literal("/?$rid="));
  response.id.write_to(out);
  return detail::finish_topic(out);
}

/// Writes the topic of a request, the hub's side. errc::invalid_field for a bad name; else as for a response.
constexpr result<topic_name> method_request_topic(char_span output, method_request const& request) noexcept {
  if (!is_valid_method_name(request.name)) return errc::invalid_field;
  text_writer out(output);
  out.put(literal("$iothub/methods/POST/")).put(request.name).put(literal("/?$rid="));
  request.id.write_to(out);
  return detail::finish_topic(out);
}

}}}  // namespace hubwire::iothub

#endif
