// SPDX-License-Identifier: BSL-1.0
// A frame: one whole packet as it came. And how bytes are split into frames: v3.1.1 §2.2, v5 §2.1.
#ifndef HUBWIRE_WIRE_FRAME_HPP
#define HUBWIRE_WIRE_FRAME_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/wire/fixed_header.hpp>
#include <hubwire/wire/packet_type.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 {

// The first bytes that a receiver takes, so that what must be refused is refused there, before its length
// is believed or its body waited for. Types are given as bits: 1 << packet_type.
class first_bytes {
 public:
  // Those of the types that the version knows and the peer sends, with the flags that belong to them.
  constexpr first_bytes(std::uint16_t known, std::uint16_t sent) noexcept : known_(known) {
    for (unsigned byte = 0x10; byte != 0x100; ++byte) {
      bool const taken = ((known & sent) >> (byte >> 4) & 1) != 0 &&
                         is_first_byte(static_cast<std::uint8_t>(byte), static_cast<packet_type>(byte >> 4));
      if (taken) bits_[byte / 32] |= std::uint32_t{1} << byte % 32;
    }
  }

  HUBWIRE_SMALLER_INLINE constexpr bool has(std::uint8_t byte) const noexcept {
    std::size_t const at = byte;  // a whole register: g++ otherwise masks what it has shifted
    return (bits_[at >> 5] & std::uint32_t{1} << (at & 31)) != 0;
  }
  // For one that it has not: protocol_error when the peer may not send it, malformed_packet when nobody may.
  constexpr errc refusal(std::uint8_t byte) const noexcept {
    auto const type = static_cast<packet_type>(byte >> 4);
    bool const sound = (known_ >> (byte >> 4) & 1) != 0 && is_first_byte(byte, type);
    return sound ? errc::protocol_error : errc::malformed_packet;
  }

 private:
  std::uint32_t bits_[8]{};
  std::uint16_t known_;
};

// Whatever some version of MQTT knows, from whomever.
inline constexpr first_bytes any_first_byte{0xFFFE, 0xFFFE};

// Whether a packet may begin with this byte: a type from 1 to 15 with the flags that belong to it.
constexpr bool is_first_byte(std::uint8_t byte) noexcept { return any_first_byte.has(byte); }

class frame;

namespace detail {

struct split_result;
constexpr frame frame_at(char const* data, split_result const& found) noexcept;

}  // namespace detail

// Suspension is a status, never an error.
enum class frame_status : std::uint8_t {
  ready,      // frame holds one whole packet
  need_more,  // the packet is not complete yet; needed says how many bytes it takes in all, 0 if unknown
  failed,     // error says why; the connection has to be closed
};

// One whole packet as it came, structure not yet decoded: the first byte, its flags and the length have
// been checked. A view: it lives as long as the memory it was split from. Only what splits bytes makes
// one that is not empty.
class frame {
 public:
  constexpr frame() noexcept = default;

  constexpr packet_type type() const noexcept { return static_cast<packet_type>(first_byte_ >> 4); }
  constexpr std::uint8_t flags() const noexcept { return static_cast<std::uint8_t>(first_byte_ & 0x0F); }
  // Variable header and payload.
  constexpr std::string_view body() const noexcept { return {data_ + header_size_, size_ - header_size_}; }
  // The packet from its first byte on.
  constexpr std::string_view view() const noexcept { return {data_, size_}; }
  byte_view octets() const noexcept { return {detail::to_bytes(data_), size_}; }
  constexpr std::size_t size() const noexcept { return size_; }

 private:
  friend constexpr frame detail::frame_at(char const* data, detail::split_result const& found) noexcept;
  friend constexpr frame split_head(char_view input, std::size_t count) noexcept;
  constexpr frame(char const* data, std::uint32_t header_size, std::size_t size) noexcept
      : data_(data),
        size_(size),
        header_size_(static_cast<std::uint16_t>(header_size)),
        first_byte_(detail::to_byte(*data)) {}

  char const* data_ = nullptr;
  std::size_t size_ = 0;
  // Octets, as wide as leaves no gap on 32-bit machines, so that frames are copied by words.
  std::uint16_t header_size_ = 0;
  std::uint16_t first_byte_ = 0;
};

struct frame_result {
  frame_status status = frame_status::need_more;
  hubwire::frame frame{};
  std::size_t needed = 0;
  hubwire::error error{};
};

// No limit but MQTT's own: five bytes of fixed header and 268,435,455 behind it.
inline constexpr std::uint32_t largest_packet = varint_max + 5;

namespace detail {

// What is at the start of some bytes: a frame_result of which the frame is not made yet, small enough for registers.
struct split_result {
  frame_status status = frame_status::need_more;
  std::uint8_t header_size = 0;
  errc code = errc::none;
  std::uint32_t size = 0;  // of the packet, 0 if unknown, or the detail of the error
};

// The whole packet that is at data.
constexpr frame frame_at(char const* data, split_result const& found) noexcept {
  return frame(data, found.header_size, found.size);
}

// A fixed header: its own size, 0 for none, and the length that it says.
struct header_sizes {
  std::uint32_t header = 0;
  std::uint32_t length = 0;
};

// None where it does not begin a packet that is accepted.
HUBWIRE_FASTER_INLINE constexpr header_sizes read_usual_header(char_view input,
                                                               first_bytes const& accepted) noexcept {
  if (input.empty() || !accepted.has(to_byte(input.front()))) return {};
  fixed_header const header = read_fixed_header(input.data(), input.size());
  if (header.status != varint_status::ready) return {};
  return {header.size, header.length};
}

// All that split_frame can find.
HUBWIRE_ONE_COPY constexpr split_result split_any(char const* input, std::size_t count, std::uint32_t limit,
                                                  first_bytes const& accepted) noexcept {
  if (count == 0) return {};
  std::uint8_t const first = to_byte(*input);
  if (!accepted.has(first))
    return {frame_status::failed, 0, accepted.refusal(first), 0};  // v3.1.1:MQTT-2.2.2-2
  varint length = read_varint({input + 1, count - 1});
  if (length.status == varint_status::need_more) return {};
  if (length.status == varint_status::malformed) return {frame_status::failed, 0, errc::malformed_packet, 0};
  std::uint32_t const header_size = 1 + length.size;
  std::uint32_t const size = header_size + length.value;
  if (size > limit) return {frame_status::failed, 0, errc::packet_exceeds_limit, size};
  frame_status const status = count < size ? frame_status::need_more : frame_status::ready;
  return {status, static_cast<std::uint8_t>(header_size), errc::none, size};
}

// The same, in line for a packet with one or two bytes of length. For readers that keep what they find: made of
// this, split_frame would take more instructions.
HUBWIRE_FASTER_INLINE constexpr split_result split_quickly(char_view input, std::uint32_t limit,
                                                           first_bytes const& accepted) noexcept {
  header_sizes const sizes = read_usual_header(input, accepted);
  if (sizes.header == 0) [[unlikely]] {
    if (input.empty()) return {};
    return split_any(input.data(), input.size(), limit, accepted);
  }
  std::uint32_t const size = sizes.header + sizes.length;
  if (limit < size) [[unlikely]]
    return {frame_status::failed, 0, errc::packet_exceeds_limit, size};
  frame_status const status = input.size() < size ? frame_status::need_more : frame_status::ready;
  return {status, static_cast<std::uint8_t>(sizes.header), errc::none, size};
}

}  // namespace detail

// The packet at the start of input. limit is the largest whole packet that the caller takes; a larger
// one fails with packet_exceeds_limit (detail: its size) as soon as its length is known, and a first byte
// that is not accepted as soon as it is there, with malformed_packet or protocol_error.
HUBWIRE_FASTER_INLINE constexpr frame_result split_frame(
    char_view input, std::uint32_t limit = largest_packet,
    first_bytes const& accepted = any_first_byte) noexcept {
  // In line: a packet with one or two bytes of length.
  detail::header_sizes const sizes = detail::read_usual_header(input, accepted);
  if (sizes.header == 0) [[unlikely]] {
    if (input.empty()) return {};
    detail::split_result const found = detail::split_any(input.data(), input.size(), limit, accepted);
    if (found.status == frame_status::failed) return {frame_status::failed, {}, 0, {found.code, found.size}};
    if (found.status == frame_status::need_more) return {frame_status::need_more, {}, found.size, {}};
    return {frame_status::ready, detail::frame_at(input.data(), found), found.size, {}};
  }
  std::uint32_t const size = sizes.header + sizes.length;
  if (limit < size) [[unlikely]]
    return {frame_status::failed, {}, 0, {errc::packet_exceeds_limit, size}};
  if (input.size() < size) return {frame_status::need_more, {}, size, {}};
  detail::split_result const found{frame_status::ready, static_cast<std::uint8_t>(sizes.header), errc::none,
                                   size};
  return {frame_status::ready, detail::frame_at(input.data(), found), size, {}};
}
// The fixed header at the start of input and count bytes behind it, as a frame that ends there: all of a
// large packet but its payload. A frame of size 0 when there are fewer.
constexpr frame split_head(char_view input, std::size_t count) noexcept {
  if (input.empty() || !is_first_byte(detail::to_byte(input.front()))) return {};
  varint length = read_varint({input.data() + 1, input.size() - 1});
  std::uint32_t const header_size = 1 + length.size;
  if (length.status != varint_status::ready || input.size() - header_size < count) return {};
  return frame(input.data(), header_size, header_size + count);
}
inline frame_result split_frame(byte_view input, std::uint32_t limit = largest_packet,
                                first_bytes const& accepted = any_first_byte) noexcept {
  return split_frame(detail::to_chars(input), limit, accepted);
}

}}  // namespace hubwire

#endif
