// SPDX-License-Identifier: BSL-1.0
// Frames from a byte stream, whatever the chunks it comes in: the reader lends a window of the caller's
// memory to read into, and hands out views of the packets that are complete.
#ifndef HUBWIRE_STREAM_FRAME_READER_HPP
#define HUBWIRE_STREAM_FRAME_READER_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/wire/fixed_header.hpp>

namespace hubwire::inline abi1 {

// Over memory of the caller's, which outlives the reader. A packet has to fit that memory; a larger one
// is packet_exceeds_limit (detail: its size, 0 if memory of less than five bytes does not even hold its
// length) as soon as that is known.
//
// Errors are sticky: after the first, window() is empty, commit() changes nothing, and next() returns the
// same error until reset().
class frame_reader {
 public:
  explicit frame_reader(byte_span storage, std::uint32_t limit = largest_packet) noexcept
      : storage_(storage),
        limit_(storage.size() < limit ? static_cast<std::uint32_t>(storage.size()) : limit) {}

  frame_reader(frame_reader const&) = delete;
  frame_reader& operator=(frame_reader const&) = delete;

  // Where to put the bytes that come next; empty when the storage is full of frames not taken yet.
  // Ends the life of every frame handed out before.
  byte_span window() noexcept {
    if (failure_.code != errc::none) return {};
    if (begin_ != 0) {
      std::memmove(storage_.data(), storage_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    return {storage_.data() + end_, storage_.size() - end_};
  }

  // count bytes were put at the front of the window; more than it held are not believed.
  void commit(std::size_t count) noexcept {
    if (failure_.code != errc::none) return;
    std::size_t const room = storage_.size() - end_;
    end_ += count < room ? count : room;
  }

  // The next packet, which stays there; see next().
  frame_result peek() noexcept {
    if (failure_.code != errc::none) return {frame_status::failed, {}, 0, failure_};
    frame_result const found = split_frame(unread(), limit_);
    if (found.status == frame_status::failed) failure_ = found.error;
    // Full, and the length has not ended: memory of less than five bytes, and a packet of 130 or more.
    if (found.status == frame_status::need_more && full()) failure_ = {errc::packet_exceeds_limit, 0};
    return failure_.code == errc::none ? found : frame_result{frame_status::failed, {}, 0, failure_};
  }

  // The next packet. A view: it lives until the next window(). need_more is no error: read on.
  frame_result next() noexcept {
    frame_result const found = peek();
    if (found.status == frame_status::ready) begin_ += found.frame.size();
    return found;
  }

  // Bytes that were committed and not taken yet.
  std::size_t buffered() const noexcept { return end_ - begin_; }
  // No byte fits until a frame is taken.
  bool full() const noexcept { return buffered() == storage_.size(); }

  // As new: for the next connection.
  void reset() noexcept {
    begin_ = 0;
    end_ = 0;
    failure_ = {};
  }

 protected:
  char_view unread() const noexcept {
    return detail::to_chars(byte_view(storage_.data() + begin_, buffered()));
  }
  std::size_t capacity() const noexcept { return storage_.size(); }
  void take(std::size_t count) noexcept { begin_ += count; }
  void fail(hubwire::error why) noexcept { failure_ = why; }
  bool failed() const noexcept { return failure_.code != errc::none; }

 private:
  // INVARIANT: begin_ <= end_ <= storage_.size(); the bytes between them were committed and not taken.
  byte_span storage_;
  std::uint32_t limit_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  hubwire::error failure_{};
};

}  // namespace hubwire::inline abi1

#endif
