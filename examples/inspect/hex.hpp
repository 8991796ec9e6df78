// SPDX-License-Identifier: BSL-1.0
// Hexadecimal text to bytes.
#ifndef INSPECT_HEX_HPP
#define INSPECT_HEX_HPP

#include <cstdint>
#include <string>
#include <string_view>

namespace inspect {

// Digits of either case, in pieces of any size. White space, ':' and ',' may stand anywhere.
class hex_reader {
 public:
  // Appends the bytes to out. False at a character that is none of these; offset() tells which.
  bool read(std::string_view chars, std::string& out);

  // Of the next character, counted over all pieces.
  std::uint64_t offset() const noexcept { return offset_; }
  // A digit waits for its other half.
  bool inside_byte() const noexcept { return inside_byte_; }

 private:
  std::uint64_t offset_ = 0;
  unsigned high_ = 0;
  bool inside_byte_ = false;
};

}  // namespace inspect

#endif
