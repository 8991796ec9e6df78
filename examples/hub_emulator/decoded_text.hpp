// SPDX-License-Identifier: BSL-1.0
// Escaped text from a device, as it is shown in JSON.
#ifndef HUB_EMULATOR_DECODED_TEXT_HPP
#define HUB_EMULATOR_DECODED_TEXT_HPP

#include <hubwire/core/utf8.hpp>
#include <hubwire/text/percent.hpp>
#include <string>

namespace hub_emulator {

// With a broken escape, or with octets that are no UTF-8, it is kept as the characters that were sent.
inline std::string decoded_text(hubwire::percent_text text) {
  std::string decoded(text.raw().size(), '\0');
  auto const result = text.decode(hubwire::char_span(decoded));
  if (!result || hubwire::scan_text(*result).ill_formed) return std::string(text.raw());
  decoded.resize(result->size());
  return decoded;
}

}  // namespace hub_emulator

#endif
