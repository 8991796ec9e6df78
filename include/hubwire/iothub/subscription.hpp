// SPDX-License-Identifier: BSL-1.0
// The hub's side of SUBSCRIBE: which of the few filters of IoT Hub a device asked for.
#ifndef HUBWIRE_IOTHUB_SUBSCRIPTION_HPP
#define HUBWIRE_IOTHUB_SUBSCRIPTION_HPP

#include <cstdint>
#include <string_view>

#include <hubwire/core/slice.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/methods.hpp>
#include <hubwire/iothub/twin.hpp>
#include <hubwire/wire/topic_filter.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

enum class filter_kind : std::uint8_t { unknown, c2d, twin_response, desired_update, method_request };

/// Which of the filters this is: unknown for any other filter and for one of another device. "+" in the
/// place of the device id, as Microsoft's C SDK writes it, means the own one.
constexpr filter_kind kind_of(topic_filter filter, identity const& device) noexcept {
  if (filter == twin_response_filter) return filter_kind::twin_response;
  if (filter == desired_update_filter) return filter_kind::desired_update;
  if (filter == method_request_filter) return filter_kind::method_request;
  std::string_view rest = filter.view();
  bool const own =
      consume(rest, literal("devices/")) &&
      (consume(rest, literal("+/")) || (consume(rest, device.device.view()) && consume(rest, literal("/"))));
  return own && same(rest, literal("messages/devicebound/#")) ? filter_kind::c2d : filter_kind::unknown;
}

}}}  // namespace hubwire::iothub

#endif
