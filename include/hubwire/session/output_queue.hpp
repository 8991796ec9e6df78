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

namespace hubwire::inline HUBWIRE_ABI {

class output_queue {
 public:
  explicit output_queue(byte_span storage) noexcept : storage_(storage) {}

  // Queues a whole packet or nothing. Errors: those of encode; output_full when the packet fits only
  // after what is pending has been sent; buffer_too_small when it never fits.
  template <class P>
  HUBWIRE_FOLDED result<void> append(P const& packet) noexcept {
    auto written = put(packet);
    return error{take(written), written.error().detail};
  }
  // The same for one that has always the same size.
  template <detail::fixed_size_packet P>
  result<void> append(P const& packet) noexcept {
    constexpr std::size_t size = 2 + P::fixed_size;
    if (size > storage_.size() - size_) return error{no_room({errc::buffer_too_small, size}), size};
    writer out(detail::to_chars(storage_.data() + size_));
    size_ += size;
    out.u8(detail::first_byte(packet));
    out.u8(P::fixed_size);
    write(out, packet);
    return {};
  }

  // The two halves of append(): what take() is not given has not been written.
  template <class P>
  HUBWIRE_FOLDED result<byte_view> put(P const& packet) noexcept {
    return encode(storage_.subspan(size_), packet);
  }
  // The first half for a PUBLISH without its payload of payload_size bytes, which append_raw() brings.
  template <class P>
  result<byte_view> put_header(P const& packet, std::size_t payload_size) noexcept {
    return encode_header(storage_.subspan(size_), packet, payload_size);
  }
  errc take(result<byte_view> const& written) noexcept {
    if (!written) return no_room(written.error());
    size_ += written->size();
    return errc::none;
  }

  // As many of these bytes as there is room for; returns how many.
  std::size_t append_raw(bytes data) noexcept {
    std::size_t const room = storage_.size() - size_;
    std::size_t const count = data.size() < room ? data.size() : room;
    detail::copy_chars(detail::to_chars(storage_.data() + size_), data.data(), count);
    size_ += count;
    return count;
  }

  // What to send next; lives until the queue is changed.
  byte_view pending() const noexcept { return storage_.first(size_); }
  bool empty() const noexcept { return size_ == 0; }

  // What is pending now (a CONNECT with its password) is overwritten as soon as it has been sent.
  void mark_secret() noexcept { secret_ = true; }

  // The first count bytes of pending() were sent; more than it held are not believed. How many it were.
  std::size_t consume(std::size_t count) noexcept {
    std::size_t const sent = count < size_ ? count : size_;
    size_ -= sent;
    if (size_ != 0) std::memmove(storage_.data(), storage_.data() + sent, size_);
    if (secret_) {
      wipe(byte_span(storage_.data() + size_, sent));
      secret_ = size_ != 0;
    }
    return sent;
  }

  // Forgets what is pending.
  void clear() noexcept { static_cast<void>(consume(size_)); }

 private:
  errc no_room(error wrong) const noexcept {
    bool const fits_later = wrong.code == errc::buffer_too_small && wrong.detail <= storage_.size();
    return fits_later ? errc::output_full : wrong.code;
  }

  // What is pending lies at the front, always: a transport takes all of it as a rule. Where it takes less, the rest
  // is moved each time.
  // INVARIANT: size_ <= storage_.size()
  byte_span storage_;
  std::size_t size_ = 0;
  bool secret_ = false;
};

}  // namespace hubwire::inline HUBWIRE_ABI

#endif
