// SPDX-License-Identifier: BSL-1.0
// Messages larger than memory: a PUBLISH that does not fit the storage comes as its head (topic and
// packet identifier), pieces of its payload, and an end. Everything else comes as whole frames.
#ifndef HUBWIRE_STREAM_PAYLOAD_READER_HPP
#define HUBWIRE_STREAM_PAYLOAD_READER_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/stream/frame_reader.hpp>
#include <hubwire/stream/message_reader.hpp>
#include <hubwire/wire/frame.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 {

/// A frame_reader whose next() knows large messages. A packet larger than limit is refused whatever the
/// policy; one whose topic alone does not fit is buffer_too_small (detail: the storage that would do; what
/// any topic takes when not even the topic's length fits).
/// Views live until the next window(), errors are sticky.
template <class Protocol>
class payload_reader : private frame_reader {  // who took frames from it as from one would put it out of step
 public:
  static constexpr bool knows_parts = true;

  using frame_reader::buffered;
  using frame_reader::commit;
  using frame_reader::full;
  using frame_reader::refuse;
  using frame_reader::unread;
  using frame_reader::window;

  constexpr payload_reader(byte_span storage, large_messages policy, std::uint32_t limit = largest_packet,
                           first_bytes const& accepted = any_first_byte) noexcept
      : frame_reader(storage, limit, accepted), policy_(policy) {
    if (policy != large_messages::refuse) take_larger(limit);
  }

  payload_reader(byte_span, large_messages, std::uint32_t,
                 first_bytes const&&) = delete;  // as frame_reader's

  /// What comes next, without taking it.
  frame_result peek() noexcept {
    if (left_ != outside && !failed()) return look_inside();
    frame_result const found = frame_reader::peek();
    if (found.status == frame_status::need_more && found.size > capacity()) [[unlikely]]
      return look_at_head(found.size);
    return found;
  }

  /// What peek() has just returned.
  void take(frame_result const& found) noexcept {
    if (found.frame.size() != 0) frame_reader::take(found.frame.size());
    if (found.status == frame_status::ready) return;
    if (found.status == frame_status::piece) left_ -= static_cast<std::uint32_t>(found.frame.size());
    if (found.status == frame_status::end) left_ = outside;
    if (found.status != frame_status::begin) return;
    left_ = found.size;
    skipping_ = policy_ == large_messages::skip;
  }

  frame_result next() noexcept {
    frame_result const found = peek();
    if (found.status != frame_status::need_more) take(found);
    return found;
  }

  /// After begin: the pieces that are left are dropped, the end is still reported.
  void skip_payload() noexcept { skipping_ = true; }

  /// Nothing comes out until bytes are committed.
  bool idle() const noexcept { return frame_reader::idle() && left_ != 0; }

  void reset() noexcept {
    frame_reader::reset();
    left_ = outside;
  }

 private:
  // Fixed header, topic and packet identifier at their largest.
  static constexpr std::uint32_t largest_head = 5 + 2 + 65'535 + 2;
  // What no payload has left: there is none.
  static constexpr std::uint32_t outside = static_cast<std::uint32_t>(-1);

  // The head of a packet of size bytes in all.
  frame_result look_at_head(std::uint32_t size) noexcept {
    char_view const input = unread();
    frame const fixed = detail::split_head(input, 0);
    if (fixed.type() != packet_type::publish) return stop({errc::packet_exceeds_limit, size});
    std::string_view const behind(fixed.body().data(), input.size() - fixed.size());
    std::size_t const head = Protocol::publish_head_size(fixed.flags(), behind);
    std::size_t const end = head == 0 && full() ? largest_head : fixed.size() + head;
    if (fixed.size() + head > size) return stop({errc::malformed_packet, 0});
    if (end > capacity()) return stop({errc::buffer_too_small, static_cast<std::uint32_t>(end)});
    if (head == 0 || end > input.size()) return {frame_status::need_more, size, {}, {}};
    return {frame_status::begin, static_cast<std::uint32_t>(size - end), detail::split_head(input, head), {}};
  }

  // What is skipped is dropped as it comes: nobody gets to see it.
  frame_result look_inside() noexcept {
    auto const here = static_cast<std::uint32_t>(buffered() < left_ ? buffered() : left_);
    if (!skipping_ && here != 0)
      return {frame_status::piece, 0, detail::frame_maker::piece(unread().data(), here), {}};
    frame_reader::take(here);
    left_ -= here;
    return {left_ == 0 ? frame_status::end : frame_status::need_more, 0, {}, {}};
  }

  std::uint32_t left_ = outside;  // bytes of a payload that are missing, from its head to its end
  large_messages policy_;
  bool skipping_ = false;
};

}}  // namespace hubwire

#endif
