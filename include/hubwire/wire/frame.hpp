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

/// The first bytes that a receiver takes. Others are refused at once, before their length is believed or
/// their body waited for. Types are given as bits: 1 << packet_type.
class first_bytes {
 public:
  /// Those of the types that the version knows and the peer sends, with the flags that belong to them.
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
  /// Why a byte is not taken: protocol_error when the peer may not send it, malformed_packet when nobody may.
  constexpr errc refusal(std::uint8_t byte) const noexcept {
    auto const type = static_cast<packet_type>(byte >> 4);
    bool const sound = (known_ >> (byte >> 4) & 1) != 0 && is_first_byte(byte, type);
    return sound ? errc::protocol_error : errc::malformed_packet;
  }

 private:
  std::uint32_t bits_[8]{};
  std::uint16_t known_;
};

/// Whatever some version of MQTT knows, from whomever.
inline constexpr first_bytes any_first_byte{0xFFFE, 0xFFFE};

/// Whether a packet may begin with this byte: a type from 1 to 15 with the flags that belong to it.
constexpr bool is_first_byte(std::uint8_t byte) noexcept {
  return byte >> 4 != 0 && is_first_byte(byte, static_cast<packet_type>(byte >> 4));
}

namespace detail {

struct frame_maker;

}  // namespace detail

/// One whole packet as it came, structure not yet decoded: the first byte, its flags and the length have been
/// checked. A view: it lives as long as the memory it was split from. Only what splits bytes makes one that
/// is not empty.
class frame {
 public:
  constexpr frame() noexcept = default;

  constexpr packet_type type() const noexcept { return static_cast<packet_type>(first_byte_ >> 4); }
  constexpr std::uint8_t first_byte() const noexcept { return static_cast<std::uint8_t>(first_byte_); }
  constexpr std::uint8_t flags() const noexcept { return static_cast<std::uint8_t>(first_byte_ & 0x0F); }
  /// Variable header and payload.
  constexpr std::string_view body() const noexcept { return {data_ + header_size_, size() - header_size_}; }
  /// The packet from its first byte on.
  constexpr std::string_view view() const noexcept { return {data_, size()}; }
  byte_view octets() const noexcept { return {detail::to_bytes(data_), size()}; }
  constexpr std::size_t size() const noexcept { return size_; }

 private:
  friend detail::frame_maker;
  constexpr frame(char const* data, std::uint32_t size, std::uint32_t header_size,
                  std::uint8_t first_byte) noexcept
      : data_(data),
        size_(size),
        header_size_(static_cast<std::uint16_t>(header_size)),
        first_byte_(first_byte) {}

  char const* data_ = nullptr;
  std::uint32_t size_ = 0;
  // Octets, as wide as leaves no gap, so that frames are copied by words.
  std::uint16_t header_size_ = 0;
  std::uint16_t first_byte_ = 0;
};

/// What comes next in a stream of bytes. That more bytes are needed is a status, never an error. begin, piece
/// and end come from a payload_reader only, for a PUBLISH that does not fit its memory.
enum class frame_status : std::uint8_t {
  need_more,  ///< the packet is not complete; size is that of all of it, 0 while that is unknown
  ready,      ///< frame holds one whole packet, of size bytes
  begin,      ///< frame holds a PUBLISH without its payload, of which size bytes follow in pieces
  piece,      ///< payload() is the next part of that payload
  end,        ///< that payload is complete
  failed,     ///< error says why; the connection has to be closed
};

/// What comes next, and the bytes of it. A member that frame_status does not name for a status is empty
/// there.
struct frame_result {
  frame_status status = frame_status::need_more;
  std::uint32_t size = 0;
  hubwire::frame frame{};
  hubwire::error error{};

  /// With status piece: the bytes. They are no packet, so frame has no type then.
  constexpr bytes payload() const noexcept { return bytes(frame.body()); }
};

/// No limit but MQTT's own: five bytes of fixed header and 268,435,455 behind it.
inline constexpr std::uint32_t largest_packet = varint_max + 5;

namespace detail {

// Makes frames of bytes whose fixed header has been checked.
struct frame_maker {
  static constexpr frame whole(char const* data, std::uint32_t header_size, std::uint32_t size) noexcept {
    return frame(data, size, header_size, to_byte(*data));
  }
  static constexpr frame piece(char const* data, std::uint32_t size) noexcept {
    return frame(data, size, 0, 0);
  }
};

// The fixed header of a packet that is accepted and has one or two bytes of length, as nearly all have; else
// none.
HUBWIRE_FASTER_INLINE constexpr header_sizes read_usual_header(char_view input, std::uint32_t limit,
                                                               first_bytes const& accepted) noexcept {
  header_sizes const sizes = read_short_header(input.data(), input.size());
  if (sizes.header == 0 || !accepted.has(to_byte(input.front()))) return {};
  if (sizes.header + sizes.length > limit) return {};
  return sizes;
}

// The fixed header of the packet at the start of input, of any length. The header's own size is 0 while the
// packet's is not known. Puts into why what is wrong with the packet.
HUBWIRE_FASTER_INLINE constexpr header_sizes read_accepted_header(char_view input, std::uint32_t limit,
                                                                  first_bytes const& accepted,
                                                                  error& why) noexcept {
  header_sizes sizes{};
  if (input.empty()) return sizes;
  if (!accepted.has(to_byte(input.front()))) [[unlikely]] {
    why.code = accepted.refusal(to_byte(input.front()));  // v3.1.1:MQTT-2.2.2-2
    return sizes;
  }
  sizes = read_fixed_header(input.data(), input.size());
  if (sizes.header == 0 && sizes.length == length_malformed) [[unlikely]]
    why.code = errc::malformed_packet;
  if (sizes.header != 0 && sizes.header + sizes.length > limit) [[unlikely]]
    why = {errc::packet_exceeds_limit, sizes.header + sizes.length};
  return sizes;
}

}  // namespace detail

/// The packet at the start of input. limit is the largest whole packet that the caller takes; a larger
/// one fails with packet_exceeds_limit (detail: its size) as soon as its length is known, and a first byte
/// that is not accepted as soon as it is there, with malformed_packet or protocol_error.
HUBWIRE_FASTER_INLINE constexpr frame_result split_frame(
    char_view input, std::uint32_t limit = largest_packet,
    first_bytes const& accepted = any_first_byte) noexcept {
  error why{};
  detail::header_sizes const sizes = detail::read_accepted_header(input, limit, accepted, why);
  std::uint32_t const size = sizes.header + sizes.length;
  if (why.code != errc::none) [[unlikely]]
    return {frame_status::failed, 0, {}, why};
  if (sizes.header == 0 || input.size() < size) return {frame_status::need_more, size, {}, {}};
  return {frame_status::ready, size, detail::frame_maker::whole(input.data(), sizes.header, size), {}};
}
inline frame_result split_frame(byte_view input, std::uint32_t limit = largest_packet,
                                first_bytes const& accepted = any_first_byte) noexcept {
  return split_frame(detail::to_chars(input), limit, accepted);
}

namespace detail {

// The fixed header at the start of input and count bytes behind it, as a frame that ends there: all of a
// large packet but its payload. A frame of size 0 when there are fewer.
constexpr frame split_head(char_view input, std::size_t count) noexcept {
  if (input.empty() || !is_first_byte(to_byte(input.front()))) return {};
  std::uint32_t const header = read_fixed_header(input.data(), input.size()).header;
  if (header == 0 || input.size() - header < count) return {};
  return frame_maker::whole(input.data(), header, static_cast<std::uint32_t>(header + count));
}

}  // namespace detail

}}  // namespace hubwire

#endif
