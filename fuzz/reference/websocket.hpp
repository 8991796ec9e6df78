// SPDX-License-Identifier: BSL-1.0
// A WebSocket peer written from RFC 6455, whole input at once and with strings: what must come of the bytes that
// arrive after the handshake. Uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_WEBSOCKET_HPP
#define HUBWIRE_FUZZ_REFERENCE_WEBSOCKET_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fuzz/reference/utf8.hpp>

namespace reference {

struct ws_outcome {
  std::string data{};     // of all messages, as far as it came
  std::string answers{};  // pongs and the Close frame, without masks
  unsigned failed = 0;    // the code to close with after a fault
  bool closed = false;    // by a Close frame
  unsigned code = 0;      // of it

  friend bool operator==(ws_outcome const&, ws_outcome const&) = default;
};

class ws_peer {
 public:
  // masked: whether the frames have to have masks.
  ws_peer(std::string_view input, bool masked) : rest_(input), masked_(masked) {}

  ws_outcome read() {
    while (seen_.failed == 0 && !seen_.closed && take_frame()) {}
    return seen_;
  }

 private:
  unsigned byte(std::size_t at) const { return static_cast<unsigned char>(rest_[at]); }

  bool fail(unsigned code) {
    seen_.failed = code;
    answer(8, {static_cast<char>(code >> 8), static_cast<char>(code & 255)});
    return false;
  }
  void answer(unsigned opcode, std::string const& payload) {
    seen_.answers += static_cast<char>(128 + opcode);
    seen_.answers += static_cast<char>(payload.size());
    seen_.answers += payload;
  }

  // Section 5.2, in the order in which the bytes come. False when there is no whole header, or a fault.
  bool take_frame() {
    if (rest_.empty()) return false;
    unsigned const opcode = byte(0) % 16;
    bool const last = byte(0) >= 128;
    bool const control = opcode >= 8;
    if (byte(0) % 128 >= 16) return fail(1002);
    if ((opcode >= 3 && opcode <= 7) || opcode > 10) return fail(1002);
    if (control && !last) return fail(1002);
    if (opcode == 0 && !in_message_) return fail(1002);
    if ((opcode == 1 || opcode == 2) && in_message_) return fail(1002);
    if (opcode == 1) return fail(1003);
    if (rest_.size() < 2) return false;
    if ((byte(1) >= 128) != masked_) return fail(1002);
    std::uint64_t size = byte(1) % 128;
    if (control && size > 125) return fail(1002);
    std::size_t const extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (rest_.size() < 2 + extra) return false;
    if (extra != 0) {
      size = 0;
      for (std::size_t i = 0; i != extra; ++i) size = size * 256 + byte(2 + i);
      if (size < (extra == 2 ? 126u : 65536u) || size >= 0x8000'0000'0000'0000) return fail(1002);
    }
    std::size_t const header = 2 + extra + (masked_ ? 4 : 0);
    if (rest_.size() < header) return false;
    std::string_view const key = masked_ ? rest_.substr(header - 4, 4) : std::string_view("\0\0\0\0", 4);
    rest_.remove_prefix(header);
    bool const whole = size <= rest_.size();
    std::string payload(rest_.substr(0, whole ? static_cast<std::size_t>(size) : rest_.size()));
    rest_.remove_prefix(payload.size());
    for (std::size_t i = 0; i != payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ key[i % 4]);
    if (!control) {
      seen_.data += payload;
      in_message_ = !last;
      return whole;
    }
    return whole && take_control(opcode, payload);
  }

  bool take_control(unsigned opcode, std::string const& payload) {
    if (opcode == 9) answer(10, payload);
    if (opcode != 8) return true;
    if (payload.size() == 1) return fail(1002);
    unsigned code = 0;
    for (char const c : payload.substr(0, 2)) code = code * 256 + static_cast<unsigned char>(c);
    if (!payload.empty() && !may_be_sent(code)) return fail(1002);
    if (payload.size() > 2 && !is_utf8(payload.substr(2))) return fail(1007);
    answer(8, payload.substr(0, 2));
    seen_.closed = true;
    seen_.code = code;
    return true;
  }
  static bool may_be_sent(unsigned code) {
    for (unsigned const known :
         {1000u, 1001u, 1002u, 1003u, 1007u, 1008u, 1009u, 1010u, 1011u, 1012u, 1013u, 1014u})
      if (code == known) return true;
    return code / 1000 == 3 || code / 1000 == 4;
  }

  std::string_view rest_;
  bool masked_;
  bool in_message_ = false;
  ws_outcome seen_{};
};

}  // namespace reference

#endif
