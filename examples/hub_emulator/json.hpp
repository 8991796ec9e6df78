// SPDX-License-Identifier: BSL-1.0
// The two JSON types of the emulator.
#ifndef HUB_EMULATOR_JSON_HPP
#define HUB_EMULATOR_JSON_HPP

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace hub_emulator {

// Data from outside: members sorted, so that a hostile object with many members costs no quadratic time.
using json = nlohmann::json;
// Lines that the emulator prints itself: members stay in the order in which they were written.
using json_line = nlohmann::ordered_json;

// The value that text is. is_discarded() when it is no JSON, or has more than 100 levels: a library that
// prints and copies by recursion must not meet a value of any depth.
json parse_json(std::string_view text);

// Text for devices: one line, whatever the strings in it hold: octets that are no UTF-8 become U+FFFD instead of an error.
template <class Json>
std::string to_text(Json const& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The same value for people and their terminals: characters that move a cursor, break a line or turn the
// direction of writing are escaped as well (DEL, U+0080 to U+009F, U+2028, U+2029, and those of bidirectional
// text).
std::string to_line(json_line const& value);

}  // namespace hub_emulator

#endif
