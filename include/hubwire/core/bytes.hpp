// SPDX-License-Identifier: BSL-1.0
// Bytes at the surface are std::uint8_t, inside they are char: a string_view over char is a constant
// expression, one over std::uint8_t is not. This header holds the casts between the two.
#ifndef HUBWIRE_CORE_BYTES_HPP
#define HUBWIRE_CORE_BYTES_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

/// Caller-owned memory that hubwire may write.
using byte_span = std::span<std::uint8_t>;
/// Bytes that hubwire reads.
using byte_view = std::span<std::uint8_t const>;
/// These as char, which is what constant evaluation can work on.
using char_span = std::span<char>;
using char_view = std::span<char const>;

namespace detail {

inline char* to_chars(std::uint8_t* bytes) noexcept { return reinterpret_cast<char*>(bytes); }
inline char const* to_chars(std::uint8_t const* bytes) noexcept {
  return reinterpret_cast<char const*>(bytes);
}
constexpr char* to_chars(char* chars) noexcept { return chars; }
inline std::uint8_t* to_bytes(char* chars) noexcept { return reinterpret_cast<std::uint8_t*>(chars); }
inline std::uint8_t const* to_bytes(char const* chars) noexcept {
  return reinterpret_cast<std::uint8_t const*>(chars);
}

inline char_span to_chars(byte_span bytes) noexcept { return {to_chars(bytes.data()), bytes.size()}; }
inline char_view to_chars(byte_view bytes) noexcept { return {to_chars(bytes.data()), bytes.size()}; }

constexpr std::uint8_t to_byte(char c) noexcept { return static_cast<std::uint8_t>(c); }
constexpr char to_char(std::uint8_t b) noexcept { return static_cast<char>(b); }

// Big-endian, as everything in MQTT: v3.1.1 §1.5.2, v5 §1.5.2.
constexpr std::uint16_t load_number(char const* at) noexcept {
  return static_cast<std::uint16_t>(to_byte(at[0]) << 8 | to_byte(at[1]));
}

// Whether the two have a byte in common.
inline bool overlap(char const* a, std::size_t size_a, char const* b, std::size_t size_b) noexcept {
  auto const at = reinterpret_cast<std::uintptr_t>(a);
  auto const other = reinterpret_cast<std::uintptr_t>(b);
  return size_a != 0 && size_b != 0 && (at < other ? other - at < size_a : at - other < size_b);
}
inline bool overlap(byte_view a, byte_view b) noexcept {
  return overlap(to_chars(a.data()), a.size(), to_chars(b.data()), b.size());
}
// Constant evaluation cannot tell, and there copies go character by character.
constexpr bool overlap(char_view a, std::string_view b) noexcept {
  return !std::is_constant_evaluated() && overlap(a.data(), a.size(), b.data(), b.size());
}

// Two overlapping moves of Size bytes, for Size <= count <= 2 * Size.
template <std::size_t Size>
inline void copy_ends(char* to, char const* from, std::size_t count) noexcept {
  std::memcpy(to, from, Size);
  std::memcpy(to + count - Size, from + count - Size, Size);
}

// Client ids, topics and filters are short: moves in line beat a call. Longer ones are libc's business.
inline void copy_short(char* to, char const* from, std::size_t count) noexcept {
  if (count > 64) {
    std::memcpy(to, from, count);
  } else if (count > 32) {
    copy_ends<16>(to, from, 32);
    copy_ends<16>(to + count - 32, from + count - 32, 32);
  } else if (count >= 16) {
    copy_ends<16>(to, from, count);
  } else if (count >= 8) {
    copy_ends<8>(to, from, count);
  } else if (count >= 4) {
    copy_ends<4>(to, from, count);
  } else if (count != 0) {
    to[0] = from[0];
    to[count / 2] = from[count / 2];
    to[count - 1] = from[count - 1];
  }
}

// memcpy that also works in constant evaluation; the ranges do not overlap.
constexpr void copy_chars(char* to, char const* from, std::size_t count) noexcept {
  if (std::is_constant_evaluated()) {
    for (std::size_t i = 0; i != count; ++i) to[i] = from[i];
    return;
  }
  HUBWIRE_ASSERT(!overlap(to, count, from, count));
  if constexpr (for_size) {
    if (count != 0) std::memcpy(to, from, count);
  } else {
    copy_short(to, hide_object(from), count);
  }
}

// Compares in constant evaluation as well; string_view::operator== does too, but through traits calls
// that -Os does not always fold.
constexpr bool same_chars(char const* a, char const* b, std::size_t count) noexcept {
  if (std::is_constant_evaluated()) {
    for (std::size_t i = 0; i != count; ++i)
      if (a[i] != b[i]) return false;
    return true;
  }
  return count == 0 || std::memcmp(a, b, count) == 0;
}

// A std::array, C array or container of octets, as opposed to a view of them.
template <class Container>
concept octet_container =
    std::is_convertible_v<Container const&, byte_view> && !std::is_same_v<Container, byte_view>;

}  // namespace detail

/// A view of octets that carry no text rule: payloads, passwords, will messages. Two views of the same
/// octets: view() works in constant evaluation, octets() is what sockets and HALs take. Does not own
/// what it points to.
class bytes {
 public:
  constexpr bytes() noexcept = default;
  /// Implicit on purpose: a std::array<std::uint8_t, N> or a span of one is a payload as it stands.
  bytes(byte_view octets) noexcept : data_(detail::to_chars(octets.data())), size_(octets.size()) {}
  template <detail::octet_container Container>
  bytes(Container const& octets) noexcept : bytes(byte_view(octets)) {}
  constexpr explicit bytes(std::string_view chars) noexcept : data_(chars.data()), size_(chars.size()) {}
  constexpr explicit bytes(char_view chars) noexcept : data_(chars.data()), size_(chars.size()) {}

  constexpr std::string_view view() const noexcept { return {data_, size_}; }
  byte_view octets() const noexcept { return {detail::to_bytes(data_), size_}; }
  constexpr char const* data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }

  friend constexpr bool operator==(bytes a, bytes b) noexcept {
    return a.size_ == b.size_ && detail::same_chars(a.data_, b.data_, a.size_);
  }

 private:
  char const* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The characters of a text as a payload: as_bytes(R"({"t":21})").
constexpr bytes as_bytes(std::string_view chars) noexcept { return bytes(chars); }

}}  // namespace hubwire

#endif
