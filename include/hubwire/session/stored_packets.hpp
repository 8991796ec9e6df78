// SPDX-License-Identifier: BSL-1.0
// Kept packets that survive a reboot: each change of the session is a record in a session_store before it has
// an effect that the server can see. v3.1.1 §4.1.
#ifndef HUBWIRE_SESSION_STORED_PACKETS_HPP
#define HUBWIRE_SESSION_STORED_PACKETS_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/crc32.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/session/inbox.hpp>
#include <hubwire/session/kept_packets.hpp>
#include <hubwire/session/outbox.hpp>
#include <hubwire/session/session_records.hpp>
#include <hubwire/session/session_store.hpp>

namespace hubwire { inline namespace abi1 {

/// For Keep of a client. What is remembered: messages of QoS 1 and 2 from publish() to their last
/// acknowledgement, identifiers of received messages of QoS 2, and which identifier comes next. SUBSCRIBE and
/// UNSUBSCRIBE are not. client::restore() reads it after a reboot.
template <session_store Store>
class stored_packets : public kept_packets {
 public:
  static constexpr bool survives = true;
  /// What a client is given for it: memory for the packets, and the records of its session.
  struct memory {
    byte_span packets;
    session_records<Store>& records;
  };

  template <std::size_t Places>
  constexpr stored_packets(memory const& given, slots<Places>& table) noexcept
      : kept_packets(given.packets, table), records_(&given.records) {}

  static constexpr byte_span packets_of(memory const& given) noexcept { return given.packets; }

  /// Appends a record. A store that is full gets a snapshot first. told: whether a message that was told
  /// counts as received. coming: the identifier of one that has been told in part, and does not; 0 without.
  error record(record_kind kind, packet_id id, byte_view packet, outbox const& sent, inbox const& received,
               bool told, std::uint16_t coming) noexcept {
    result<void> written = records_->append(kind, id.number(), packet);
    if (written.error() == errc::store_full) {
      error const why = snapshot(sent, received, told, coming);
      if (why.code != errc::none) return why;
      written = records_->append(kind, id.number(), packet);
    }
    return written.error();
  }
  /// Writes all that counts anew.
  HUBWIRE_ONE_COPY error snapshot(outbox const& sent, inbox const& received, bool told,
                                  std::uint16_t coming) noexcept {
    result<void> written = records_->begin_snapshot();
    auto const append = [&](record_kind kind, packet_id id, byte_view body) {
      if (written) written = records_->append(kind, id.number(), body);
    };
    // What was lost with its session stands in front of next_id.
    auto const append_requests = [&](bool lost) {
      sent.for_each([&](packet_id id, outgoing_stage stage) {
        if (sent.is_lost(id) != lost) return;
        if (stage == outgoing_stage::released)
          append(record_kind::released, id, {});
        else if (is_publish(stage))
          append(record_kind::publish, id, packet(id));
      });
    };
    append_requests(true);
    append(record_kind::next_id, sent.next_place(), {});
    append_requests(false);
    received.for_each_received(told, [&](packet_id id) {
      if (id.number() != coming) append(record_kind::received, id, {});
    });
    if (written) written = records_->commit();
    return written.error();
  }

  /// Reads what an earlier life of this client identifier has left into an empty session.
  result<load_report> load(std::string_view client_id, outbox& sent, inbox& received) noexcept {
    std::uint32_t refused = 0;
    // v3.1.1:MQTT-3.1.3-2
    auto const owner = crc32(as_bytes(client_id).octets());
    auto report =
        records_->load(owner, [&](record_kind kind, std::uint16_t number, record_body<Store>& body) {
          auto const id = packet_id::parse(number);
          if (!id || !take(kind, *id, body, sent, received)) ++refused;
        });
    if (report) {
      report->records -= refused;
      report->skipped += refused;
    }
    return report;
  }

 private:
  // False for what cannot be taken: of a session with larger limits, for instance.
  bool take(record_kind kind, packet_id id, record_body<Store>& body, outbox& sent,
            inbox& received) noexcept {
    switch (kind) {
      case record_kind::publish: return take_packet(id, body, sent);
      case record_kind::released:
        drop(id);
        if (sent.stage(id) == outgoing_stage::settled) return sent.restore(id, outgoing_stage::released);
        sent.release(id, {});
        return true;
      case record_kind::settled:
        drop(id);
        sent.settle(id);
        return true;
      case record_kind::received: return received.restore(id);
      case record_kind::completed: return received.release(id);
      case record_kind::next_id:
        sent.restore_next(id);
        sent.lose();  // what stands in front of it, if anything does
        return true;
    }
    return false;
  }
  bool take_packet(packet_id id, record_body<Store>& body, outbox& sent) noexcept {
    byte_span const room = body.size() < 2 ? byte_span{} : space(body.size());
    if (room.empty() || !body.copy_to(room)) return false;
    unsigned const level = room[0] >> 1 & 3U;
    bool const sound =
        room[0] >> 4 == static_cast<unsigned>(packet_type::publish) && (level == 1 || level == 2);
    if (!sound) return false;
    if (!sent.restore(id, level == 2 ? outgoing_stage::unreceived : outgoing_stage::unacknowledged))
      return false;
    add(id, room.size());
    return true;
  }

  session_records<Store>* records_;
};

}}  // namespace hubwire

#endif
