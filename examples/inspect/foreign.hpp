// SPDX-License-Identifier: BSL-1.0
// Bytes that are no MQTT stream, although one may be in them: captures, other protocols, text.
#ifndef INSPECT_FOREIGN_HPP
#define INSPECT_FOREIGN_HPP

#include <cstdint>
#include <string>
#include <string_view>

namespace inspect {

enum class origin : std::uint8_t { bytes, hexadecimal };

struct recognition {
  bool open = false;          // more bytes could tell
  std::string_view what{};    // "a capture file (pcapng)"; empty: nothing that is known here
  std::string_view advice{};  // what to do, with the command that takes the MQTT stream out
};

// To be asked about the start of input in which the first packet is bad or not complete: none of the forms
// begins with a sound packet.
recognition recognise(std::string_view start, origin from);

}  // namespace inspect

#endif
