// SPDX-License-Identifier: BSL-1.0
// Hexadecimal text to bytes, whatever tool wrote it: read right, or refused with a reason.
#ifndef INSPECT_HEX_TEXT_HPP
#define INSPECT_HEX_TEXT_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fault.hpp"
#include "hex_dump.hpp"
#include "hex_list.hpp"
#include "hex_literal.hpp"
#include "line_splitter.hpp"

namespace inspect {

// The first line tells the form; all others have the same. A line is read whole or not at all.
class hex_text {
 public:
  explicit hex_text(std::size_t longest_line) : lines_(longest_line) {}

  // Takes text in pieces of any size and appends the bytes to out. False when a line was refused.
  bool read(std::string_view piece, std::string& out);
  // No text follows.
  bool finish(std::string& out);

  // "line 3, column 12: why", both counted from 1, the column in bytes.
  std::string const& problem() const noexcept { return problem_; }

 private:
  enum class form : std::uint8_t { unknown, held, list, dump, array, strings, buffers };

  bool take_line(std::string& out);
  fault read_line(std::string_view line, std::string& out);
  form form_of(std::string_view line) const noexcept;
  bool settle_held(std::string_view line, std::string& out);
  bool refuse(std::uint64_t line, fault const& why);

  line_splitter lines_;
  form form_ = form::unknown;
  std::uint64_t number_ = 0;  // of the line
  std::string problem_{};
  // A line that may begin with an offset waits for the next one.
  std::string held_{};
  std::uint64_t held_number_ = 0;
  hex_list list_{};
  hex_dump dump_{};
  hex_array array_{};
};

}  // namespace inspect

#endif
