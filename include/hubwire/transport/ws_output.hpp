// SPDX-License-Identifier: BSL-1.0
// What a WebSocket holds back for its lower stream: frames, header and payload in one piece.
#ifndef HUBWIRE_TRANSPORT_WS_OUTPUT_HPP
#define HUBWIRE_TRANSPORT_WS_OUTPUT_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/transport/byte_stream.hpp>
#include <hubwire/transport/ws_end.hpp>
#include <hubwire/transport/ws_frame.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

template <class End>
class ws_output {
 public:
  ws_output(End end, byte_span memory) noexcept : end_(end), memory_(memory) {}

  End& end() noexcept { return end_; }
  byte_span memory() const noexcept { return memory_; }
  bool empty() const noexcept { return sent_ == filled_ && due_ == due::nothing; }
  // Why nothing can be sent any more.
  error lost() const noexcept { return lost_; }
  bool has_said_goodbye() const noexcept { return said_goodbye_; }

  // Begins anew with bytes that stand at the front of the memory.
  void restart(std::size_t size) noexcept {
    drop();
    lost_ = {};
    said_goodbye_ = false;
    hold(size);
  }
  // So many bytes stand at the front of the memory, which was empty.
  void hold(std::size_t size) noexcept { filled_ = size; }
  void drop() noexcept {
    sent_ = filled_ = refused_ = 0;
    due_ = due::nothing;
  }

  // Puts a frame of as much of data as fits empty memory, and returns how much that is.
  std::size_t put_data(byte_view data) noexcept {
    std::size_t const most = memory_.size() - largest_ws_header;
    std::size_t const size = data.size() < most ? data.size() : most;
    put_frame(ws_opcode::binary, data.first(size));
    return size;
  }
  // Sends a pong now, or when there is room. Until then nobody changes the payload.
  void put_pong(byte_view payload) noexcept {
    if (said_goodbye_) return;
    pong_ = payload;
    due_ = due::pong;
    put_due();
  }
  // Whether a pong found no room yet.
  bool has_pong_due() const noexcept { return due_ == due::pong; }
  void forget_pong() noexcept {
    if (has_pong_due()) due_ = due::nothing;
  }
  // Sends the last frame of this end now, or when there is room.
  void say_goodbye(ws_close code) noexcept {
    if (said_goodbye_) return;
    said_goodbye_ = true;
    code_ = code;
    due_ = due::close;
    put_due();
  }
  void put(byte_view part) noexcept {
    if (!part.empty()) std::memcpy(memory_.data() + filled_, part.data(), part.size());
    filled_ += part.size();
  }

  // Hands over what waits. Returns true when the lower stream has taken all of it. Each turn of the loop
  // moves at least one byte.
  template <byte_stream Lower>
  bool flush(Lower& lower) noexcept {
    while (prepare())
      if (!hand_over(lower)) return false;
    return true;
  }

 private:
  enum class due : std::uint8_t { nothing, pong, close };

  // Empty memory has room for what is due. Returns true when there is something to send.
  bool prepare() noexcept {
    if (sent_ == filled_) sent_ = filled_ = 0;
    if (due_ != due::nothing) put_due();
    return sent_ != filled_;
  }

  // Bytes that the lower stream refused are offered again alone, whatever has been put behind them.
  template <byte_stream Lower>
  bool hand_over(Lower& lower) noexcept {
    std::size_t const size = refused_ != 0 ? refused_ : filled_ - sent_;
    io_result const put = lower.write_some(memory_.subspan(sent_, size));
    refused_ = put.count == 0 ? size : 0;
    sent_ += put.count;
    if (put.status == io_status::failed) lose(put.error);
    if (put.status == io_status::closed) lose({errc::connection_lost, 0});
    return put.count != 0;
  }
  void lose(error why) noexcept {
    lost_ = why;
    drop();
  }

  void put_due() noexcept {
    auto const code = static_cast<unsigned>(code_);
    std::array<std::uint8_t, 2> const number{static_cast<std::uint8_t>(code >> 8),
                                             static_cast<std::uint8_t>(code & 0xFF)};
    bool const is_pong = due_ == due::pong;
    byte_view const payload = is_pong ? pong_ : byte_view(number).first(code == 0 ? 0 : 2);
    if (memory_.size() - filled_ < ws_header_size(payload.size(), true) + payload.size()) return;
    due_ = due::nothing;
    put_frame(is_pong ? ws_opcode::pong : ws_opcode::close, payload);
  }

  // The frame fits.
  void put_frame(ws_opcode opcode, byte_view payload) noexcept {
    ws_frame frame{.size = payload.size(), .opcode = opcode};
    result<void> const keyed = ws_give_key(end_, frame);
    if (!keyed) return lose(keyed.error());
    std::array<std::uint8_t, largest_ws_header> header{};
    put(byte_view(header).first(write_ws_header(header, frame)));
    put(payload);
    if (frame.masked) ws_mask(memory_.subspan(filled_ - payload.size(), payload.size()), frame.key);
  }

  [[no_unique_address]] End end_;
  byte_span memory_;
  // INVARIANT: sent_ + refused_ <= filled_ <= memory_.size()
  std::size_t sent_ = 0;
  std::size_t filled_ = 0;
  std::size_t refused_ = 0;  // the size of what the lower stream has to be offered again
  byte_view pong_{};
  error lost_{};
  ws_close code_ = ws_close::none;
  due due_ = due::nothing;
  bool said_goodbye_ = false;  // the Close frame is sent, waits or is due
};

}}}  // namespace hubwire::detail

#endif
