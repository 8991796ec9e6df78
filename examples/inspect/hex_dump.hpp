// SPDX-License-Identifier: BSL-1.0
// Dumps with a column of offsets: xxd, hexdump -C, od -t x1, tcpdump -x, Wireshark.
#ifndef INSPECT_HEX_DUMP_HPP
#define INSPECT_HEX_DUMP_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fault.hpp"

namespace inspect {

enum class likeness : std::uint8_t {
  none,     // the line begins with data
  perhaps,  // its first word may be an offset or data
  sure,     // an offset
};
likeness offset_column(std::string_view line) noexcept;

// Whether text is how dumps show these bytes: a character each, '.' for what is not printable. Blanks at the
// end may have been trimmed.
bool is_text_of(std::string_view text, std::string_view bytes) noexcept;

struct dump_row;

// Offsets and text are checked against the bytes: they are there, so they have to agree.
class hex_dump {
 public:
  // Appends the bytes of a line to out.
  fault read(std::string_view line, std::string& out);
  void blank_line() noexcept { blank_ = true; }
  // No line follows.
  fault finish() const;

 private:
  struct base {
    unsigned radix;
    bool possible;        // agrees with all offsets so far
    std::uint64_t first;  // the offset of the first row
  };

  fault place(dump_row const& row);
  fault fill(dump_row const& row, std::string& out);
  fault repeat(dump_row const& row, std::uint64_t missing, std::string& out);
  void begin(dump_row const& row) noexcept;

  std::array<base, 3> bases_{{{16, true, 0}, {10, true, 0}, {8, true, 0}}};
  bool begun_ = false;
  bool ended_ = false;  // a row without bytes: the size of all
  bool blank_ = false;
  bool order_known_ = false;  // of the bytes in a group
  bool repeated_ = false;     // "*"
  std::uint64_t count_ = 0;   // bytes of this dump
  std::uint64_t filled_ = 0;  // bytes that "*" stood for, in all dumps of the text
  std::string last_{};        // bytes of the last row
};

}  // namespace inspect

#endif
