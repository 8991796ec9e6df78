// SPDX-License-Identifier: BSL-1.0
// Reading the fields of a service request. All of these throw service_error 400 for a field that is
// missing or of the wrong type.
#ifndef HUB_EMULATOR_REQUEST_FIELDS_HPP
#define HUB_EMULATOR_REQUEST_FIELDS_HPP

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

#include "json.hpp"
#include "message.hpp"

namespace hub_emulator {

inline constexpr bool may_be_empty = true;

std::string required_text(json const& request, char const* name, bool empty_is_fine = false);

// Whole seconds or fractions of them, more than 0 and at most most.
std::chrono::milliseconds seconds_of(json const& request, char const* name, std::chrono::seconds otherwise,
                                     std::chrono::seconds most);

// A misspelt field would otherwise be ignored without a word.
void allow_only(json const& request, std::initializer_list<std::string_view> names);

// {"payload":"text" | "payload_base64":"...","properties":{...},"system":{...},"ttl":seconds}. Values of
// properties are strings, "" or null. id is the message's when "system" has none.
c2d_message read_c2d(json const& request, std::string const& id, std::string const& device);

}  // namespace hub_emulator

#endif
