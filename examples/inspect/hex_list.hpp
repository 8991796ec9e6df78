// SPDX-License-Identifier: BSL-1.0
// Bytes one behind the other: 100c, 10 0c, 10:0c, 0x10,0x0c, \x10\x0c.
#ifndef INSPECT_HEX_LIST_HPP
#define INSPECT_HEX_LIST_HPP

#include <cstdint>
#include <string>
#include <string_view>

#include "fault.hpp"

namespace inspect {

// All lines are of one style. Two digits are a byte wherever they stand; what can mean two things is refused.
class hex_list {
 public:
  // Appends the bytes of a line to out.
  fault read(std::string_view line, std::string& out);
  // No line follows.
  fault finish() const;

 private:
  enum class style : std::uint8_t { unknown, bare, prefixed, escaped };
  // What one line has shown so far.
  struct line_state;

  fault read_values(std::string_view line, scanner& in, std::string& out);
  fault read_value(scanner& in, std::string& out);
  fault read_bare(scanner& in, std::string& out);
  fault read_separator(scanner& in, line_state& line, std::string_view bytes);
  bool begin_fold(std::string_view run, std::string& out);
  fault continue_fold(scanner& in, std::string& out);
  fault take_style(scanner const& in, style wanted);

  style style_ = style::unknown;
  bool is_hex_ = false;    // a leading zero or a letter: these are no decimal numbers
  char half_ = '\0';       // a long run of digits ended between the two of a byte
  std::size_t width_ = 0;  // of that run
  bool folded_ = false;    // its last line has been
};

}  // namespace inspect

#endif
