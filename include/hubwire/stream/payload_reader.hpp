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
#include <hubwire/stream/message_part.hpp>
#include <hubwire/wire/frame.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire { inline namespace abi1 {

// A frame_reader whose next() knows large messages. A packet larger than limit is refused whatever the
// policy; one whose topic alone does not fit is buffer_too_small (detail: the storage that would do; what
// any topic takes when not even the topic's length fits).
// Views live until the next window(), errors are sticky.
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

  // What comes next, without taking it.
  message_part peek() noexcept {
    message_part part;
    if (left_ != outside && !failed())
      look_inside(part);
    else
      look(part);
    return part;
  }

  // What peek() has just returned.
  void take(message_part const& part) noexcept {
    frame_reader::take(part.frame.size() + part.payload.size());  // one of them is empty
    left_ -= static_cast<std::uint32_t>(part.payload.size());
    if (part.status == part_status::end) left_ = outside;
    if (part.status != part_status::begin) return;
    left_ = part.size;
    skipping_ = policy_ == large_messages::skip;
  }

  message_part next() noexcept {
    message_part part = peek();
    if (part.status != part_status::need_more) take(part);
    return part;
  }

  // After begin: the pieces that are left are dropped, the end is still reported.
  void skip_payload() noexcept { skipping_ = true; }

  void reset() noexcept {
    frame_reader::reset();
    left_ = outside;
  }

 private:
  // Fixed header, topic and packet identifier at their largest.
  static constexpr std::uint32_t largest_head = 5 + 2 + 65'535 + 2;
  // What no payload has left: there is none.
  static constexpr std::uint32_t outside = static_cast<std::uint32_t>(-1);

  void look(message_part& part) noexcept {
    frame_result const found = frame_reader::peek();
    part.frame = found.frame;
    detail::describe(part, found.status, found.error);
    if (found.needed > capacity()) look_at_head(part, static_cast<std::uint32_t>(found.needed));
  }

  // The head of a packet of size bytes in all.
  void look_at_head(message_part& part, std::uint32_t size) noexcept {
    char_view const input = unread();
    frame const fixed = split_head(input, 0);
    std::string_view const behind(fixed.body().data(), input.size() - fixed.size());
    std::size_t const head = Protocol::publish_head_size(fixed.flags(), behind);
    std::size_t const end = head == 0 && full() ? largest_head : fixed.size() + head;
    if (fixed.type() != packet_type::publish)
      part.error = {errc::packet_exceeds_limit, size};
    else if (fixed.size() + head > size)
      part.error = {errc::malformed_packet, 0};
    else if (end > capacity())
      part.error = {errc::buffer_too_small, static_cast<std::uint32_t>(end)};
    if (part.error.code != errc::none) {
      part.status = part_status::failed;
      refuse(part.error);
    } else if (head != 0 && end <= input.size()) {
      part.status = part_status::begin;
      part.frame = split_head(input, head);
      part.size = static_cast<std::uint32_t>(size - end);
    }
  }

  // What is skipped is dropped as it comes: nobody gets to see it.
  void look_inside(message_part& part) noexcept {
    std::size_t const here = buffered() < left_ ? buffered() : left_;
    bytes const payload(char_view(unread().data(), here));
    if (skipping_) {
      frame_reader::take(here);
      left_ -= static_cast<std::uint32_t>(here);
    } else if (here != 0) {
      part.status = part_status::piece;
      part.payload = payload;
    }
    if (left_ == 0) part.status = part_status::end;
  }

  std::uint32_t left_ = outside;  // bytes of a payload that are missing, from its head to its end
  large_messages policy_;
  bool skipping_ = false;
};

}}  // namespace hubwire

#endif
