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

/// Over memory of the caller's, which outlives the reader. A packet has to fit that memory; a larger one
/// is packet_exceeds_limit (detail: its size, 0 if memory of less than five bytes does not even hold its
/// length) as soon as that is known, and what cannot begin a packet of the peer's, as first_bytes_from in
/// codec.hpp says, at its first byte. accepted outlives the reader.
///
/// Errors are sticky: after the first, window() is empty, commit() and next() take nothing any more, and
/// next() returns the same error until reset(). After an error that the reader found, unread() begins with
/// the packet that is to blame; what refuse() reports is the frame that the caller holds.
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

  /// Where to put the bytes that come next; empty when the storage is full of frames not taken yet.
  /// Ends the life of every frame handed out before.
  byte_span window() noexcept {
    if (failed()) return {};
    if (begin_ != 0) move_to_front();
    return {storage_.data() + end_, storage_.size() - end_};
  }

  /// count bytes were put at the front of the window; more than it held are not believed.
  void commit(std::size_t count) noexcept {
    if (failed()) return;
    std::size_t const room = storage_.size() - end_;
    end_ += count < room ? count : room;
  }

  /// The next packet, which stays there; see next().
  frame_result peek() noexcept {
    if (buffered() < needed_ || (buffered() == 0 && !full())) return nothing_yet();
    detail::header_sizes const sizes = detail::read_usual_header(unread(), limit_, *accepted_);
    std::uint32_t const size = sizes.header + sizes.length;
    if (sizes.header == 0 || size > buffered()) [[unlikely]]
      return look_closer();
    return ready(unread().data(), sizes.header, size);
  }

  /// The next packet. A view: it lives until the next window(). need_more is no error: read on.
  frame_result next() noexcept {
    frame_result const found = peek();
    if (found.status == frame_status::ready) take(found.size);
    return found;
  }

  /// The next packet of bytes that lie elsewhere: in a driver's buffer, say, instead of the window. It is
  /// parsed where it lies, and chunk is what is behind it then; only a packet that two chunks share is put
  /// together in the storage, in which chunk does not lie. need_more: chunk is used up. A view: it lives as
  /// long as the bytes of chunk and until the next call.
  HUBWIRE_FASTER_INLINE frame_result next(byte_view& chunk) noexcept {
    HUBWIRE_ASSERT(!detail::overlap(storage_, chunk));
    if (buffered() != 0 || needed_ != 0) [[unlikely]]
      return next_in_storage(chunk);
    char const* const data = detail::to_chars(chunk.data());
    detail::header_sizes const sizes = detail::read_usual_header({data, chunk.size()}, limit_, *accepted_);
    std::uint32_t const size = sizes.header + sizes.length;
    if (sizes.header == 0 || size > chunk.size()) [[unlikely]]
      return store(chunk, size);
    chunk = chunk.subspan(size);
    return ready(data, sizes.header, size);
  }

  /// The caller found fault with a packet: from now on that error is the reader's.
  void refuse(hubwire::error why) noexcept {
    if (failed()) return;
    failure_ = why;
    needed_ = never;
  }
  /// What was put into the storage and not taken yet.
  char_view unread() const noexcept {
    return detail::to_chars(byte_view(storage_.data() + begin_, buffered()));
  }

  /// Bytes that were committed and not taken yet.
  std::size_t buffered() const noexcept { return end_ - begin_; }
  /// Nothing comes out until bytes are committed: there are none, and no error.
  bool idle() const noexcept { return buffered() == 0 && !full() && !failed(); }
  /// No byte fits until a frame is taken.
  bool full() const noexcept { return buffered() == storage_.size(); }

  /// As new: for the next connection.
  void reset() noexcept {
    begin_ = 0;
    end_ = 0;
    needed_ = 0;
    failure_ = {};
  }

 protected:
  frame_result stop(hubwire::error why) noexcept {
    refuse(why);
    return nothing_yet();
  }
  // Packets up to limit from now on, also those that do not fit the storage: need_more, whose size says so.
  constexpr void take_larger(std::uint32_t limit) noexcept { limit_ = limit; }
  std::size_t capacity() const noexcept { return storage_.size(); }
  void take(std::size_t count) noexcept {
    HUBWIRE_ASSERT(count <= buffered());
    begin_ += count;
    needed_ = 0;
  }
  bool failed() const noexcept { return needed_ == never; }

 private:
  static constexpr std::size_t never = static_cast<std::size_t>(-1);

  frame_result nothing_yet() const noexcept {
    if (failed()) return {frame_status::failed, 0, {}, failure_};
    return {frame_status::need_more, static_cast<std::uint32_t>(needed_), {}, {}};
  }
  static frame_result ready(char const* data, std::uint32_t header_size, std::uint32_t size) noexcept {
    return {frame_status::ready, size, detail::frame_maker::whole(data, header_size, size), {}};
  }
  // peek() for what is not there as a whole, no packet, or longer than most.
  frame_result look_closer() noexcept {
    if (buffered() < needed_) return nothing_yet();
    hubwire::error why{};
    detail::header_sizes const sizes = detail::read_accepted_header(unread(), limit_, *accepted_, why);
    std::uint32_t const size = sizes.header + sizes.length;
    // Full, and the length has not ended: memory of less than five bytes, and a packet of 130 or more.
    if (sizes.header == 0 && full() && why.code == errc::none) why.code = errc::packet_exceeds_limit;
    if (why.code != errc::none) return stop(why);
    if (sizes.header != 0 && size <= buffered()) return ready(unread().data(), sizes.header, size);
    needed_ = size;
    return nothing_yet();
  }

  void move_to_front() noexcept {
    if (buffered() != 0) std::memmove(storage_.data(), storage_.data() + begin_, buffered());
    end_ -= begin_;
    detail::poison(storage_.subspan(end_, begin_));
    begin_ = 0;
  }
  // As many bytes of chunk as fit, up to count, go behind the ones that are there.
  void append(byte_view& chunk, std::size_t count) noexcept {
    if (begin_ != 0) move_to_front();
    std::size_t const room = storage_.size() - end_;
    if (count > chunk.size()) count = chunk.size();
    if (count > room) count = room;
    detail::copy_chars(detail::to_chars(storage_.data() + end_), detail::to_chars(chunk.data()), count);
    end_ += count;
    chunk = chunk.subspan(count);
  }
  // Nothing is in the storage, and chunk begins with no whole packet that is usual; of size bytes, if that is
  // known.
  HUBWIRE_ONE_COPY frame_result store(byte_view& chunk, std::uint32_t size) noexcept {
    if (size == 0) {
      frame_result const found = split_frame(chunk, limit_, *accepted_);
      if (found.status == frame_status::ready) {
        chunk = chunk.subspan(found.size);
        return found;
      }
      size = found.size;
    }
    append(chunk, chunk.size());
    needed_ = size;
    return size == 0 ? look_closer() : nothing_yet();
  }
  // A packet began in the storage: one byte at a time until its length is known, then what is missing.
  HUBWIRE_ONE_COPY frame_result next_in_storage(byte_view& chunk) noexcept {
    if (failed()) return nothing_yet();
    if (buffered() + chunk.size() < needed_) {
      if (chunk.size() == 1 && end_ != storage_.size()) {  // from a slow link
        storage_[end_++] = chunk.front();
        chunk = {};
      } else {
        append(chunk, chunk.size());
      }
      return nothing_yet();
    }
    for (;;) {
      if (buffered() >= needed_) {
        frame_result const found = next();
        if (found.status != frame_status::need_more) return found;
      }
      if (chunk.empty()) return nothing_yet();
      append(chunk, needed_ == 0 ? 1 : needed_ - buffered());
    }
  }

  // INVARIANT: begin_ <= end_ <= storage_.size(); the bytes between them were committed and not taken.
  byte_span storage_;
  first_bytes const* accepted_;
  std::uint32_t limit_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t needed_ = 0;  // size of the packet at begin_, 0 while nobody knows it, never after an error
  hubwire::error failure_{};
};

}}  // namespace hubwire

#endif
