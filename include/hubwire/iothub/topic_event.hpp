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

namespace hubwire::inline HUBWIRE_ABI::iothub {

enum class topic_kind : std::uint8_t {
  // hub to device
  c2d,
  twin_response,
  desired_update,
  method_request,
  // device to hub
  telemetry,
  twin_get,
  reported_update,
  method_response,
};

// One of eight things, made of views into the topic. Switch over kind(), or ask for the one you want:
// each accessor gives nullptr when it is another.
class topic_event {
 public:
  constexpr topic_event(c2d_message const& m) noexcept : kind_(topic_kind::c2d), c2d_(m) {}
  constexpr topic_event(iothub::twin_response const& m) noexcept
      : kind_(topic_kind::twin_response), twin_response_{m.status, m.id, m.version} {}
  constexpr topic_event(iothub::desired_update const& m) noexcept
      : kind_(topic_kind::desired_update), desired_update_(m) {}
  constexpr topic_event(iothub::method_request const& m) noexcept
      : kind_(topic_kind::method_request), method_request_(m) {}
  constexpr topic_event(telemetry_message const& m) noexcept : kind_(topic_kind::telemetry), telemetry_(m) {}
  constexpr topic_event(iothub::twin_get const& m) noexcept : kind_(topic_kind::twin_get), twin_get_(m) {}
  constexpr topic_event(iothub::reported_update const& m) noexcept
      : kind_(topic_kind::reported_update), reported_update_{m.id, m.version} {}
  constexpr topic_event(iothub::method_response const& m) noexcept
      : kind_(topic_kind::method_response), method_response_(m) {}

  // The same in its place, of its members.
  constexpr topic_event(std::in_place_type_t<iothub::twin_response>, std::uint16_t status,
                        request_id const& id, std::optional<std::uint64_t> const& version) noexcept
      : kind_(topic_kind::twin_response), twin_response_{status, id, version} {}
  constexpr topic_event(std::in_place_type_t<iothub::desired_update>, std::uint64_t version) noexcept
      : kind_(topic_kind::desired_update), desired_update_{version} {}
  constexpr topic_event(std::in_place_type_t<iothub::method_request>, std::string_view name,
                        request_id id) noexcept
      : kind_(topic_kind::method_request), method_request_{name, id} {}

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
HUBWIRE_ALWAYS_INLINE constexpr bool consume_message_topic(std::string_view& topic, identity const& self,
                                                           std::string_view folder) noexcept {
  if (!consume(topic, literal("devices/")) || !consume(topic, self.device.view()) || !consume(topic, folder))
    return false;
  return topic.empty() || consume(topic, literal("/"));
}

HUBWIRE_ALWAYS_INLINE constexpr result<topic_event> read_c2d(std::string_view raw) noexcept {
  result<property_bag> properties = property_bag::parse(raw);
  if (!properties) return properties.error();
  return result<topic_event>(std::in_place, c2d_message{*properties});
}

// The properties are one level: the service ignores what stands behind a '/', and Microsoft's own SDK
// ends the topic with one. Its documents also show a '?' in front.
HUBWIRE_ALWAYS_INLINE constexpr result<topic_event> read_telemetry(std::string_view raw) noexcept {
  static_cast<void>(consume(raw, literal("?")));
  result<property_bag> properties = property_bag::parse(cut(raw, '/').before);
  if (!properties) return properties.error();
  return result<topic_event>(std::in_place, telemetry_message{*properties});
}

// "{status}/?$rid=…", where the status has three digits and does not begin with 0.
HUBWIRE_ALWAYS_INLINE constexpr result<topic_event> read_twin_response(std::string_view rest) noexcept {
  if (rest.size() < 4 || rest[3] != '/') return errc::invalid_iothub_topic;
  auto digit = [rest](std::size_t at) {
    return static_cast<unsigned>(hubwire::detail::to_byte(rest[at])) - '0';
  };
  if (digit(0) - 1 > 8 || digit(1) > 9 || digit(2) > 9) return errc::invalid_iothub_topic;
  auto status = static_cast<std::uint16_t>(100 * digit(0) + 10 * digit(1) + digit(2));
  topic_query query;
  if (errc const failure = read_request(query, drop(rest, 4)); failure != errc::none) return failure;
  return result<topic_event>(std::in_place, std::in_place_type<twin_response>, status, query.id,
                             query.version);
}

// "?$version=…"
HUBWIRE_ALWAYS_INLINE constexpr result<topic_event> read_desired_update(std::string_view rest) noexcept {
  topic_query query;
  if (!read_query(query, rest) || !query.version) return errc::invalid_iothub_topic;
  return result<topic_event>(std::in_place, std::in_place_type<desired_update>, *query.version);
}

// "{name}/?$rid=…"
HUBWIRE_ALWAYS_INLINE constexpr result<topic_event> read_method_request(std::string_view rest) noexcept {
  cut_result levels = cut(rest, '/');
  if (!levels.found || levels.before.empty()) return errc::invalid_iothub_topic;
  topic_query query;
  if (errc const failure = read_request(query, levels.after); failure != errc::none) return failure;
  return result<topic_event>(std::in_place, std::in_place_type<method_request>, levels.before, query.id);
}

// "?$rid=…"
HUBWIRE_ALWAYS_INLINE constexpr result<topic_event> read_twin_get(std::string_view rest) noexcept {
  topic_query query;
  if (errc const failure = read_request(query, rest); failure != errc::none) return failure;
  return result<topic_event>(std::in_place, twin_get{query.id});
}

// "?$rid=…"
HUBWIRE_ALWAYS_INLINE constexpr result<topic_event> read_reported_update(std::string_view rest) noexcept {
  topic_query query;
  if (errc const failure = read_request(query, rest); failure != errc::none) return failure;
  return result<topic_event>(std::in_place, reported_update{query.id, query.version});
}

// "{status}/?$rid=…", where the status is any 32-bit number, with a sign or without.
HUBWIRE_ALWAYS_INLINE constexpr result<topic_event> read_method_response(std::string_view rest) noexcept {
  cut_result levels = cut(rest, '/');
  std::string_view digits = levels.before;
  bool const negative = consume(digits, literal("-"));
  auto magnitude = parse_decimal(digits, negative ? 0x8000'0000u : 0x7FFF'FFFFu);
  if (!levels.found || !magnitude) return errc::invalid_iothub_topic;
  topic_query query;
  if (errc const failure = read_request(query, levels.after); failure != errc::none) return failure;
  auto value = static_cast<std::int64_t>(*magnitude);
  return result<topic_event>(std::in_place,
                             method_response{static_cast<std::int32_t>(negative ? -value : value), query.id});
}

}  // namespace detail

// In a device: what the hub published. Each topic is compared from its first character to its last and
// against the own identity. errc::not_iothub_topic for any other topic and for one that belongs to
// somebody else; errc::invalid_iothub_topic for a broken part; errc::missing_request_id.
HUBWIRE_ALWAYS_INLINE constexpr result<topic_event> parse_topic(topic_name topic,
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

// In a hub: what the device with that identity published. Errors as above.
HUBWIRE_ALWAYS_INLINE constexpr result<topic_event> parse_device_topic(topic_name topic,
                                                                       identity const& device) noexcept {
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

}  // namespace hubwire::inline HUBWIRE_ABI::iothub

#endif
