// SPDX-License-Identifier: BSL-1.0
// "HostName=…;DeviceId=…;SharedAccessKey=…", the text under which Azure hands out credentials.
#ifndef HUBWIRE_IOTHUB_CONNECTION_STRING_HPP
#define HUBWIRE_IOTHUB_CONNECTION_STRING_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/iothub/identity.hpp>

namespace hubwire::inline HUBWIRE_ABI::iothub {

// The detail of errc::missing_field from parse_connection_string.
enum class connection_field : std::uint8_t {
  host_name,
  device_id,
  module_id,
  shared_access_key,
  shared_access_key_name,
  shared_access_signature,
  gateway_host_name,
  x509,
  unknown,
};

// Views into the connection string; empty where a part is not there.
struct connection_string {
  std::string_view host_name{};
  std::string_view device_id{};  // empty in the connection string of a service
  std::string_view module_id{};
  std::string_view shared_access_key{};  // base64
  std::string_view shared_access_key_name{};
  std::string_view shared_access_signature{};  // a ready-made SAS token
  std::string_view gateway_host_name{};        // where to connect instead; the identity keeps host_name
  bool x509 = false;                           // a client certificate takes the place of the password
  std::size_t unknown_parts = 0;               // ignored, but counted
  std::string_view first_unknown_part{};       // "Name=value"

  // errc::missing_field in the connection string of a service, which has no device id.
  constexpr result<iothub::identity> identity() const noexcept {
    result<iothub::host_name> host = iothub::host_name::parse(host_name);
    if (!host) return errc::missing_field;
    result<iothub::device_id> device = iothub::device_id::parse(device_id);
    if (!device) return errc::missing_field;
    return iothub::identity{*host, *device};
  }
};

namespace detail {

constexpr connection_field field_of(std::string_view name) noexcept {
  if (same(name, literal("HostName"))) return connection_field::host_name;
  if (same(name, literal("DeviceId"))) return connection_field::device_id;
  if (same(name, literal("ModuleId"))) return connection_field::module_id;
  if (same(name, literal("SharedAccessKey"))) return connection_field::shared_access_key;
  if (same(name, literal("SharedAccessKeyName"))) return connection_field::shared_access_key_name;
  if (same(name, literal("SharedAccessSignature"))) return connection_field::shared_access_signature;
  if (same(name, literal("GatewayHostName"))) return connection_field::gateway_host_name;
  if (same(name, literal("x509"))) return connection_field::x509;
  return connection_field::unknown;
}

constexpr bool is_valid_value(connection_field field, std::string_view value) noexcept {
  switch (field) {
    case connection_field::host_name:
    case connection_field::gateway_host_name: return host_name::is_valid(value);
    case connection_field::device_id:
    case connection_field::module_id: return device_id::is_valid(value);
    case connection_field::x509: return same(value, literal("true")) || same(value, literal("false"));
    default: return !value.empty();
  }
}

constexpr void store(connection_string& parsed, connection_field field, std::string_view value) noexcept {
  switch (field) {
    case connection_field::host_name: parsed.host_name = value; return;
    case connection_field::device_id: parsed.device_id = value; return;
    case connection_field::module_id: parsed.module_id = value; return;
    case connection_field::shared_access_key: parsed.shared_access_key = value; return;
    case connection_field::shared_access_key_name: parsed.shared_access_key_name = value; return;
    case connection_field::shared_access_signature: parsed.shared_access_signature = value; return;
    case connection_field::gateway_host_name: parsed.gateway_host_name = value; return;
    case connection_field::x509: parsed.x509 = same(value, literal("true")); return;
    case connection_field::unknown: return;
  }
}

constexpr int ways_to_authenticate(connection_string const& parsed) noexcept {
  return (parsed.shared_access_key.empty() ? 0 : 1) + (parsed.shared_access_signature.empty() ? 0 : 1) +
         (parsed.x509 ? 1 : 0);
}

// One "Name=value"; seen has a bit for each field that came before.
constexpr errc read_part(connection_string& parsed, unsigned& seen, std::string_view part) noexcept {
  cut_result halves = cut(part, '=');
  if (!halves.found || halves.before.empty()) return errc::invalid_connection_string;
  connection_field const field = field_of(halves.before);
  if (field == connection_field::unknown) {
    if (parsed.unknown_parts++ == 0) parsed.first_unknown_part = part;
    return errc::none;
  }
  unsigned const bit = 1u << static_cast<unsigned>(field);
  if ((seen & bit) != 0) return errc::duplicate_field;
  seen |= bit;
  if (!is_valid_value(field, halves.after)) return errc::invalid_field;
  store(parsed, field, halves.after);
  return ways_to_authenticate(parsed) > 1 ? errc::invalid_connection_string : errc::none;
}

// What must be there depends on whose connection string it is: a device's (or module's), or a policy's.
constexpr result<void> check_complete(connection_string const& parsed) noexcept {
  auto missing = [](connection_field field) noexcept {
    return error{errc::missing_field, static_cast<std::uint32_t>(field)};
  };
  if (parsed.host_name.empty()) return missing(connection_field::host_name);
  bool const of_policy = !parsed.shared_access_key_name.empty() && parsed.module_id.empty();
  if (parsed.device_id.empty() && !of_policy) return missing(connection_field::device_id);
  bool const needs_key = !parsed.shared_access_key_name.empty() && parsed.shared_access_key.empty();
  if (needs_key || ways_to_authenticate(parsed) == 0) return missing(connection_field::shared_access_key);
  return {};
}

}  // namespace detail

// Parts in any order, names with their case, nothing trimmed; a value runs to the next ';' and may hold
// '='; one ';' may stand at the end. Parts with an unknown name are ignored and reported.
// errc::missing_field, detail: which connection_field. With the offset of the part as detail:
// errc::invalid_connection_string for a part without '=' or name and for the second of two ways to
// authenticate, errc::duplicate_field, errc::invalid_field for a value that is empty or not allowed.
constexpr result<connection_string> parse_connection_string(std::string_view input) noexcept {
  connection_string parsed;
  unsigned seen = 0;
  for (std::string_view rest = input; !rest.empty();) {
    cut_result part = cut(rest, ';');
    errc const failure = detail::read_part(parsed, seen, part.before);
    if (failure != errc::none) return error{failure, static_cast<std::uint32_t>(input.size() - rest.size())};
    rest = part.after;
  }
  result<void> complete = detail::check_complete(parsed);
  if (!complete) return complete.error();
  return parsed;
}

}  // namespace hubwire::inline HUBWIRE_ABI::iothub

#endif
