// SPDX-License-Identifier: BSL-1.0
// Frames of WebSocket: RFC 6455 section 5. Headers are written and read here; payloads stay where they are.
#ifndef HUBWIRE_TRANSPORT_WS_FRAME_HPP
#define HUBWIRE_TRANSPORT_WS_FRAME_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/config.hpp>

namespace hubwire { inline namespace abi1 {

/// Which end of the connection. A client masks what it sends, a server does not: §5.1.
enum class ws_role : std::uint8_t { client, server };

/// What a frame carries: §5.2. The other ten values are reserved.
enum class ws_opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

/// Control frames may stand between the frames of a message: §5.5.
constexpr bool is_control(ws_opcode opcode) noexcept { return static_cast<std::uint8_t>(opcode) >= 8; }

/// The codes of a Close frame that hubwire sends: §7.4.1. A peer may send others.
enum class ws_close : std::uint16_t {
  none = 0,  ///< no Close frame, or one without a code
  normal = 1000,
  protocol_error = 1002,
  unsupported_data = 1003,  ///< a text frame: MQTT takes binary frames only
  invalid_text = 1007,      ///< the reason in a Close frame is no UTF-8
};

/// Whether a peer may send this code: §7.4, and the registry of IANA for 1012 to 1014.
constexpr bool is_close_code(unsigned code) noexcept {
  bool const defined = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
  return defined || (code >= 3000 && code <= 4999);
}

/// Four bytes that a client makes up for each frame.
using ws_key = std::array<std::uint8_t, 4>;

/// What the header of a frame says.
struct ws_frame {
  std::uint64_t size = 0;  ///< of the payload, less than 2^63
  ws_opcode opcode = ws_opcode::binary;
  bool last = true;  ///< of its message
  bool masked = false;
  ws_key key{};  ///< used when masked
};

inline constexpr std::size_t largest_ws_header = 14;
/// The payload of a control frame: §5.5.
inline constexpr std::size_t largest_ws_control = 125;

/// The size of the header in front of so many bytes.
constexpr std::size_t ws_header_size(std::uint64_t payload, bool masked) noexcept {
  std::size_t const length = payload <= 125 ? 0 : payload <= 0xFFFF ? 2 : 8;
  return 2 + length + (masked ? 4 : 0);
}

/// Writes the header of a frame and returns its size.
constexpr std::size_t write_ws_header(std::span<std::uint8_t, largest_ws_header> out,
                                      ws_frame const& frame) noexcept {
  std::size_t const size = ws_header_size(frame.size, false);
  out[0] = static_cast<std::uint8_t>((frame.last ? 0x80u : 0u) | static_cast<unsigned>(frame.opcode));
  std::size_t const length = size == 2 ? static_cast<std::size_t>(frame.size) : size == 4 ? 126 : 127;
  out[1] = static_cast<std::uint8_t>((frame.masked ? 0x80u : 0u) | length);
  for (std::size_t i = 2; i != size; ++i)
    out[i] = static_cast<std::uint8_t>(frame.size >> (8 * (size - 1 - i)));
  if (!frame.masked) return size;
  for (std::size_t i = 0; i != frame.key.size(); ++i) out[size + i] = frame.key[i];
  return size + frame.key.size();
}

namespace detail {

// A word that may lie over bytes.
using mask_word [[gnu::may_alias]] = std::uint32_t;

// The key as it is for the bytes behind the first count.
constexpr ws_key turned(ws_key const& key, std::size_t count) noexcept {
  return {key[count & 3], key[(count + 1) & 3], key[(count + 2) & 3], key[(count + 3) & 3]};
}

}  // namespace detail

/// Masks payload where it lies, or unmasks it: §5.3. The first byte meets the first byte of the key.
inline void ws_mask(byte_span payload, ws_key const& key) noexcept {
  std::uint8_t* at = payload.data();
  std::uint8_t* const end = at + payload.size();
  std::size_t passed = 0;
  for (; at != end && reinterpret_cast<std::uintptr_t>(at) % sizeof(detail::mask_word) != 0; ++passed)
    *at++ ^= key[passed & 3];
  detail::mask_word word = 0;
  std::memcpy(&word, detail::turned(key, passed).data(), sizeof word);
  for (; static_cast<std::size_t>(end - at) >= sizeof word; at += sizeof word)
    *static_cast<detail::mask_word*>(static_cast<void*>(at)) ^= word;  // at is aligned
  for (; at != end; ++passed) *at++ ^= key[passed & 3];
}

/// What a reader of frames says.
enum class ws_status : std::uint8_t {
  need_more,  ///< the header is not complete
  ready,      ///< a header is complete; its payload comes next
  failed,     ///< the peer broke a rule; fault() says which code to close with
};

/// Reads the frames that a peer sends, in pieces of any size. It keeps 16 bytes and no payload. Frames of
/// 2^63 - 1 bytes are legal, so there is no limit: what a message may hold is the business of MQTT.
///
/// It refuses (1002): reserved bits and opcodes, a mask that is missing or must not be there, a length that
/// is not written in the shortest way or has the top bit, a control frame that is fragmented or over 125
/// bytes, and a data frame that is out of order. And a text frame (1003).
class ws_frame_reader {
 public:
  /// own: which end the caller is.
  constexpr explicit ws_frame_reader(ws_role own) noexcept : own_(own) {}

  /// Takes the bytes of a header from the front of in. Call it again when left() is 0.
  constexpr ws_status feed(byte_view& in) noexcept {
    HUBWIRE_ASSERT(left() == 0);
    if (has_header()) seen_ = 0;
    while (!has_failed() && !in.empty()) {
      std::uint8_t const octet = in.front();
      in = in.subspan(1);
      take(octet);
      if (has_header()) return ws_status::ready;
    }
    return has_failed() ? ws_status::failed : ws_status::need_more;
  }

  /// Bytes of the payload that have not come yet.
  constexpr std::uint64_t left() const noexcept { return has_header() ? size_ : 0; }
  /// How many of the next count bytes belong to the payload.
  constexpr std::size_t left_of(std::size_t count) const noexcept {
    // By way of a signed number: g++ warns of a cast to the type that it is already, with 64 bits.
    return left() < count ? static_cast<std::size_t>(static_cast<std::ptrdiff_t>(left())) : count;
  }
  constexpr ws_opcode opcode() const noexcept { return static_cast<ws_opcode>(first_ & 0x0F); }
  /// Whether it is the last frame of its message.
  constexpr bool is_last() const noexcept { return (first_ & 0x80) != 0; }
  /// Whether the stream is between two messages, as far as it was read.
  constexpr bool between_messages() const noexcept { return !in_message_ && left() == 0; }
  /// After ws_status::failed: the code to close with.
  constexpr ws_close fault() const noexcept {
    return has_failed() ? static_cast<ws_close>(1000 + seen_ - failed) : ws_close::none;
  }

  /// The next bytes of the payload have come, no more than left(). Unmasks them where they lie.
  void take_payload(byte_span payload) noexcept {
    HUBWIRE_ASSERT(payload.size() <= left());
    size_ -= payload.size();
    if (own_ == ws_role::client) return;
    ws_mask(payload, key_);
    key_ = detail::turned(key_, payload.size());
  }

 private:
  // Values of seen_ that are no count of bytes. The code of a fault, less 1000, is added to the first.
  static constexpr std::uint8_t failed = 0xE0;
  static constexpr std::uint8_t complete = 0xFF;

  constexpr bool has_header() const noexcept { return seen_ == complete; }
  constexpr bool has_failed() const noexcept { return seen_ >= failed && !has_header(); }
  constexpr std::uint8_t length_end() const noexcept {
    std::uint8_t const code = second_ & 0x7F;
    return code < 126 ? 2 : code == 126 ? 4 : 10;
  }

  constexpr void take(std::uint8_t octet) noexcept {
    std::uint8_t const at = seen_++;
    if (at == 0) return begin(octet);
    if (at == 1) {
      take_length_code(octet);
    } else if (at < length_end()) {
      size_ = size_ << 8 | octet;
    } else {
      key_[static_cast<std::size_t>(at - length_end())] = octet;
    }
    if (seen_ == length_end()) check_length();
    bool const masked = own_ == ws_role::server;
    if (seen_ == length_end() + (masked ? 4 : 0)) seen_ = complete;
  }

  constexpr void begin(std::uint8_t octet) noexcept {
    first_ = octet;
    if (!is_allowed()) return fail(ws_close::protocol_error);
    // v3.1.1:MQTT-6.0.0-1
    if (opcode() == ws_opcode::text) return fail(ws_close::unsupported_data);
    if (!is_control(opcode())) in_message_ = !is_last();
  }
  // Whether a frame may begin with this byte now.
  constexpr bool is_allowed() const noexcept {
    if ((first_ & 0x70) != 0) return false;
    switch (opcode()) {
      case ws_opcode::continuation: return in_message_;
      case ws_opcode::text:
      case ws_opcode::binary: return !in_message_;
      case ws_opcode::close:
      case ws_opcode::ping:
      case ws_opcode::pong: return is_last();
    }
    return false;
  }
  constexpr void take_length_code(std::uint8_t octet) noexcept {
    second_ = octet;
    std::uint8_t const code = octet & 0x7F;
    bool const masked = (octet & 0x80) != 0;
    bool const too_long = is_control(opcode()) && code > largest_ws_control;
    if (masked != (own_ == ws_role::server) || too_long) fail(ws_close::protocol_error);
    size_ = code < 126 ? code : 0;
  }
  constexpr void check_length() noexcept {
    bool const shortest = ws_header_size(size_, false) == length_end();
    if (!shortest || size_ >> 63 != 0) fail(ws_close::protocol_error);
  }
  constexpr void fail(ws_close why) noexcept {
    seen_ = static_cast<std::uint8_t>(failed + static_cast<unsigned>(why) - 1000);
  }

  std::uint64_t size_ = 0;  // as far as the header was read, then what is left of the payload
  ws_key key_{};
  std::uint8_t first_ = 0;
  std::uint8_t second_ = 0;
  std::uint8_t seen_ = 0;  // bytes of the header, or one of the values above
  bool in_message_ : 1 = false;
  ws_role own_ : 1;
};

}}  // namespace hubwire

#endif
