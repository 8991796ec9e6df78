// SPDX-License-Identifier: BSL-1.0
// Spaces that are small enough to be tried whole, each against a second, plainer statement of the rule.
#ifndef HUBWIRE_TESTS_VECTORS_EXHAUSTIVE_HPP
#define HUBWIRE_TESTS_VECTORS_EXHAUSTIVE_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/mqtt3.hpp>

#include <support/text_reference.hpp>
#include <vectors/golden.hpp>

namespace hubwire::test {

// The 1 or 2 byte integers: each value has one encoding, and every other pair of bytes is refused.
inline bool every_varint_of_two_bytes() {
  for (std::uint32_t value = 0; value != 16'384; ++value) {
    char memory[4] = {};
    writer out(memory);
    write_varint(out, value);
    std::size_t const size = value < 128 ? 1 : 2;
    varint const back = read_varint({memory, size});
    if (out.position() != memory + size || varint_size(value) != size) return false;
    if (back.status != varint_status::ready || back.value != value || back.size != size) return false;
  }
  for (unsigned first = 0; first != 256; ++first) {
    for (unsigned second = 0; second != 256; ++second) {
      char const memory[] = {static_cast<char>(first), static_cast<char>(second)};
      varint const read = read_varint({memory, 2});
      varint_status const expected = first < 128    ? varint_status::ready
                                     : second > 127 ? varint_status::need_more
                                     : second == 0  ? varint_status::malformed
                                                    : varint_status::ready;
      if (read.status != expected) return false;
      if (expected == varint_status::ready && first < 128 && (read.size != 1 || read.value != first))
        return false;
      if (expected == varint_status::ready && first > 127 && read.value != (first & 127) + 128 * second)
        return false;
    }
  }
  return true;
}

// Two bytes are a text when both are ASCII but U+0000, or when they are one character of two bytes.
inline bool every_text_of_two_bytes() {
  for (unsigned first = 0; first != 256; ++first) {
    for (unsigned second = 0; second != 256; ++second) {
      char const memory[] = {static_cast<char>(first), static_cast<char>(second)};
      bool const ascii = first != 0 && first < 128 && second != 0 && second < 128;
      bool const one = first >= 0xC2 && first <= 0xDF && second >= 0x80 && second <= 0xBF;
      if (text::is_valid({memory, 2}) != (ascii || one)) return false;
    }
  }
  return true;
}

// Scans in blocks of Width, whichever this machine uses by itself.
template <std::size_t Width>
bool scans(std::string_view in, text_findings wanted) {
  unsigned const bits = (wanted.ill_formed ? detail::found_ill_formed : 0) |
                        (wanted.nul ? detail::found_nul : 0) | (wanted.wildcard ? detail::found_wildcard : 0);
  return detail::scan_blocks<Width>(in.data(), in.size()) == bits;
}

// Every two bytes at every place of a text of 40, alone and with what may finish a sequence behind them.
template <std::size_t Width>
bool every_pair_in_a_text() {
  char memory[40];
  for (char& c : memory) c = 'x';
  for (unsigned pair = 0; pair != 0x10000; ++pair) {
    char const four[] = {static_cast<char>(pair >> 8), static_cast<char>(pair), '\x80', '\x80'};
    for (std::size_t const size : {2u, 4u}) {
      text_findings const wanted = text_reference({four, size});
      for (std::size_t place = 0; place + size <= sizeof(memory); ++place) {
        for (std::size_t i = 0; i != size; ++i) memory[place + i] = four[i];
        bool const right = scans<Width>({memory, sizeof(memory)}, wanted);
        for (std::size_t i = 0; i != size; ++i) memory[place + i] = 'x';
        if (!right) return false;
      }
    }
  }
  return true;
}

// Every three bytes, alone and across the border of two blocks.
template <std::size_t Width>
bool every_text_of_three_bytes() {
  char memory[40];
  for (char& c : memory) c = 'x';
  for (unsigned number = 0; number != 0x1000000; ++number) {
    char const three[] = {static_cast<char>(number >> 16), static_cast<char>(number >> 8),
                          static_cast<char>(number)};
    text_findings const wanted = text_reference({three, 3});
    for (std::size_t i = 0; i != 3; ++i) memory[15 + i] = three[i];
    if (!scans<Width>({three, 3}, wanted)) return false;
    if (!scans<Width>({memory, sizeof(memory)}, wanted)) return false;
  }
  return true;
}

// What an input of size bytes, at most three, comes to, read off the standard's tables: v3.1.1 sections
// 2.2.1 (types and directions), 2.2.2 and 3.3.1 (flags), 2.2.3 (Remaining Length). No packet of one byte of
// body exists.
inline errc expected_verdict(std::uint8_t const* input, unsigned size, role sender) {
  constexpr char flags_of[] =
      "x00*002020200000";  // of types 0 to 15; * PUBLISH has its own, x no type at all
  constexpr char flags_of_publish[] = "yyyyyynnnnyyyynn";
  constexpr char sender_of[] = "-csbbbbbcscscscn";  // b both, n nobody: AUTH is a type of version 5
  unsigned const type = input[0] >> 4;
  char const flags = static_cast<char>('0' + (input[0] & 15));
  bool const sound = flags_of[type] == '*' ? flags_of_publish[input[0] & 15] == 'y' : flags_of[type] == flags;
  if (!sound || sender_of[type] == 'n') return errc::malformed_packet;
  char const who = sender == role::client ? 'c' : 's';
  if (sender_of[type] != 'b' && sender_of[type] != who) return errc::protocol_error;
  if (size == 1) return errc::not_one_frame;
  if (input[1] >= 128) return size == 3 && input[2] == 0 ? errc::malformed_packet : errc::not_one_frame;
  if (2u + input[1] > size) return errc::not_one_frame;
  bool const without_body = type >= 12 && type <= 14;
  return without_body && input[1] == 0 ? errc::none : errc::malformed_packet;
}

// Every input of size bytes, 1 to 3, from either side.
inline bool every_input(unsigned size) {
  std::uint32_t const count = std::uint32_t{1} << (8 * size);
  for (std::uint32_t number = 0; number != count; ++number) {
    std::uint8_t input[3];
    char chars[3];
    for (unsigned i = 0; i != size; ++i) {
      input[i] = static_cast<std::uint8_t>(number >> (8 * i));
      chars[i] = detail::to_char(input[i]);
    }
    for (role const sender : {role::client, role::server})
      if (verdict_on({chars, size}, sender) != expected_verdict(input, size, sender)) return false;
  }
  return true;
}

}  // namespace hubwire::test

#endif
