// SPDX-License-Identifier: BSL-1.0
// Encoded packets on their way to the transport, in the caller's transmit buffer.
#ifndef HUBWIRE_SESSION_OUTPUT_QUEUE_HPP
#define HUBWIRE_SESSION_OUTPUT_QUEUE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hubwire/codec.hpp>
#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/wipe.hpp>

namespace hubwire { inline namespace abi1 {

class output_queue {
 public:
  constexpr explicit output_queue(byte_span storage) noexcept : storage_(storage) {}

  /// Queues a whole packet or nothing. Errors: those of encode; output_full when the packet fits only
  /// after what is pending has been sent; buffer_too_small when it never fits.
  template <class P>
  result<void> append(P const& packet) noexcept {
    auto written = put(packet);
    return error{take(written), written.error().detail};
  }
  /// Queues a packet that has always the same size.
  template <detail::fixed_size_packet P>
  result<void> append(P const& packet) noexcept {
    constexpr std::size_t size = 2 + P::fixed_size;
    std::uint8_t* const to = append_space(size);
    if (to == nullptr) return error{no_room({errc::buffer_too_small, size}), size};
    writer out(detail::to_chars(to));
    out.u8(detail::first_byte(packet));
    out.u8(P::fixed_size);
    write_body(out, packet);
    return {};
  }

  /// Memory for so many bytes, which are queued and which the caller writes at once; nullptr without room.
  std::uint8_t* append_space(std::size_t size) noexcept {
    move_to_front();
    if (size > storage_.size() - end_) return nullptr;
    end_ += size;
    return storage_.data() + end_ - size;
  }

  /// append() in two halves: put() writes, take() queues. What take() is not given has not been written.
  template <class P>
  result<byte_view> put(P const& packet) noexcept {
    move_to_front();
    return encode(storage_.subspan(end_), packet);
  }
  /// Writes a PUBLISH without its payload of payload_size bytes, which append_raw() brings.
  template <class P>
  result<byte_view> put_header(P const& packet, std::size_t payload_size) noexcept {
    move_to_front();
    return encode_header(storage_.subspan(end_), packet, payload_size);
  }
  HUBWIRE_SMALLER_INLINE errc take(result<byte_view> const& written) noexcept {
    if (!written) return no_room(written.error());
    end_ += written->size();
    return errc::none;
  }

  /// Queues as many of these bytes as there is room for; returns how many.
  std::size_t append_raw(bytes data) noexcept {
    move_to_front();
    std::size_t const room = storage_.size() - end_;
    std::size_t const count = data.size() < room ? data.size() : room;
    detail::copy_chars(detail::to_chars(storage_.data() + end_), data.data(), count);
    end_ += count;
    return count;
  }

  /// All that has not been sent. The view lives until the queue is changed.
  byte_view pending() const noexcept { return {storage_.data() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  /// How many bytes can be queued now.
  std::size_t room() const noexcept { return storage_.size() - (end_ - begin_); }

  /// What to send next: all that is pending, and from then on the same bytes until all of them have been
  /// sent, however much is queued behind them. TLS libraries that refused a write want to see that write
  /// again, not a longer one.
  byte_view offer() noexcept {
    if (offered_ == 0) offered_ = end_ - begin_;
    return {storage_.data() + begin_, offered_};
  }
  /// How many of the pending bytes were offered. They may be with the peer, although nobody has said so
  /// yet.
  std::size_t offered() const noexcept { return offered_; }

  /// What is pending now (a CONNECT with its password) will be overwritten as soon as it has been sent.
  void mark_secret() noexcept { secret_ = true; }

  /// The first count bytes of pending() were sent; more than it held are not believed. Returns how many
  /// were sent.
  HUBWIRE_ONE_COPY std::size_t consume(std::size_t count) noexcept {
    std::size_t const sent = count < end_ - begin_ ? count : end_ - begin_;
    if (secret_) wipe(byte_span(storage_.data() + begin_, sent));
    begin_ += sent;
    offered_ -= sent < offered_ ? sent : offered_;
    if (empty()) {
      begin_ = end_ = 0;
      secret_ = false;
    }
    return sent;
  }

  /// Forgets what is pending.
  HUBWIRE_ONE_COPY void clear() noexcept { static_cast<void>(consume(end_ - begin_)); }

 private:
  // Called only before something is written: a transport that takes little at a time costs no copies.
  HUBWIRE_ONE_COPY void move_to_front() noexcept {
    if (begin_ == 0) return;
    end_ -= begin_;
    std::memmove(storage_.data(), storage_.data() + begin_, end_);
    if (secret_) wipe(byte_span(storage_.data() + end_, begin_));
    begin_ = 0;
  }
  errc no_room(error wrong) const noexcept {
    bool const fits_later = wrong.code == errc::buffer_too_small && wrong.detail <= storage_.size();
    return fits_later ? errc::output_full : wrong.code;
  }

  // INVARIANT: begin_ + offered_ <= end_ <= storage_.size(); all are 0 when nothing is pending.
  byte_span storage_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t offered_ = 0;
  bool secret_ = false;
};

}}  // namespace hubwire

#endif
