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
#include <hubwire/text/encoded_text.hpp>
#include <hubwire/text/percent.hpp>
#include <hubwire/text/text_writer.hpp>
#include <hubwire/wire/text.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

// What the device side sends.

inline constexpr encoded_text default_api_version = "2021-04-12";

struct user_name_options {
  encoded_text api_version = default_api_version;
  text device_client_type{};  // product and version, not encoded; left out when empty
  text model_id{};            // IoT Plug and Play: "dtmi:com:example:Thermostat;1"; as above
};

namespace detail {

// Whether nothing of it was taken from a failed result.
constexpr bool are_present(identity const& self, user_name_options const& options) noexcept {
  // What is absent has a size that no field has.
  std::size_t const sizes =
      options.api_version.size() | options.device_client_type.size() | options.model_id.size();
  return self.is_present() && hubwire::detail::fits_field(sizes);
}

// Unless it is empty.
constexpr void put_option(text_writer& out, std::string_view label, text option) noexcept {
  if (!option.empty()) out.put(label).put_percent(option.view());
}
constexpr std::size_t option_size(std::string_view label, text option) noexcept {
  return option.view().empty() ? 0 : label.size() + percent_encoded_size(option.view());
}

}  // namespace detail

/// A buffer of this size holds the client id of any device.
inline constexpr std::size_t client_id_max = device_id_max;

/// The size of the user name, exactly.
constexpr std::size_t user_name_max(identity const& self, user_name_options const& options = {}) noexcept {
  return self.host.view().size() + self.device.view().size() + literal("//?api-version=").size() +
         options.api_version.view().size() +
         detail::option_size(literal("&DeviceClientType="), options.device_client_type) +
         detail::option_size(literal("&model-id="), options.model_id);
}

/// The device id. errc::buffer_too_small with the size needed; errc::invalid_field for a device id taken from
/// a failed result.
constexpr result<text> client_id(char_span output, identity const& self) noexcept {
  if (!self.device.is_present()) return errc::invalid_field;
  text_writer out(output);
  out.put(self.device.view());
  return detail::finish_as<text>(out, errc::invalid_text);
}

/// "host/device/?api-version=2021-04-12&DeviceClientType=product%2F1.0&model-id=dtmi%3A…".
/// errc::missing_field without an api_version; errc::invalid_text when all of it exceeds 65,535 bytes, and
/// errc::invalid_field for an identity or an option that was taken from a failed result;
/// errc::buffer_too_small with the size needed.
constexpr result<text> user_name(char_span output, identity const& self,
                                 user_name_options const& options = {}) noexcept {
  if (!detail::are_present(self, options)) return errc::invalid_field;
  if (options.api_version.empty()) return errc::missing_field;
  text_writer out(output);
  out.put(self.host.view()).put('/').put(self.device.view());
  out.put(literal("/?api-version=")).put(options.api_version.view());
  detail::put_option(out, literal("&DeviceClientType="), options.device_client_type);
  detail::put_option(out, literal("&model-id="), options.model_id);
  return detail::finish_as<text>(out, errc::invalid_text);
}

// What the hub side receives.

struct parsed_user_name {
  host_name host;
  device_id device;
  std::string_view module_id{};  // empty: a device
  /// raw() is empty where the client did not say.
  percent_text api_version{};
  percent_text device_client_type{};
  percent_text model_id{};

  constexpr iothub::identity identity() const noexcept { return {host, device}; }
  /// What a failed result holds.
  static constexpr parsed_user_name absent() noexcept {
    return {hubwire::detail::absent{}, hubwire::detail::absent{}};
  }
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

/// Takes "host/device", "host/device/api-version=…" and "host/device/?…", each with or without ":port",
/// and the same with "/module" behind the device. Members of the query come in any order; unknown ones are
/// ignored, and of two with the same name the first counts. errc::invalid_user_name with the offset of the
/// part that is wrong.
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

}}}  // namespace hubwire::iothub

#endif
