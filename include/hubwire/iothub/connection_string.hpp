// SPDX-License-Identifier: BSL-1.0
// "HostName=…;DeviceId=…;SharedAccessKey=…", the text under which Azure hands out credentials.
#ifndef HUBWIRE_IOTHUB_CONNECTION_STRING_HPP
#define HUBWIRE_IOTHUB_CONNECTION_STRING_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/core/wipe.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/iothub/sas_token.hpp>
#include <hubwire/iothub/sas_verify.hpp>
#include <hubwire/text/base64.hpp>
#include <hubwire/text/percent.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

/// The detail of errc::missing_field from parse_connection_string.
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

/// The name as it stands in a connection string, "unknown" for none of them.
constexpr std::string_view to_string(connection_field field) noexcept {
  constexpr std::string_view names[] = {"HostName",
                                        "DeviceId",
                                        "ModuleId",
                                        "SharedAccessKey",
                                        "SharedAccessKeyName",
                                        "SharedAccessSignature",
                                        "GatewayHostName",
                                        "x509"};
  return field < connection_field::unknown ? names[static_cast<std::size_t>(field)] : "unknown";
}

/// What parse_connection_string does with a part of another name.
enum class unknown_fields : std::uint8_t {
  refuse,
  allow,  // counts it and shows the first one, unless its name differs from a known one by case only
};

/// Views into the connection string; empty where a part is not there.
struct connection_string {
  std::string_view host_name{};
  std::string_view device_id{};  // empty in the connection string of a service
  std::string_view module_id{};
  std::string_view shared_access_key{};  // base64
  std::string_view shared_access_key_name{};
  std::string_view shared_access_signature{};  // a ready-made SAS token
  std::string_view gateway_host_name{};        // where to connect instead; the identity keeps host_name
  bool x509 = false;                           // a client certificate takes the place of the password
  std::size_t unknown_parts = 0;               // not 0 with unknown_fields::allow only
  std::string_view first_unknown_part{};       // "Name=value"

  /// errc::missing_field in the connection string of a service, which has no device id.
  constexpr result<iothub::identity> identity() const noexcept {
    result<iothub::host_name> host = iothub::host_name::parse(host_name);
    if (!host) return errc::missing_field;
    result<iothub::device_id> device = iothub::device_id::parse(device_id);
    if (!device) return errc::missing_field;
    return iothub::identity{*host, *device};
  }
};

namespace detail {

// The field that name means to be if its letters had the right case.
constexpr connection_field field_of_any_case(std::string_view name) noexcept {
  for (unsigned which = 0; which != static_cast<unsigned>(connection_field::unknown); ++which) {
    auto const field = static_cast<connection_field>(which);
    if (same_ignoring_case(name, to_string(field))) return field;
  }
  return connection_field::unknown;
}

constexpr connection_field field_of(std::string_view name) noexcept {
  connection_field const field = field_of_any_case(name);
  return same(name, to_string(field)) ? field : connection_field::unknown;
}

// No blank, no quotation mark, no control character, nothing but ASCII.
constexpr bool is_visible(std::string_view text) noexcept {
  for (char const c : text)
    if (c <= ' ' || c > '~' || c == '"') return false;
  return true;
}

constexpr bool belongs_to_policy_name(char c) noexcept { return c == '@' || (c != '~' && is_unreserved(c)); }

constexpr bool is_policy_name(std::string_view value) noexcept {
  for (char const c : value)
    if (!belongs_to_policy_name(c)) return false;
  return !value.empty();
}

// Base64 of 1 to 128 bytes.
constexpr bool is_key(std::string_view value) noexcept {
  std::array<char, sas_key_max> octets{};
  bool const decoded = base64_decode(char_span(octets), value).has_value();
  wipe(char_span(octets));
  return decoded && !value.empty();
}

constexpr bool is_token_field(property const& field) noexcept {
  std::string_view const name = field.name.raw();
  bool const known = same(name, literal("sr")) || same(name, literal("sig")) || same(name, literal("se")) ||
                     same(name, literal("skn"));
  return known && !field.value.is_null() && !field.value.malformed();
}

// A token as parse_sas_token takes it, with no other field and no '&' at the end: nothing in it is ignored.
constexpr bool is_token(std::string_view value) noexcept {
  if (!parse_sas_token(value)) return false;
  consume(value, literal("SharedAccessSignature "));
  if (value.back() == '&' || !is_visible(value)) return false;
  result<property_bag> fields = property_bag::parse(value);
  if (!fields) return false;
  for (property const field : *fields)
    if (!is_token_field(field)) return false;
  return true;
}

constexpr bool is_valid_value(connection_field field, std::string_view value) noexcept {
  switch (field) {
    case connection_field::host_name:
    case connection_field::gateway_host_name: return host_name::is_valid(value);
    case connection_field::device_id:
    case connection_field::module_id: return device_id::is_valid(value);
    case connection_field::shared_access_key: return is_key(value);
    case connection_field::shared_access_key_name: return is_policy_name(value);
    case connection_field::shared_access_signature: return is_token(value);
    case connection_field::x509: return same(value, literal("true")) || same(value, literal("false"));
    case connection_field::unknown: return is_visible(value);
  }
  return false;
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

// A name that somebody may have added on purpose: a plain word, and no known name with letters of another
// case.
constexpr bool is_extra_name(std::string_view name) noexcept {
  for (char const c : name)
    if (!is_unreserved(c)) return false;
  return field_of_any_case(name) == connection_field::unknown;
}

constexpr errc count_unknown(connection_string& parsed, std::string_view part) noexcept {
  cut_result halves = cut(part, '=');
  if (!is_extra_name(halves.before)) return errc::unknown_field;
  if (!is_valid_value(connection_field::unknown, halves.after)) return errc::invalid_field;
  if (parsed.unknown_parts++ == 0) parsed.first_unknown_part = part;
  return errc::none;
}

// One "Name=value"; seen has a bit for each field that came before.
constexpr errc read_part(connection_string& parsed, unsigned& seen, std::string_view part,
                         unknown_fields others) noexcept {
  cut_result halves = cut(part, '=');
  if (!halves.found || halves.before.empty()) return errc::invalid_connection_string;
  connection_field const field = field_of(halves.before);
  if (field == connection_field::unknown)
    return others == unknown_fields::allow ? count_unknown(parsed, part) : errc::unknown_field;
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

/// Reads a connection string. Parts come in any order, names with their case. Nothing is trimmed and nothing
/// ignored: each byte belongs to a part or is a ';' between two. A value runs to the next ';' and may hold
/// '='; one ';' may stand at the end. A device id with a ';', which the registry allows, cannot be written
/// in a connection string. errc::missing_field, detail: which connection_field. With the offset of the part
/// as detail: errc::invalid_connection_string for a part without '=' or name and for the second of two ways
/// to authenticate; errc::unknown_field for another name, unless others allows it; errc::duplicate_field;
/// errc::invalid_field for a value that is empty or breaks the rules of its field, such as a key that is no
/// base64. iothub/connection_string_fault.hpp says it in words, with the character that is wrong.
constexpr result<connection_string> parse_connection_string(
    std::string_view input, unknown_fields others = unknown_fields::refuse) noexcept {
  connection_string parsed;
  unsigned seen = 0;
  for (std::string_view rest = input; !rest.empty();) {
    cut_result part = cut(rest, ';');
    errc const failure = detail::read_part(parsed, seen, part.before, others);
    if (failure != errc::none) return error{failure, static_cast<std::uint32_t>(input.size() - rest.size())};
    rest = part.after;
  }
  result<void> complete = detail::check_complete(parsed);
  if (!complete) return complete.error();
  return parsed;
}

}}}  // namespace hubwire::iothub

#endif
