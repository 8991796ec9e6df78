// SPDX-License-Identifier: BSL-1.0
// Bytes as programming languages write them: arrays of C and Go, strings, Python's bytes, node's Buffer.
#ifndef INSPECT_HEX_LITERAL_HPP
#define INSPECT_HEX_LITERAL_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fault.hpp"

namespace inspect {

// {0x10, 0xc}, [0x10, 0xc], unsigned char name[2] = {0x10, 0xc};, over any number of lines. Comments are
// comments. A size that is declared, also as in "unsigned int name_len = 2;", has to be right.
class hex_array {
 public:
  static bool begins(std::string_view line) noexcept;

  fault read(std::string_view line, std::string& out);
  fault finish() const;

 private:
  enum class place : std::uint8_t { outside, before_value, behind_value, comment };

  fault read_piece(scanner& in, std::string& out);
  bool skip_comment(scanner& in);
  fault open(scanner& in);
  fault close(scanner& in);
  fault read_value(scanner& in, std::string& out);
  fault end_statement(std::size_t at);

  place place_ = place::outside;
  place behind_comment_ = place::outside;
  std::string head_{};     // what stands in front of the bracket, blanks as one
  std::string last_{};     // the head of the last array
  std::size_t count_ = 0;  // bytes of it
  char bracket_ = '\0';
};

// b'\x10\x0cMQTT', bytearray(b'\x10'), "\x10\x0c" with nothing but \x in it. Appends the bytes to out.
bool begins_string(std::string_view line) noexcept;
fault read_strings(std::string_view line, std::string& out);

// <Buffer 10 0c>
bool begins_buffer(std::string_view line) noexcept;
fault read_buffer(std::string_view line, std::string& out);

}  // namespace inspect

#endif
