// SPDX-License-Identifier: BSL-1.0
// What the body of a packet is written to. A packet type describes its body once, by its write_body(): run
// with a body_size it is measured, with a writer it is written, with a body_overlap its views are looked at,
// and with a body_record its fields are kept for later.
#ifndef HUBWIRE_WIRE_BODY_HPP
#define HUBWIRE_WIRE_BODY_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/config.hpp>
#include <hubwire/core/writer.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// Measures. A field that two bytes of length cannot tell, and whatever else must not be, sets bits of
// lengths_ above the 16th.
class body_size {
 public:
  constexpr void refuse_if(bool unsound) noexcept {
    if (unsound) [[unlikely]]
      lengths_ = no_size;
  }
  constexpr void u8(std::uint8_t) noexcept { size_ += 1; }
  constexpr void u16(std::uint16_t) noexcept { size_ += 2; }
  constexpr void prefixed(std::string_view chars) noexcept {
    lengths_ |= chars.size();
    size_ = sum_of_list(size_, 2 + chars.size());
  }
  HUBWIRE_SMALLER_INLINE constexpr void filled(std::string_view chars) noexcept {
    lengths_ |= chars.size() - 1;
    prefixed(chars);
  }
  // The last part of a body, which may be of any size.
  constexpr void raw(std::string_view chars) noexcept { size_ = saturated_sum(size_, chars.size()); }

  // no_size when the packet cannot be written.
  constexpr std::size_t total() const noexcept { return lengths_ >> 16 != 0 ? no_size : size_; }

 private:
  std::size_t size_ = 0;
  std::size_t lengths_ = 0;
};

// Finds out whether something that a packet views lies in memory.
class body_overlap {
 public:
  constexpr explicit body_overlap(char_view memory) noexcept : memory_(memory) {}

  constexpr void refuse_if(bool) noexcept {}
  constexpr void u8(std::uint8_t) noexcept {}
  constexpr void u16(std::uint16_t) noexcept {}
  constexpr void prefixed(std::string_view chars) noexcept { raw(chars); }
  constexpr void filled(std::string_view chars) noexcept { raw(chars); }
  constexpr void raw(std::string_view chars) noexcept { found_ |= overlap(memory_, chars); }

  constexpr bool found() const noexcept { return found_; }

 private:
  char_view memory_;
  bool found_ = false;
};

// A field of a packet: a number of two bytes, and as many characters as it says if there are any.
struct body_field {
  std::size_t number;
  char const* chars;
};

// Keeps the fields of a packet for encode_record(). All of them fit.
class body_record {
 public:
  // One of the fields is for the last part.
  template <std::size_t Most>
  constexpr explicit body_record(body_field (&to)[Most]) noexcept : end_(to), last_(to + Most - 1) {}

  HUBWIRE_SMALLER_INLINE constexpr void refuse_if(bool unsound) noexcept {
    if (unsound) [[unlikely]]
      lengths_ = no_size;
  }
  HUBWIRE_SMALLER_INLINE constexpr void u16(std::uint16_t number) noexcept { add({number, nullptr}); }
  HUBWIRE_SMALLER_INLINE constexpr void prefixed(std::string_view chars) noexcept {
    add({chars.size(), chars.data()});
  }
  HUBWIRE_SMALLER_INLINE constexpr void filled(std::string_view chars) noexcept {
    lengths_ |= chars.size() - 1;
    prefixed(chars);
  }
  // Ends the record.
  HUBWIRE_SMALLER_INLINE constexpr void raw(std::string_view chars) noexcept {
    *end_ = {chars.size(), chars.data()};
  }

  // The end of the fields, where the last part of the body is, which has no number.
  constexpr body_field const* end() const noexcept { return end_; }
  // Has bits above the 16th when the packet cannot be written.
  constexpr std::size_t lengths() const noexcept { return lengths_; }

 private:
  HUBWIRE_SMALLER_INLINE constexpr void add(body_field field) noexcept {
    HUBWIRE_ASSERT(end_ != last_);  // P::most_fields is too small
    *end_++ = field;
  }

  body_field* end_;
  body_field* last_;
  std::size_t lengths_ = 0;
};

// The number of bytes that recorded fields take; no_size when one of them cannot be written, or lengths say
// so.
constexpr std::size_t size_of_fields(body_field const* at, body_field const* end,
                                     std::size_t lengths) noexcept {
  std::size_t sum = 0;
  for (; at != end; ++at) {
    lengths |= at->number;
    sum += 2;
    if (at->chars != nullptr) sum += at->number;
  }
  return lengths >> 16 != 0 ? no_size : saturated_sum(sum, end->number);
}

constexpr void write_fields(writer out, body_field const* at, body_field const* end) noexcept {
  for (;; ++at) {
    if (at != end) out.u16(static_cast<std::uint16_t>(at->number));
    if (at->chars != nullptr) out.raw({at->chars, at->number});
    if (at == end) return;
  }
}

}}}  // namespace hubwire::detail

#endif
