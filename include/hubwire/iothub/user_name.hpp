// SPDX-License-Identifier: BSL-1.0
// Client id and user name of a CONNECT to IoT Hub, both ways. Azure: "Communicate with an IoT hub using
// the MQTT protocol", heading on connecting.
#ifndef HUBWIRE_IOTHUB_USER_NAME_HPP
#define HUBWIRE_IOTHUB_USER_NAME_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/iothub/topic_builder.hpp>
#include <hubwire/text/percent.hpp>
#include <hubwire/text/text_writer.hpp>
#include <hubwire/wire/text.hpp>

namespace hubwire::inline HUBWIRE_ABI::iothub {

// What the device side sends.

inline constexpr std::string_view default_api_version = "2021-04-12";

struct user_name_options {
  std::string_view api_version = default_api_version;
  std::string_view device_client_type{};  // product and version as plain text; left out when empty
  std::string_view model_id{};            // IoT Plug and Play: "dtmi:com:example:Thermostat;1"; as above
};

namespace detail {

// Unless it is empty. False when it is no valid text.
HUBWIRE_ALWAYS_INLINE constexpr bool put_option(text_writer& out, std::string_view label,
                                                std::string_view option) noexcept {
  if (option.empty()) return true;
  out.put(label).put_percent(option);
  return text::is_valid(option);
}

}  // namespace detail

// errc::buffer_too_small with the size needed.
constexpr result<text> client_id(char_span output, identity const& self) noexcept {
  text_writer out(output);
  out.put(self.device.view());
  return detail::finish_as<text>(out, errc::invalid_text);
}

// "host/device/?api-version=2021-04-12&DeviceClientType=product%2F1.0&model-id=dtmi%3A…", options as plain
// text. errc::missing_field without an api_version; errc::invalid_text when an option is no valid text or all
// of it exceeds 65,535 bytes; errc::buffer_too_small with the size needed.
constexpr result<text> user_name(char_span output, identity const& self,
                                 user_name_options const& options = {}) noexcept {
  if (options.api_version.empty()) return errc::missing_field;
  text_writer out(output);
  out.put(self.host.view(), '/', self.device.view());
  bool valid = detail::put_option(out, literal("/?api-version="), options.api_version);
  valid = detail::put_option(out, literal("&DeviceClientType="), options.device_client_type) && valid;
  valid = detail::put_option(out, literal("&model-id="), options.model_id) && valid;
  if (!valid) return errc::invalid_text;
  return detail::finish_as<text>(out, errc::invalid_text);
}

// What the hub side receives.

struct parsed_user_name {
  host_name host;
  device_id device;
  std::string_view module_id{};  // empty: a device
  // raw() is empty where the client did not say.
  percent_text api_version{};
  percent_text device_client_type{};
  percent_text model_id{};

  constexpr iothub::identity identity() const noexcept { return {host, device}; }
};

namespace detail {

constexpr percent_text value_or_nothing(property_bag const& query, std::string_view name) noexcept {
  std::optional<property_value> found = query.find(name);
  return found ? percent_text(found->raw()) : percent_text();
}

// Reads "?api-version=…&…" into parsed; false when it is not one. The '?' is optional, as old tools left
// it out. A raw '/' behind the '?' ends the query: clients that forget to encode DeviceClientType connect
// all the same, and the service ignores what follows.
constexpr bool read_query(std::string_view raw, parsed_user_name& parsed) noexcept {
  bool const marked = consume(raw, literal("?"));
  cut_result levels = cut(raw, '/');
  if (levels.found && !marked) return false;
  result<property_bag> query = property_bag::parse(levels.before);
  if (!query) return false;
  parsed.api_version = value_or_nothing(*query, literal("api-version"));
  parsed.device_client_type = value_or_nothing(*query, literal("DeviceClientType"));
  parsed.model_id = value_or_nothing(*query, literal("model-id"));
  return !query->find("api-version").value_or(property_value()).is_null();
}

constexpr error user_name_error(std::string_view all, std::string_view rest) noexcept {
  return {errc::invalid_user_name, static_cast<std::uint32_t>(all.size() - rest.size())};
}

}  // namespace detail

// Takes "host/device", "host/device/api-version=…" and "host/device/?…", each with or without ":port",
// and the same with "/module" behind the device. Members of the query come in any order; unknown ones are
// ignored, and of two with the same name the first counts. errc::invalid_user_name with the offset of the
// part that is wrong.
constexpr result<parsed_user_name> parse_user_name(std::string_view input) noexcept {
  cut_result host_part = cut(input, '/');
  result<host_name> host = host_name::parse(host_part.before);
  if (!host) return error{errc::invalid_user_name, 0};

  std::string_view const behind_host = host_part.after;
  cut_result device_part = cut(behind_host, '/');
  result<device_id> device = device_id::parse(device_part.before);
  if (!device) return detail::user_name_error(input, behind_host);

  parsed_user_name parsed{*host, *device};
  std::string_view const behind_device = device_part.after;
  if (!device_part.found || detail::read_query(behind_device, parsed)) return parsed;

  cut_result module_part = cut(behind_device, '/');
  if (!module_part.found || !device_id::is_valid(module_part.before))
    return detail::user_name_error(input, behind_device);
  parsed.module_id = module_part.before;
  if (!detail::read_query(module_part.after, parsed))
    return detail::user_name_error(input, module_part.after);
  return parsed;
}

}  // namespace hubwire::inline HUBWIRE_ABI::iothub

#endif
