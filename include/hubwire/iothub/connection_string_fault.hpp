// SPDX-License-Identifier: BSL-1.0
// What is wrong with a connection string, in words and with the character. For programs that ask: those that
// call parse_connection_string alone have nothing of this.
#ifndef HUBWIRE_IOTHUB_CONNECTION_STRING_FAULT_HPP
#define HUBWIRE_IOTHUB_CONNECTION_STRING_FAULT_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/iothub/connection_string.hpp>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/text/base64.hpp>
#include <hubwire/text/percent.hpp>

namespace hubwire { inline namespace abi1 { namespace iothub {

enum class connection_string_mistake : std::uint8_t {
  none,
  empty_part,      // nothing in front of a ';'
  no_equals_sign,  // a part that is no "Name=value"
  no_name,         // a part that begins with '='
  blank,           // where none may stand; a tab is one as well
  line_end,        // CR or LF
  quotation_mark,
  not_ascii,  // or a control character
  letter_case,
  unknown_name,
  given_twice,
  second_way_to_authenticate,
  empty_value,
  wrong_value,
  missing_part,
};

/// Holds nothing of the connection string, so that it can be printed.
struct connection_string_fault {
  error why{};  // as parse_connection_string says it
  connection_string_mistake mistake = connection_string_mistake::none;
  connection_field field = connection_field::unknown;  // which part, unknown where its name is none
  std::size_t offset = 0;  // of the character that is wrong, or where its part or value begins

  constexpr explicit operator bool() const noexcept { return why.code != errc::none; }
};

namespace detail {

constexpr bool is_quotation_mark(char c) noexcept { return c == '"' || c == '\'' || c == '`'; }

// What a character is that has no place in a name, and in few values.
constexpr connection_string_mistake stray(char c) noexcept {
  if (c == ' ' || c == '\t') return connection_string_mistake::blank;
  if (c == '\r' || c == '\n') return connection_string_mistake::line_end;
  if (is_quotation_mark(c)) return connection_string_mistake::quotation_mark;
  return c < ' ' || c > '~' ? connection_string_mistake::not_ascii : connection_string_mistake::none;
}

// Whether a value of that field may hold c. Not where, and not how many: that is for is_valid_value.
constexpr bool may_hold(connection_field field, char c) noexcept {
  switch (field) {
    case connection_field::host_name:
    case connection_field::gateway_host_name: return c == ':' || (c != '~' && is_unreserved(c));
    case connection_field::device_id:
    case connection_field::module_id: return device_id::is_valid(std::string_view(&c, 1));
    case connection_field::shared_access_key: return c == '=' || hubwire::detail::base64_value(c) < 64;
    case connection_field::shared_access_key_name: return belongs_to_policy_name(c);
    default: return is_visible(std::string_view(&c, 1));
  }
}

// Offset in a value of the first character that it may not hold; 0 where it is wrong in another way.
constexpr std::size_t find_wrong(connection_field field, std::string_view value) noexcept {
  std::string_view rest = value;
  if (field == connection_field::shared_access_signature) consume(rest, literal("SharedAccessSignature "));
  for (char const& c : rest)
    if (!may_hold(field, c)) return static_cast<std::size_t>(&c - value.data());
  return 0;
}

// offset is that of the value.
constexpr void judge_value(connection_string_fault& fault, std::string_view value) noexcept {
  using enum connection_string_mistake;
  if (value.empty()) {
    fault.mistake = empty_value;
    return;
  }
  std::size_t const at = find_wrong(fault.field, value);
  connection_string_mistake const found = stray(value[at]);
  fault.offset += at;
  fault.mistake = found == none || may_hold(fault.field, value[at]) ? wrong_value : found;
}

// offset is that of the part.
constexpr void judge_name(connection_string_fault& fault, std::string_view name) noexcept {
  using enum connection_string_mistake;
  for (std::size_t at = 0; at != name.size(); ++at) {
    if (stray(name[at]) == none) continue;
    fault.mistake = stray(name[at]);
    fault.offset += at;
    return;
  }
  fault.field = field_of_any_case(name);
  fault.mistake = fault.field == connection_field::unknown ? unknown_name : letter_case;
}

constexpr void judge_part(connection_string_fault& fault, std::string_view part) noexcept {
  using enum connection_string_mistake;
  cut_result halves = cut(part, '=');
  fault.field = field_of(halves.before);
  if (fault.why == errc::duplicate_field) {
    fault.mistake = given_twice;
  } else if (part.empty()) {
    fault.mistake = empty_part;
  } else if (halves.before.empty()) {
    fault.mistake = no_name;
  } else if (fault.why == errc::unknown_field || !halves.found) {
    judge_name(fault, halves.before);
    if (!halves.found && fault.mistake >= letter_case) fault.mistake = no_equals_sign;
  } else if (fault.why == errc::invalid_field) {
    fault.offset += halves.before.size() + 1;
    judge_value(fault, halves.after);
  } else {
    fault.mistake = second_way_to_authenticate;
  }
}

constexpr std::string_view explain_value(connection_field field) noexcept {
  switch (field) {
    case connection_field::host_name:
    case connection_field::gateway_host_name:
      return "A host name has letters, digits, '-', '_' and single dots between them, and a port of 1 to "
             "65535 at "
             "most. There is no 'https://' in front of it and no path or dot behind it.";
    case connection_field::device_id:
    case connection_field::module_id:
      return "An id has 1 to 128 letters, digits and these: -.+%_#*?!(),=@:$' Copy it as the hub's registry "
             "shows "
             "it.";
    case connection_field::shared_access_key:
      return "A key is base64, of 1 to 128 bytes: groups of four letters, digits, '+' and '/', the last one "
             "filled "
             "up with '='. Copy all of it.";
    case connection_field::shared_access_key_name:
      return "The name of a policy has letters, digits, '-', '.', '_' and '@' only.";
    case connection_field::shared_access_signature:
      return "A token is 'SharedAccessSignature sr=...&sig=...&se=...', with '&skn=...' where it is a "
             "policy's, and "
             "nothing else. It is not the key: that belongs to SharedAccessKey.";
    case connection_field::x509: return "x509 is 'true' or 'false', in lower case.";
    case connection_field::unknown: break;
  }
  return "The value holds a character that no part of a connection string has.";
}

constexpr std::string_view explain_missing(connection_field field) noexcept {
  if (field == connection_field::host_name)
    return "HostName is missing: the name of the hub, such as 'myhub.azure-devices.net'. Is this all of the "
           "connection string?";
  if (field == connection_field::device_id)
    return "DeviceId is missing: is this the connection string of a service? In a shell put it between "
           "quotation "
           "marks: a ';' ends the command.";
  return "There is nothing to authenticate with: add SharedAccessKey, a SharedAccessSignature or x509=true. "
         "SharedAccessKeyName alone is not enough.";
}

}  // namespace detail

/// Finds out what is wrong by reading the text again. others is what parse_connection_string was given.
/// Linear.
constexpr connection_string_fault diagnose_connection_string(
    std::string_view input, unknown_fields others = unknown_fields::refuse) noexcept {
  connection_string_fault fault;
  result<connection_string> parsed = parse_connection_string(input, others);
  if (parsed) return fault;
  fault.why = parsed.error();
  if (fault.why == errc::missing_field) {
    fault.mistake = connection_string_mistake::missing_part;
    fault.field = static_cast<connection_field>(fault.why.detail);
    fault.offset = input.size();
  } else {
    fault.offset = fault.why.detail;
    detail::judge_part(fault, cut(drop(input, fault.offset), ';').before);
  }
  return fault;
}

/// What is wrong and what to do about it, one or more plain sentences, without anything of the input.
constexpr std::string_view explain(connection_string_fault const& fault) noexcept {
  using enum connection_string_mistake;
  switch (fault.mistake) {
    case none: return "The connection string is sound.";
    case empty_part: return "There is nothing in front of this ';'. Parts are separated by one ';'.";
    case no_equals_sign:
      return "This part has no '='. Does a value in front of it hold a ';'? None can, in a connection "
             "string.";
    case no_name: return "This part begins with '='. A part is 'Name=value'.";
    case blank: return "There is a blank where none belongs. Nothing is trimmed: remove it.";
    case line_end:
      return "There is a line end. A connection string is one line, without a newline behind it.";
    case quotation_mark:
      return "There is a quotation mark: it belongs to the shell or to the file, remove it.";
    case not_ascii:
      return "There is a control character or one that is not ASCII, which an editor or a web page may have "
             "put "
             "there. It may be invisible: type the text around it anew.";
    case letter_case: return "The name is right but for upper and lower case, which count.";
    case unknown_name:
      return "No part of a connection string has this name. If a value in front of it holds a ';', that ends "
             "it: "
             "such an id cannot be written in a connection string.";
    case given_twice: return "This part is there twice. Are there two connection strings in one?";
    case second_way_to_authenticate:
      return "There are two ways to authenticate: keep one of SharedAccessKey, SharedAccessSignature and "
             "x509=true.";
    case empty_value: return "There is no value behind the '='.";
    case wrong_value: return detail::explain_value(fault.field);
    case missing_part: return detail::explain_missing(fault.field);
  }
  return "The connection string cannot be used.";
}

}}}  // namespace hubwire::iothub

#endif
