// SPDX-License-Identifier: BSL-1.0
// What a client tells its application.
#ifndef HUBWIRE_SESSION_EVENT_HPP
#define HUBWIRE_SESSION_EVENT_HPP

#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/wire/delivery.hpp>
#include <hubwire/wire/list_view.hpp>

namespace hubwire { inline namespace abi1 {

/// What has happened. Behind each kind stands what the event has to say about it.
enum class event_kind : std::uint8_t {
  none,       ///< nothing now
  connected,  ///< CONNACK accepted: session_present()
  message,    ///< PUBLISH received: message()
  // A message that does not fit the receive buffer, with large_messages::in_parts or skip:
  message_begin,  ///< message() without its payload, of which payload_size() bytes follow
  message_piece,  ///< payload(): the next bytes; none of these with skip
  message_end,    ///< the payload is complete; acknowledge() makes sense from here on
  published,      ///< PUBACK or PUBCOMP: the server has the message of id(); repeated()
  subscribed,     ///< SUBACK: id(), codes() in the order of the filters
  unsubscribed,   ///< UNSUBACK: id()
  abandoned,      ///< the request id() will not be answered: cause(). A message may have arrived or not
  repeat,         ///< keep_with_application: the message id() has to be sent again, by publish_again()
  closed,  ///< the connection is over: cause(), errc::none after a complete goodbye; close the transport
};

/// One event of a client. Asking it for what its kind does not have is a broken promise (HUBWIRE_ASSERT).
/// What it views lies in the receive buffer. It lives until the client's window() is asked for again, which
/// pump() does.
template <class Publish, class ReturnCode>
class basic_event {
 public:
  /// Makes an event that says: nothing has happened.
  constexpr basic_event() noexcept : nothing_(0) {}

  constexpr event_kind kind() const noexcept { return kind_; }
  constexpr explicit operator bool() const noexcept { return kind_ != event_kind::none; }

  /// False for a message of QoS 0, and for connected and closed.
  constexpr bool has_id() const noexcept { return id_ != 0; }
  /// The packet identifier. Of a request: what the verb returned, `event.id() == sent->id()`. Of a message:
  /// what acknowledge() takes. Only with has_id().
  constexpr packet_id id() const noexcept {
    HUBWIRE_ASSERT(has_id());
    return packet_id::trusted(id_);
  }
  /// Of connected: whether the server had kept its half of the session.
  constexpr bool session_present() const noexcept {
    HUBWIRE_ASSERT(kind_ == event_kind::connected);
    return flag_;
  }
  /// Of published: whether the message was sent in more than one connection.
  constexpr bool repeated() const noexcept {
    HUBWIRE_ASSERT(kind_ == event_kind::published);
    return flag_;
  }
  /// Of message and message_begin: the message.
  constexpr Publish const& message() const noexcept {
    HUBWIRE_ASSERT(kind_ == event_kind::message || kind_ == event_kind::message_begin);
    return message_;
  }
  /// Of message_begin: the bytes that are to follow.
  constexpr std::uint32_t payload_size() const noexcept {
    HUBWIRE_ASSERT(kind_ == event_kind::message_begin);
    return payload_size_;
  }
  /// Of message_piece: the next bytes.
  constexpr bytes payload() const noexcept {
    HUBWIRE_ASSERT(kind_ == event_kind::message_piece);
    return payload_;
  }
  /// Of subscribed: the return codes, in the order of the filters.
  constexpr list_view<ReturnCode> const& codes() const noexcept {
    HUBWIRE_ASSERT(kind_ == event_kind::subscribed);
    return codes_;
  }
  /// Of closed: why. connection_refused carries the return code in its detail. Of abandoned: session_lost,
  /// message_expired, connection_lost (a SUBSCRIBE that nobody keeps), or the cause of closed, which follows.
  constexpr error cause() const noexcept {
    HUBWIRE_ASSERT(kind_ == event_kind::closed || kind_ == event_kind::abandoned);
    return cause_;
  }

  /// These make events: the client calls them, and a test of an application may.
  static constexpr basic_event of_connection(bool session_present) noexcept {
    return basic_event(session_present);
  }
  static constexpr basic_event of_message(Publish const& message) noexcept {
    return {event_kind::message, message, 0};
  }
  static constexpr basic_event of_begin(Publish const& head, std::uint32_t payload_size) noexcept {
    return {event_kind::message_begin, head, payload_size};
  }
  /// id is 0 for a message of QoS 0, here and for of_end.
  static constexpr basic_event of_piece(std::uint16_t id, bytes payload) noexcept { return {id, payload}; }
  static constexpr basic_event of_end(std::uint16_t id) noexcept { return {event_kind::message_end, id}; }
  static constexpr basic_event of_codes(packet_id id, list_view<ReturnCode> const& codes) noexcept {
    return {id, codes};
  }
  /// Makes unsubscribed and repeat.
  static constexpr basic_event of_request(event_kind kind, packet_id id) noexcept {
    return {kind, id.number()};
  }
  static constexpr basic_event of_publish(packet_id id, bool repeated = false) noexcept {
    basic_event made(event_kind::published, id.number());
    made.flag_ = repeated;
    return made;
  }
  static constexpr basic_event of_loss(packet_id id, error cause) noexcept { return {id, cause}; }
  static constexpr basic_event of_end_of_connection(error cause) noexcept { return basic_event(cause); }

 private:
  constexpr basic_event(event_kind kind, std::uint16_t id) noexcept : kind_(kind), id_(id), nothing_(0) {}
  constexpr explicit basic_event(bool session_present) noexcept
      : kind_(event_kind::connected), flag_(session_present), nothing_(0) {}
  constexpr basic_event(event_kind kind, Publish const& message, std::uint32_t payload_size) noexcept
      : kind_(kind), id_(number_of(message.delivery)), payload_size_(payload_size), message_(message) {}
  constexpr basic_event(std::uint16_t id, bytes payload) noexcept
      : kind_(event_kind::message_piece), id_(id), payload_(payload) {}
  constexpr basic_event(packet_id id, list_view<ReturnCode> const& codes) noexcept
      : kind_(event_kind::subscribed), id_(id.number()), codes_(codes) {}
  constexpr explicit basic_event(error cause) noexcept : kind_(event_kind::closed), cause_(cause) {}
  constexpr basic_event(packet_id id, error cause) noexcept
      : kind_(event_kind::abandoned), id_(id.number()), cause_(cause) {}

  static constexpr std::uint16_t number_of(delivery how) noexcept {
    return how.has_id() ? how.id().number() : std::uint16_t{0};
  }

  // INVARIANT: the member of the union is the one that kind_ says; id_ is 0 where there is none.
  event_kind kind_ = event_kind::none;
  bool flag_ = false;
  std::uint16_t id_ = 0;
  std::uint32_t payload_size_ = 0;
  union {
    char nothing_;
    Publish message_;
    bytes payload_;
    list_view<ReturnCode> codes_;
    error cause_;
  };
};

}}  // namespace hubwire

#endif
