// SPDX-License-Identifier: BSL-1.0
// What a received topic means, on the device's side and on the hub's.
#ifndef HUBWIRE_IOTHUB_TOPIC_EVENT_HPP
#define HUBWIRE_IOTHUB_TOPIC_EVENT_HPP

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/iothub/c2d.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/methods.hpp>
#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/iothub/telemetry.hpp>
#include <hubwire/iothub/topic_query.hpp>
#include <hubwire/iothub/twin.hpp>
#include <hubwire/wire/topic_filter.hpp>
#include <hubwire/wire/topic_name.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

enum class topic_kind : std::uint8_t {
  // hub to device
  c2d = 1,
  twin_response,
  desired_update,
  method_request,
  // device to hub
  telemetry,
  twin_get,
  reported_update,
  method_response,
};

/// One of eight things, made of views into the topic. Switch over kind(), or ask for the one you want:
/// each accessor gives nullptr when it is another.
class topic_event {
 public:
  // Only a failed result holds one: none of the eight.
  constexpr topic_event(hubwire::detail::absent) noexcept : kind_{} {}
  constexpr topic_event(c2d_message const& m) noexcept : kind_(topic_kind::c2d), c2d_(m) {}
  constexpr topic_event(iothub::twin_response const& m) noexcept
      : kind_(topic_kind::twin_response), twin_response_(m) {}
  constexpr topic_event(iothub::desired_update const& m) noexcept
      : kind_(topic_kind::desired_update), desired_update_(m) {}
  constexpr topic_event(iothub::method_request const& m) noexcept
      : kind_(topic_kind::method_request), method_request_(m) {}
  constexpr topic_event(telemetry_message const& m) noexcept : kind_(topic_kind::telemetry), telemetry_(m) {}
  constexpr topic_event(iothub::twin_get const& m) noexcept : kind_(topic_kind::twin_get), twin_get_(m) {}
  constexpr topic_event(iothub::reported_update const& m) noexcept
      : kind_(topic_kind::reported_update), reported_update_(m) {}
  constexpr topic_event(iothub::method_response const& m) noexcept
      : kind_(topic_kind::method_response), method_response_(m) {}

  constexpr topic_kind kind() const noexcept { return kind_; }

  constexpr c2d_message const* c2d() const noexcept { return pick(topic_kind::c2d, c2d_); }
  constexpr iothub::twin_response const* twin_response() const noexcept {
    return pick(topic_kind::twin_response, twin_response_);
  }
  constexpr iothub::desired_update const* desired_update() const noexcept {
    return pick(topic_kind::desired_update, desired_update_);
  }
  constexpr iothub::method_request const* method_request() const noexcept {
    return pick(topic_kind::method_request, method_request_);
  }
  constexpr telemetry_message const* telemetry() const noexcept {
    return pick(topic_kind::telemetry, telemetry_);
  }
  constexpr iothub::twin_get const* twin_get() const noexcept {
    return pick(topic_kind::twin_get, twin_get_);
  }
  constexpr iothub::reported_update const* reported_update() const noexcept {
    return pick(topic_kind::reported_update, reported_update_);
  }
  constexpr iothub::method_response const* method_response() const noexcept {
    return pick(topic_kind::method_response, method_response_);
  }

 private:
  template <class Message>
  constexpr Message const* pick(topic_kind wanted, Message const& message) const noexcept {
    return kind_ == wanted ? &message : nullptr;
  }

  topic_kind kind_;
  union {
    c2d_message c2d_;
    iothub::twin_response twin_response_;
    iothub::desired_update desired_update_;
    iothub::method_request method_request_;
    telemetry_message telemetry_;
    iothub::twin_get twin_get_;
    iothub::reported_update reported_update_;
    iothub::method_response method_response_;
  };
};

namespace detail {

// Takes "devices/{self}{folder}" from the front; behind it is nothing, or '/' and the properties.
constexpr bool consume_message_topic(std::string_view& topic, identity const& self,
                                     std::string_view folder) noexcept {
  if (!consume(topic, literal("devices/")) || !consume(topic, self.device.view()) || !consume(topic, folder))
    return false;
  if (topic.empty()) return true;
  bool const folder_ends = topic.front() == '/';
  topic = hubwire::detail::tail(topic, 1);
  return folder_ends;
}

// The event that message is, unless it was refused.
template <class Message>
constexpr result<topic_event> event_unless(errc refused, Message const& message) noexcept {
  if (refused != errc::none) return refused;
  return topic_event(message);
}

constexpr result<topic_event> read_c2d(std::string_view raw) noexcept {
  result<property_bag> properties = property_bag::parse(raw);
  if (!properties) return properties.error();
  return topic_event(c2d_message{*properties});
}

// The properties are one level: the service ignores what stands behind a '/', and Microsoft's own SDK
// ends the topic with one. A '?' in front, as some documents show it, is part of the first name.
constexpr result<topic_event> read_telemetry(std::string_view raw) noexcept {
  result<property_bag> properties = property_bag::parse(cut(raw, '/').before);
  if (!properties) return properties.error();
  return topic_event(telemetry_message{*properties});
}

// "{status}/?$rid=…", where the status has three digits and does not begin with 0.
HUBWIRE_SMALLER_INLINE constexpr result<topic_event> read_twin_response(std::string_view rest) noexcept {
  if (rest.size() < 4 || rest[3] != '/') return errc::invalid_iothub_topic;
  auto const status = parse_decimal(hubwire::detail::head(rest, 3)).value_or(0);
  if (status < 100) return errc::invalid_iothub_topic;
  topic_query const query = read_query(hubwire::detail::tail(rest, 4));
  return event_unless(
      query.refused, twin_response{static_cast<std::uint16_t>(status), query.request(), query.any_version()});
}

// "?$version=…"
constexpr result<topic_event> read_desired_update(std::string_view rest) noexcept {
  topic_query const query = read_query(rest);
  return event_unless(query.has_version ? errc::none : errc::invalid_iothub_topic,
                      desired_update{query.version});
}

// "{name}/?$rid=…"
constexpr result<topic_event> read_method_request(std::string_view rest) noexcept {
  std::size_t const size = index_of(rest, '/');
  if (size == 0 || size == rest.size()) return errc::invalid_iothub_topic;
  topic_query const query = read_query(hubwire::detail::tail(rest, size + 1));
  return event_unless(query.refused, method_request{hubwire::detail::head(rest, size), query.request()});
}

// "?$rid=…"
constexpr result<topic_event> read_twin_get(std::string_view rest) noexcept {
  topic_query const query = read_query(rest);
  return event_unless(query.refused, twin_get{query.request()});
}

// "?$rid=…"
constexpr result<topic_event> read_reported_update(std::string_view rest) noexcept {
  topic_query const query = read_query(rest);
  return event_unless(query.refused, reported_update{query.request(), query.any_version()});
}

// "{status}/?$rid=…", where the status is any 32-bit number, with a sign or without.
constexpr result<topic_event> read_method_response(std::string_view rest) noexcept {
  cut_result levels = cut(rest, '/');
  std::string_view digits = levels.before;
  bool const negative = consume(digits, literal("-"));
  auto magnitude = parse_decimal(digits, negative ? 0x8000'0000u : 0x7FFF'FFFFu);
  if (!levels.found || !magnitude) return errc::invalid_iothub_topic;
  auto value = static_cast<std::int64_t>(*magnitude);
  topic_query const query = read_query(levels.after);
  return event_unless(query.refused,
                      method_response{static_cast<std::int32_t>(negative ? -value : value), query.request()});
}

}  // namespace detail

/// In a device: what the hub published. Each topic is compared from its first character to its last and
/// against the own identity. errc::not_iothub_topic for any other topic and for one that belongs to
/// somebody else; errc::invalid_iothub_topic for a broken part; errc::missing_request_id.
HUBWIRE_SMALLER_INLINE constexpr result<topic_event> parse_topic(topic_name topic,
                                                                 identity const& self) noexcept {
  std::string_view rest = topic.view();
  if (consume(rest, literal("$iothub/"))) {
    if (consume(rest, literal("methods/POST/"))) return detail::read_method_request(rest);
    if (consume(rest, literal("twin/res/"))) return detail::read_twin_response(rest);
    if (consume(rest, literal("twin/PATCH/properties/desired/"))) return detail::read_desired_update(rest);
    return errc::not_iothub_topic;
  }
  if (detail::consume_message_topic(rest, self, literal("/messages/devicebound")))
    return detail::read_c2d(rest);
  return errc::not_iothub_topic;
}

/// In a hub: what the device with that identity published. Errors as those of parse_topic().
constexpr result<topic_event> parse_device_topic(topic_name topic, identity const& device) noexcept {
  std::string_view rest = topic.view();
  if (consume(rest, literal("$iothub/"))) {
    if (consume(rest, literal("methods/res/"))) return detail::read_method_response(rest);
    if (consume(rest, literal("twin/GET/"))) return detail::read_twin_get(rest);
    if (consume(rest, literal("twin/PATCH/properties/reported/"))) return detail::read_reported_update(rest);
    return errc::not_iothub_topic;
  }
  if (detail::consume_message_topic(rest, device, literal("/messages/events")))
    return detail::read_telemetry(rest);
  return errc::not_iothub_topic;
}

}}}  // namespace hubwire::iothub

#endif
