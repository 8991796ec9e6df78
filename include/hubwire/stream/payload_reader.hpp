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
#include <hubwire/wire/fixed_header.hpp>
#include <hubwire/wire/varint.hpp>

namespace hubwire::inline abi1 {

// What to do with a PUBLISH that does not fit the storage.
enum class large_messages : std::uint8_t {
  refuse,    // packet_exceeds_limit, and the connection has to be closed
  in_parts,  // begin, pieces, end
  skip,      // begin and end, so that it can be acknowledged; the payload is dropped
};

enum class part_status : std::uint8_t {
  need_more,  // read on
  packet,     // frame holds a whole packet
  begin,      // frame holds a PUBLISH without its payload, of which size bytes follow in pieces
  piece,      // payload holds the next bytes
  end,        // the payload is complete
  failed,     // error says why; the connection has to be closed
};

struct message_part {
  part_status status = part_status::need_more;
  hubwire::frame frame{};
  bytes payload{};
  std::uint32_t size = 0;
  hubwire::error error{};
};

// A frame_reader whose next() knows large messages. A packet larger than limit is refused whatever the
// policy; one whose topic alone does not fit is buffer_too_small (detail: the storage that would do; what
// any topic takes when not even the topic's length fits).
// Views live until the next window(), errors are sticky.
template <class Protocol>
class payload_reader : private frame_reader {  // who took frames from it as from one would put it out of step
 public:
  using frame_reader::buffered;
  using frame_reader::commit;
  using frame_reader::full;
  using frame_reader::refuse;
  using frame_reader::unread;
  using frame_reader::window;

  payload_reader(byte_span storage, large_messages policy, std::uint32_t limit = largest_packet,
                 first_bytes const& accepted = any_first_byte) noexcept
      : frame_reader(storage, limit, accepted), accepted_(&accepted), limit_(limit), policy_(policy) {}

  payload_reader(byte_span, large_messages, std::uint32_t,
                 first_bytes const&&) = delete;  // as frame_reader's

  // What comes next, without taking it.
  message_part peek() noexcept {
    if (failed()) return as_part(frame_reader::peek());
    if (inside_) return peek_inside();
    if (is_incomplete()) return {};
    frame_result const whole = split_frame(unread(), limit_, *accepted_);
    if (whole.status == frame_status::ready) return as_part(whole);
    bool const large = whole.status == frame_status::need_more && whole.needed > capacity();
    if (!large || policy_ == large_messages::refuse || !is_publish()) return as_part(frame_reader::peek());
    return peek_head(static_cast<std::uint32_t>(whole.needed));
  }

  message_part next() noexcept {
    message_part part = peek();
    while (part.status == part_status::piece && skipping_) {
      consume(part);
      part = peek();
    }
    consume(part);
    return part;
  }

  // After begin: the pieces that are left are dropped, the end is still reported.
  void skip_payload() noexcept { skipping_ = inside_; }

  void reset() noexcept {
    frame_reader::reset();
    left_ = 0;
    inside_ = skipping_ = false;
  }

 private:
  // Fixed header, topic and packet identifier at their largest.
  static constexpr std::uint32_t largest_head = 5 + 2 + 65'535 + 2;

  bool is_publish() const noexcept { return unread().front() >> 4 == static_cast<int>(packet_type::publish); }

  static message_part as_part(frame_result const& found) noexcept {
    message_part part{.frame = found.frame, .error = found.error};
    if (found.status == frame_status::ready) part.status = part_status::packet;
    if (found.status == frame_status::failed) part.status = part_status::failed;
    return part;
  }

  message_part give_up(hubwire::error why) noexcept {
    refuse(why);
    return {.status = part_status::failed, .error = why};
  }

  // The head of a PUBLISH of size bytes in all.
  message_part peek_head(std::uint32_t size) noexcept {
    char_view const input = unread();
    varint const length = read_varint({input.data() + 1, input.size() - 1});
    std::size_t const header = size - length.value;
    std::size_t const head = Protocol::publish_head_size(detail::to_byte(input.front()) & 0x0F,
                                                         drop({input.data(), input.size()}, header));
    if (head > length.value) return give_up({errc::malformed_packet, 0});
    if (header + head > capacity())
      return give_up({errc::buffer_too_small, static_cast<std::uint32_t>(header + head)});
    if (head == 0) return full() ? give_up({errc::buffer_too_small, largest_head}) : message_part{};
    if (input.size() < header + head) return {};
    return {.status = part_status::begin,
            .frame = split_head(input, head),
            .size = static_cast<std::uint32_t>(length.value - head)};
  }

  message_part peek_inside() const noexcept {
    if (left_ == 0) return {.status = part_status::end};
    std::size_t const here = buffered() < left_ ? buffered() : left_;
    if (here == 0) return {};
    return {.status = part_status::piece, .payload = bytes(char_view(unread().data(), here))};
  }

  void consume(message_part const& part) noexcept {
    switch (part.status) {
      case part_status::packet: take(part.frame.size()); break;
      case part_status::begin:
        take(part.frame.size());
        left_ = part.size;
        inside_ = true;
        skipping_ = policy_ == large_messages::skip;
        break;
      case part_status::piece:
        take(part.payload.size());
        left_ -= static_cast<std::uint32_t>(part.payload.size());
        break;
      case part_status::end: inside_ = skipping_ = false; break;
      case part_status::need_more:
      case part_status::failed: break;
    }
  }

  // INVARIANT: inside_ from the head's end to the end of the payload, of which left_ bytes are missing.
  first_bytes const* accepted_;
  std::uint32_t limit_;
  std::uint32_t left_ = 0;
  large_messages policy_;
  bool inside_ = false;
  bool skipping_ = false;
};

}  // namespace hubwire::inline abi1

#endif
