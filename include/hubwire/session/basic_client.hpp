// SPDX-License-Identifier: BSL-1.0
// The client side of MQTT without I/O: verbs go in, bytes and events come out. It knows no version;
// session_wire<Protocol> holds what it has to know of one. Keep says what becomes of a message whose
// connection ends. v3.1.1 §3 and §4.
#ifndef HUBWIRE_SESSION_BASIC_CLIENT_HPP
#define HUBWIRE_SESSION_BASIC_CLIENT_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <hubwire/codec.hpp>
#include <hubwire/core/objection.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/session/client_link.hpp>
#include <hubwire/session/client_shorthand.hpp>
#include <hubwire/session/keep.hpp>
#include <hubwire/session/keep_alive.hpp>
#include <hubwire/session/options.hpp>
#include <hubwire/session/output_queue.hpp>
#include <hubwire/session/record_format.hpp>
#include <hubwire/session/session_log.hpp>
#include <hubwire/session/session_wire.hpp>
#include <hubwire/session/transitions.hpp>
#include <hubwire/stream/payload_reader.hpp>

namespace hubwire { inline namespace abi1 {

/// The logic of a client; client<> in session/client.hpp brings the tables. It has no locks: do not use it
/// from two threads, or from an interrupt, at once.
template <class Protocol, message_reader Reader = payload_reader<Protocol>, class Keep = keep_nothing>
class basic_client : public client_shorthand<Protocol, basic_client<Protocol, Reader, Keep>> {
  using shorthand = client_shorthand<Protocol, basic_client>;

 public:
  /// What next_event() returns, and what the verbs take.
  using event = typename session_wire<Protocol>::event;
  using connect_packet = typename session_wire<Protocol>::connect;
  using subscription = typename session_wire<Protocol>::subscription;
  using unsubscription = typename session_wire<Protocol>::unsubscription;

  basic_client(basic_client const&) = delete;             // pointers lead into it: neither copied nor moved
  basic_client& operator=(basic_client const&) = delete;  // pointers lead into it: neither copied nor moved

  // --- verbs. Errors of all: invalid_state; payload_incomplete (publish_in_parts); output_full (send what
  // is pending, then try again). PUBACKs and PINGREQ go first: a program that fills the buffer cannot hold
  // them back.

  /// Begins a connection over a transport that has just been opened. With clean_session off the server
  /// keeps its half of the session (subscriptions, messages for this client). What becomes of this half, its
  /// unacknowledged messages, CONNACK decides: with session_present() they are sent again; without, event
  /// abandoned tells each of them, after connected. Errors: events_waiting (until event closed of the last
  /// connection was fetched), those of encode for a CONNECT. lwIP defines connect as a macro of three
  /// arguments: beside it, write (client.connect)(packet, now), or set LWIP_COMPAT_SOCKETS to 2.
  result<void>(connect)(connect_packet const& packet, tick now) noexcept { return begin(packet, now); }

  /// Publishes a message. QoS 1 is delivered at least once, QoS 2 exactly once: event published names the
  /// identifier, or abandoned when that cannot be said. QoS 0 has no identifier. Errors: capacity_exhausted
  /// (limits), not_supported (QoS 2 with keep_nothing), repeat_pending (keep_with_application), those of
  /// encode for a PUBLISH. With kept_packets QoS 1 and 2 are taken in every state, without a connection too,
  /// and leave when there is one; output_full then means that kept messages have to be answered first. QoS 0
  /// does not wait for kept messages.
  result<delivery> publish(message const& outgoing) noexcept;
  using shorthand::publish;

  /// Begins a message that is larger than the transmit buffer. head.payload is not looked at.
  /// publish_payload() then brings payload_size bytes, up to 268,435,455 less the topic. Nothing else may
  /// be sent before they are complete; what cannot be completed ends with the connection. Errors: those of
  /// publish.
  /// No PINGREQ can leave before the payload is complete: bring it in time. A payload that is held back
  /// ends the connection with keep_alive_timeout once nothing has moved for the time of a ping and
  /// ping_timeout together.
  result<delivery> publish_in_parts(message const& head, std::size_t payload_size) noexcept;
  /// Brings the next bytes of that payload. Returns how many were taken, 0 when the buffer is full. Errors:
  /// packet_too_large for more bytes than were announced (detail: how many are missing); then none is
  /// taken.
  result<std::size_t> publish_payload(bytes piece) noexcept;
  /// Sends a message of an earlier connection again, as event repeat has asked: same topic and payload. The
  /// log knows its QoS, outgoing.qos is not looked at. The next one is told afterwards; the server sees them
  /// in the order in which they were sent first. Until then publish() refuses QoS 1 and 2 with
  /// repeat_pending. Errors: invalid_packet_id (repeat has not asked for it), those of publish.
  result<delivery> publish_again(packet_id id, message const& outgoing) noexcept
      requires(Keep::resends && !Keep::has_packets);
  result<delivery> publish_again_in_parts(packet_id id, message const& head,
                                          std::size_t payload_size) noexcept
      requires(Keep::resends && !Keep::has_packets);
  /// Says that a message of QoS 1 that repeat has asked for will not be sent again. Errors:
  /// invalid_packet_id, not_supported (QoS 2: the server may hold its half, so it must be brought to its
  /// end).
  result<void> give_up(packet_id id) noexcept requires(Keep::resends && !Keep::has_packets);

  /// Reads what an earlier life has left in the store: before the first verb, once. client_id is that of
  /// CONNECT. What was on its way is sent again in the next connection of the session, with DUP. Returns what
  /// was found in the store, and what was not in order. Errors: store_failed, invalid_state.
  result<load_report> restore(std::string_view client_id) noexcept requires(Keep::survives);

  /// Whether publish() of that QoS would be taken now, given room().
  bool can_send(qos level) const noexcept;
  /// The size of the largest packet of that QoS for which there is room now, fixed header included.
  std::size_t room(qos level = qos::at_most_once) const noexcept;

  /// Bytes that publish_payload() has still to bring.
  std::size_t payload_missing() const noexcept { return link_.payload_missing; }

  /// Asks for messages. Event subscribed or unsubscribed carries the identifier. Errors:
  /// capacity_exhausted, not_supported (QoS 2 with keep_nothing), repeat_pending, those of encode.
  result<packet_id> subscribe(std::span<subscription const> wanted) noexcept;
  result<packet_id> unsubscribe(std::span<unsubscription const> filters) noexcept;
  using shorthand::subscribe;
  using shorthand::unsubscribe;

  /// With acknowledge::by_application: says that this message of QoS 1 or 2 is done with. Errors:
  /// invalid_packet_id when no such message waits, or when its end has not come yet. After the end of the
  /// connection, and after disconnect(), no acknowledgement can leave: the server sends the message again if
  /// it keeps the session. A message of QoS 1 is then told again. One of QoS 2 is not, and may be
  /// acknowledged over the next connection.
  result<void> acknowledge(packet_id id) noexcept;

  /// Sends DISCONNECT after what is pending. Events still tell what the server sent before, and answers to
  /// requests are taken until the server ends the connection. Then event closed says errc::none. It says
  /// disconnect_timeout when that did not happen within client_options::disconnect_timeout: what was sent
  /// last may not have arrived.
  result<void> disconnect() noexcept;

  // --- bytes and time: what pump() calls

  /// Memory for received bytes; the first count bytes of it came. Empty while events have to be asked for.
  byte_span window() noexcept { return link_.cut_off ? byte_span{} : reader_.window(); }
  void commit(std::size_t count) noexcept;
  /// What to send next. The bytes stay as they are until all of them were consumed, in as many steps as
  /// that takes, but they may move in memory when a verb is called. An answer to them may come before
  /// consume() is told.
  byte_view pending_output() noexcept;
  void consume(std::size_t count) noexcept;
  /// All that is queued, but for kept packets. A view, until the next verb or consume(). A PUBACK or
  /// PINGREQ that is owed may be queued by pending_output() only: ask that whether there is anything to send.
  byte_view unsent() const noexcept { return output_.pending(); }
  /// True when the transport's sending half is to be closed: DISCONNECT was sent, no answer is awaited, and
  /// the server has had a quarter of disconnect_timeout to end the connection by itself. Not earlier, since
  /// TLS sends bytes for it, and a server that closes with unread bytes resets the connection.
  bool output_ended() const noexcept {
    return state_ == session_state::left && !log_.requests.waiting() && reached(half_close_due(), now_);
  }
  /// Runs timers; calling it too often does no harm.
  void advance(tick now) noexcept;
  /// Says that the transport has ended. cause is errc::none when the server just closed it, without an
  /// error. That is a good end once DISCONNECT has left: tell consume() first. The first call counts.
  /// next_event() still tells what the transport delivered before; after that the client is finished().
  void lost(error cause) noexcept;
  /// The time at which advance() has something to do next, if nothing else happens before.
  std::optional<tick> deadline() const noexcept;
  /// Whether the transport has to be closed.
  bool finished() const noexcept { return state_ == session_state::closed; }

  // --- what happened

  /// Skips the rest of the payload after event message_begin: no pieces come, message_end does.
  void skip_payload() noexcept requires(Reader::knows_parts) { reader_.skip_payload(); }
  /// The packet from the server that ended the connection, as far as it has come, for diagnose_refused().
  /// For use after event closed. Empty when no packet ended it. A view, until connect().
  char_view rejected() const noexcept { return finished() ? link_.rejected : char_view{}; }

  /// The next event; its kind is none when nothing has happened.
  event next_event() noexcept { return nothing_new() ? event() : find_event(); }
  session_state state() const noexcept { return state_; }

 protected:
  struct tables {
    std::span<outbox_slot> requests;
    std::span<received_message> received;
    std::size_t outgoing;  // of the places, so many are used
    std::size_t incoming;
    Keep kept;
  };
  constexpr basic_client(byte_span receive, byte_span transmit, tables storage,
                         client_options const& options) noexcept
      : acknowledge_(options.acknowledge),
        reader_(receive, options.large_messages, options.largest_packet,
                first_bytes_from<Protocol, role::server>),
        keep_alive_(options.ping_timeout),
        output_(transmit),
        log_{{storage.requests, static_cast<std::uint16_t>(storage.outgoing)},
             {storage.received, storage.incoming},
             storage.kept},
        connack_timeout_(detail::within_reach(options.connack_timeout)),
        request_timeout_(detail::within_reach(options.request_timeout)),
        disconnect_timeout_(detail::within_reach(options.disconnect_timeout)) {}
  // Nothing to do. At namespace scope a destructor would be registered with __cxa_atexit, which firmware
  // need not have. A password that was not sent stays in the caller's transmit buffer until next_event()
  // reports the end.
  ~basic_client() = default;

 private:
  using wire = session_wire<Protocol>;

  result<void> begin(connect_packet const& packet, tick now) noexcept;
  bool enter(session_input input) noexcept;
  bool nothing_new() const noexcept {
    bool const quiet = state_ == session_state::connected && !link_.cut_off && link_.delivered == 0;
    return quiet && !log_.has_old() && reader_.idle();
  }
  event find_event() noexcept;
  bool write_owed() noexcept;
  bool write_all_owed() noexcept;
  errc refused() noexcept;
  std::uint32_t missing() const noexcept { return static_cast<std::uint32_t>(link_.payload_missing); }
  result<delivery> next_delivery(qos level, bool publish) noexcept;
  result<delivery> next_numbered(qos level, bool at_once) noexcept;
  error note(result<byte_view> const& written, delivery how, outgoing_stage stage, std::size_t filters,
             std::size_t payload = 0) noexcept;
  template <class Packet>
  error queue(Packet const& packet, delivery how, outgoing_stage stage, std::size_t filters) noexcept;
  static constexpr outgoing_stage stage_of(delivery how) noexcept {
    return how.qos() == qos::exactly_once ? outgoing_stage::unreceived : outgoing_stage::unacknowledged;
  }
  result<delivery> next_repeat(packet_id id) noexcept;
  result<delivery> repeat(result<delivery> how, result<byte_view> const& written,
                          std::size_t payload) noexcept;
  bool find_old_request(event& happened) noexcept;
  bool find_repeat(event& happened) noexcept;
  bool lose(event& happened, packet_id id, errc why) noexcept;
  error remember(record_kind kind, packet_id id, byte_view packet = {}) noexcept {
    return log_.record(kind, id, packet, acknowledge_ == acknowledge::automatically, link_.large);
  }
  // Ends the connection when it fails: what the server sees must be remembered.
  bool remembers(record_kind kind, packet_id id) noexcept;
  bool put_release() noexcept;
  template <class Kept>
  void put_packets(Kept& kept) noexcept;
  bool may_put() const noexcept;
  void put_farewell() noexcept;
  template <class Kept>
  bool put_next(Kept& kept) noexcept;
  std::size_t consume_from(std::size_t count) noexcept {
    return log_.run().empty() ? output_.consume(count) : log_.consume_run(count);
  }
  // How many bytes of what is queued were offered to the transport.
  std::size_t offered() const noexcept { return log_.run().empty() ? output_.offered() : log_.run().size(); }
  bool can_queue(qos level) const noexcept;
  static constexpr bool takes(qos level) noexcept {
    return level <= (Keep::resends ? qos::exactly_once : qos::at_least_once);
  }
  bool can_answer() const noexcept { return state_ == session_state::connected && !link_.cut_off; }
  bool acknowledge_with(packet_type type, packet_id id) noexcept;
  bool nothing_unread() noexcept { return reader_.peek().status == frame_status::need_more; }
  bool in_use() const noexcept { return state_ != session_state::idle && state_ != session_state::closed; }
  std::uint32_t state_time() const noexcept;
  tick half_close_due() const noexcept { return state_since_ + disconnect_timeout_ / 4; }
  void step_back(tick now) noexcept;
  void watch_peer(tick now) noexcept;
  void fail(error why) noexcept;
  void close_ended() noexcept;
  bool must_wait(frame const& received) const noexcept;
  // Besides a PUBLISH, what is answered at once.
  static constexpr bool is_answered(packet_type type) noexcept {
    return type == packet_type::pubrec || type == packet_type::pubrel;
  }
  void object(objection why) noexcept { fail({errc::protocol_error, static_cast<std::uint32_t>(why)}); }
  // These put what they have to tell into happened, which is empty before.
  void tell_end(event& happened) noexcept;
  void handle(frame_result const& part, event& happened) noexcept;
  void handle(frame const& received, event& happened, bool large) noexcept;
  void begin_large(frame_result const& part, event& happened) noexcept;
  void end_large(event& happened) noexcept;
  void on_greeting(frame const& received, event& happened) noexcept;
  void on_message(frame const& received, event& happened, bool large) noexcept;
  bool is_new(delivery how, bool large) noexcept;
  bool is_new_without_place(delivery how) noexcept;
  void repeated(delivery how, incoming_outcome outcome) noexcept;
  bool takes_over(packet_id id) noexcept;
  void on_ping_answer(frame const& received) noexcept;
  void on_answer(frame const& received, event& happened) noexcept;
  bool take_answer(packet_id id, bool release) noexcept;
  void on_release(packet_id id) noexcept;

  // Small members first, then those that are looked at in line most often: short offsets make short
  // instructions.
  session_state state_ = session_state::idle;
  bool clean_session_ = true;
  bool has_session_ = false;  // that goes on if the server has kept its half
  [[no_unique_address]] peer_limits<Protocol> peer_{};
  hubwire::acknowledge acknowledge_;
  client_link link_{};
  tick now_{};
  tick state_since_{};  // connecting, leaving and left have their time
  Reader reader_;
  keep_alive keep_alive_;
  output_queue output_;
  session_log<Keep> log_;
  std::uint32_t connack_timeout_;
  std::uint32_t request_timeout_;
  std::uint32_t disconnect_timeout_;
};

}}  // namespace hubwire

#endif
