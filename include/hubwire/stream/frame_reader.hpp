// SPDX-License-Identifier: BSL-1.0
// Frames from a byte stream, whatever the chunks it comes in: the reader lends a window of the caller's
// memory to read into, or takes chunks that somebody else has read, and hands out views of the packets.
#ifndef HUBWIRE_STREAM_FRAME_READER_HPP
#define HUBWIRE_STREAM_FRAME_READER_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/wipe.hpp>
#include <hubwire/wire/frame.hpp>

namespace hubwire { inline namespace abi1 {

// Over memory of the caller's, which outlives the reader. A packet has to fit that memory; a larger one
// is packet_exceeds_limit (detail: its size, 0 if memory of less than five bytes does not even hold its
// length) as soon as that is known, and what cannot begin a packet of the peer's, as first_bytes_from in
// codec.hpp says, at its first byte. accepted outlives the reader.
//
// Errors are sticky: after the first, window() is empty, commit() and next() take nothing any more, and
// next() returns the same error until reset(). After an error that the reader found, unread() begins with
// the packet that is to blame; what refuse() reports is the frame that the caller holds.
class frame_reader {
 public:
  constexpr explicit frame_reader(byte_span storage, std::uint32_t limit = largest_packet,
                                  first_bytes const& accepted = any_first_byte) noexcept
      : storage_(storage),
        accepted_(&accepted),
        limit_(storage.size() < limit ? static_cast<std::uint32_t>(storage.size()) : limit) {}

  frame_reader(byte_span, std::uint32_t, first_bytes const&&) = delete;  // it would not outlive the reader
  frame_reader(frame_reader const&) = delete;
  frame_reader& operator=(frame_reader const&) = delete;

  // Where to put the bytes that come next; empty when the storage is full of frames not taken yet.
  // Ends the life of every frame handed out before.
  byte_span window() noexcept {
    if (failure_.code != errc::none) return {};
    if (begin_ != 0) {
      std::memmove(storage_.data(), storage_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      detail::poison(storage_.subspan(end_, begin_));
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
    frame_result found;
    found.status = look(found.frame);
    found.needed = needed_;
    found.error = failure_;
    return found;
  }

  // The next packet. A view: it lives until the next window(). need_more is no error: read on.
  frame_result next() noexcept {
    frame_result found = peek();
    if (found.status == frame_status::ready) take(found.frame.size());
    return found;
  }

  // The next packet of bytes that lie elsewhere: in a driver's buffer, say, instead of the window. It is
  // parsed where it lies, and chunk is what is behind it then; only a packet that two chunks share is put
  // together in the storage, in which chunk does not lie. need_more: chunk is used up. A view: it lives as long as the bytes of chunk
  // and until the next call.
  frame_result next(byte_view& chunk) noexcept {
    HUBWIRE_ASSERT(!detail::overlap(storage_, chunk));
    if (!detail::for_size && continues_only(chunk.size())) {
      append_all(chunk);
      return {frame_status::need_more, {}, needed_, {}};
    }
    if (buffered() != 0 || failure_.code != errc::none) return next_of_both(chunk);
    frame_result found = split_frame(chunk, limit_, *accepted_);
    if (found.status == frame_status::ready) [[likely]]
      chunk = chunk.subspan(found.frame.size());
    else
      take_rest(found, chunk);
    return found;
  }

  // The caller found fault with a packet: from now on that error is the reader's.
  void refuse(hubwire::error why) noexcept {
    if (failed()) return;
    failure_ = why;
    needed_ = 0;
  }
  // What was put into the storage and not taken yet.
  char_view unread() const noexcept {
    return detail::to_chars(byte_view(storage_.data() + begin_, buffered()));
  }

  // Bytes that were committed and not taken yet.
  std::size_t buffered() const noexcept { return end_ - begin_; }
  // No byte fits until a frame is taken.
  bool full() const noexcept { return buffered() == storage_.size(); }

  // As new: for the next connection.
  void reset() noexcept {
    begin_ = 0;
    end_ = 0;
    needed_ = 0;
    failure_ = {};
  }

 protected:
  // peek(), in pieces: the rest is needed_ and failure_.
  frame_status look(frame& found) noexcept {
    if (failed()) return frame_status::failed;
    if (is_incomplete()) return frame_status::need_more;
    char_view const input = unread();
    detail::split_result const split = detail::split_quickly(input, limit_, *accepted_);
    needed_ = 0;
    if (split.status == frame_status::failed) return stop({split.code, split.size});
    // Full, and the length has not ended: memory of less than five bytes, and a packet of 130 or more.
    if (split.size == 0 && full()) return stop({errc::packet_exceeds_limit, 0});
    needed_ = split.size;
    if (split.status == frame_status::ready) found = detail::frame_at(input.data(), split);
    return split.status;
  }
  frame_status stop(hubwire::error why) noexcept {
    refuse(why);
    return frame_status::failed;
  }
  hubwire::error failure() const noexcept { return failure_; }
  // Packets up to limit from now on, also those that do not fit the storage: need_more, whose needed says so.
  constexpr void take_larger(std::uint32_t limit) noexcept { limit_ = limit; }
  std::size_t capacity() const noexcept { return storage_.size(); }
  void take(std::size_t count) noexcept {
    HUBWIRE_ASSERT(count <= buffered());
    begin_ += count;
    needed_ = 0;
  }
  // The length is known, and that many bytes are not there: no need to read it again.
  bool is_incomplete() const noexcept { return buffered() < needed_; }
  bool failed() const noexcept { return failure_.code != errc::none; }

 private:
  // Whether so many bytes go behind the ones that are there and leave the packet incomplete: what a link that
  // delivers byte by byte brings most of the time.
  bool continues_only(std::size_t count) const noexcept {
    return buffered() + count < needed_ && begin_ + needed_ <= storage_.size();
  }
  void append_all(byte_view& chunk) noexcept {
    std::uint8_t* const to = storage_.data() + end_;
    end_ += chunk.size();
    if (chunk.size() == 1)
      *to = chunk.front();
    else
      detail::copy_chars(detail::to_chars(to), detail::to_chars(chunk.data()), chunk.size());
    chunk = {};
  }
  // As many bytes of chunk as fit, up to count, go behind the ones that are there.
  void append(byte_view& chunk, std::size_t count) noexcept {
    byte_span room = window();
    if (count > chunk.size()) count = chunk.size();
    if (count > room.size()) count = room.size();
    detail::copy_chars(detail::to_chars(room.data()), detail::to_chars(chunk.data()), count);
    end_ += count;
    chunk = chunk.subspan(count);
  }
  // chunk begins with no whole packet.
  void take_rest(frame_result& found, byte_view& chunk) noexcept {
    append(chunk, chunk.size());
    needed_ = found.needed;
    if (found.status == frame_status::failed || full()) found = peek();
  }
  // A packet began in the storage: one byte at a time until its length is known, then what is missing.
  frame_result next_of_both(byte_view& chunk) noexcept {
    for (;;) {
      if (is_incomplete()) append(chunk, needed_ - buffered());
      if (is_incomplete()) return {frame_status::need_more, {}, needed_, {}};
      frame_result found = next();
      if (found.status != frame_status::need_more || chunk.empty()) return found;
      if (needed_ == 0) append(chunk, 1);
    }
  }

  // INVARIANT: begin_ <= end_ <= storage_.size(); the bytes between them were committed and not taken.
  byte_span storage_;
  first_bytes const* accepted_;
  std::uint32_t limit_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t needed_ = 0;  // size of the packet at begin_, 0 while nobody knows and after an error
  hubwire::error failure_{};
};

}}  // namespace hubwire

#endif
