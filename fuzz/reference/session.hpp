// SPDX-License-Identifier: BSL-1.0
// What a client of MQTT 3.1.1 for QoS 0 and 1 has to tell its application and its server: a model over
// std::string and std::deque that keeps whole histories. It is told what was asked for and what came, and
// says which event is next; what the client writes, it compares. Uses nothing of hubwire, so events and
// errors are texts here.
#ifndef HUBWIRE_FUZZ_REFERENCE_SESSION_HPP
#define HUBWIRE_FUZZ_REFERENCE_SESSION_HPP

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fuzz/reference/mqtt311_decode.hpp>

namespace reference {

using texts = std::vector<std::string>;

struct session_settings {
  std::size_t receive = 0;  // sizes of the two buffers
  std::size_t transmit = 0;
  std::size_t largest = 0;  // packet that is taken at all
  std::size_t outgoing = 0;
  std::size_t incoming = 0;
  bool by_application = false;
  char large = 'r';  // messages larger than the buffer: 'r'efused, in 'p'arts, 's'kipped
};

class session {
 public:
  enum class phase { idle, connecting, connected, leaving, closed };

  explicit session(session_settings const& with) : with_(with) {}

  phase state() const { return phase_; }
  bool lost() const { return !loss_.empty(); }
  bool told_closed() const { return told_closed_; }
  std::size_t missing() const { return missing_; }
  std::string const& broken() const { return broken_; }  // what the client wrote and should not have

  struct request {
    unsigned kind;  // the type of the packet that answers it
    unsigned id;
    std::size_t filters;
  };
  std::deque<request> const& requests() const { return requests_; }

  // The application.

  void connect(reference::connect const& packet) {
    phase_ = phase::connecting;
    clean_ = packet.clean_session;
    keep_alive_ = packet.keep_alive;
    expected_ = {packet};
    told_closed_ = false;
    requests_.clear();
    inbox_.clear();
    received_.clear();
    written_.clear();
    cause_.clear();
    loss_.clear();
    large_ = {};
    delivered_ = 0;
    missing_ = 0;
  }

  // Why a packet of this size cannot be queued; empty: it has to be. Any of several reasons may be given.
  texts refusals(any_packet const& packet, std::size_t size, std::size_t pending) const {
    if (phase_ != phase::connected) return {"invalid_state"};
    if (missing_ != 0) return {"payload_incomplete"};
    texts reasons;
    std::size_t const room = with_.transmit - pending;
    auto const* const message = std::get_if<publish>(&packet);
    auto const* const filters = std::get_if<subscribe>(&packet);
    auto const* const unwanted = std::get_if<unsubscribe>(&packet);
    bool const numbered = message == nullptr || message->qos != 0;
    if (numbered && requests_.size() == with_.outgoing) reasons.push_back("capacity_exhausted");
    if (message != nullptr && message->qos == 2) reasons.push_back("not_supported");
    if ((filters != nullptr && filters->filters.empty()) ||
        (unwanted != nullptr && unwanted->filters.empty()))
      reasons.push_back("invalid_packet");
    if (filters != nullptr && std::any_of(filters->filters.begin(), filters->filters.end(),
                                          [](auto const& f) { return f.second == 2; }))
      reasons.push_back("not_supported");
    if (size > with_.transmit) reasons.push_back("buffer_too_small");
    if (size > room || (owes() && room < 4)) reasons.push_back("output_full");
    return reasons;
  }
  // It was queued; answered by a packet of this type, 0 for none.
  void queued(any_packet const& packet, unsigned answer, unsigned id, std::size_t filters = 0) {
    expected_.push_back(packet);
    if (answer != 0) requests_.push_back({answer, id, filters});
  }
  void queued_in_parts(publish const& head, std::size_t size) {
    queued(head, head.qos == 0 ? 0 : 4, head.id);
    missing_ = size;
  }
  void payload(std::string const& piece) {
    std::get<publish>(expected_.back()).payload += piece;
    missing_ -= piece.size();
  }
  bool may_acknowledge(unsigned id) const {
    return phase_ == phase::connected && !(large_ && large_->id == id) && waiting(id) != inbox_.end() &&
           !waiting(id)->done;
  }
  void acknowledged(unsigned id) { mark_done(id); }
  // The application asks for the next event: it is done with the last one.
  void asks() {
    if (delivered_ != 0) mark_done(delivered_);
    delivered_ = 0;
  }
  void disconnect() {
    expected_.push_back(empty_packet{14});
    phase_ = phase::leaving;
    if (lost()) close(loss_);
  }

  // The transport.

  void receive(std::string_view octets) {
    if (phase_ == phase::connecting || phase_ == phase::connected) received_ += octets;
  }
  void lose(std::string const& cause) {
    if (loss_.empty()) loss_ = cause;
    if (phase_ == phase::leaving) close(cause);
  }
  void timed_out() {
    if (phase_ == phase::connecting) close("connack_timeout 0");
    if (phase_ == phase::connected) close("keep_alive_timeout 0");
    if (phase_ == phase::leaving) close("connection_lost 0");
  }
  // All that was written and has left.
  void drained() {
    if (phase_ == phase::leaving) close("none 0");
  }

  // Everything that the client has queued up to now, behind what was written before.
  void writes(std::string_view more) {
    written_ += more;
    while (!written_.empty() && broken_.empty()) {
      reading const found = decode(written_, sender::client);
      if (!found.packet) {
        if (!found.faults.empty()) broken_ = "a packet that no client may send";
        if (found.faults.empty() && missing_ == 0) broken_ = "half a packet";
        return;
      }
      if (!expects(*found.packet)) broken_ = "a packet that nobody asked for, or out of its order";
      written_.erase(0, found.size);
    }
  }
  // An acknowledgement that waits although it would fit, with a PINGREQ in front of it.
  bool is_late(std::size_t pending) const {
    return phase_ == phase::connected && missing_ == 0 && owes() && with_.transmit - pending >= 6;
  }

  // What next_event() has to tell; several when a packet has several faults. freed: the client may have
  // acknowledged something that writes() was not shown.
  texts next(bool freed) {
    while (phase_ == phase::connecting || phase_ == phase::connected) {
      texts const told = step(freed);
      if (!told.empty()) return told;
    }
    if (phase_ != phase::closed || told_closed_) return {"none"};
    if (!requests_.empty()) {
      std::string const text = "abandoned " + std::to_string(requests_.front().id);
      requests_.pop_front();
      return {text};
    }
    told_closed_ = true;
    texts told;
    for (std::string const& cause : cause_) told.push_back("closed " + cause);
    return told;
  }

 private:
  struct waiting_message {
    unsigned id;
    bool done;
  };
  // A message that comes in parts.
  struct large_message {
    unsigned id = 0;
    std::size_t left = 0;
    bool silent = false;  // a repetition
  };

  static std::string numbered(char const* what, unsigned id) { return what + (' ' + std::to_string(id)); }

  std::deque<waiting_message>::const_iterator waiting(unsigned id) const {
    return std::find_if(inbox_.begin(), inbox_.end(), [&](waiting_message const& m) { return m.id == id; });
  }
  void mark_done(unsigned id) {
    for (waiting_message& m : inbox_)
      if (m.id == id) m.done = true;
  }
  bool owes() const { return !inbox_.empty() && inbox_.front().done; }

  void close(std::string const& cause) { close_for({cause}); }
  void close_for(texts const& causes) {
    phase_ = phase::closed;
    cause_ = causes;
    expected_.clear();
    missing_ = 0;
    written_.clear();
  }

  // PUBACKs in the order in which the messages came (§4.6), PINGREQ when there is a keep alive, everything
  // else as it was asked for.
  bool expects(any_packet const& packet) {
    if (auto const* const ack = std::get_if<acknowledgement>(&packet); ack != nullptr) {
      if (ack->type != 4 || !owes() || inbox_.front().id != ack->id) return false;
      inbox_.pop_front();
      return true;
    }
    if (packet == any_packet(empty_packet{12})) return keep_alive_ != 0 && phase_ == phase::connected;
    if (expected_.empty() || !(packet == expected_.front())) return false;
    expected_.pop_front();
    return true;
  }

  // One packet or part from the server; nothing when it is not worth an event.
  texts step(bool freed) {
    if (large_) return step_inside();
    reading const found = decode(received_, sender::server);
    if (!found.packet && found.size == 0) {
      if (!found.faults.empty()) return close("malformed_packet 0"), texts{};
      return more_needed();
    }
    std::size_t const size = found.size;
    unsigned const type = static_cast<unsigned char>(received_[0]) >> 4;
    bool const fits = size <= with_.receive;
    if (size > with_.largest || (!fits && (type != 3 || with_.large == 'r')))
      return close("packet_exceeds_limit " + std::to_string(size)), texts{};
    if (!fits) return step_large(size, freed);
    if (received_.size() < size) return more_needed();
    if (must_wait(freed)) return stalled();
    received_.erase(0, size);
    if ((type == 2) != (phase_ == phase::connecting)) return close("protocol_error 0"), texts{};
    return handle(found);
  }

  texts more_needed() {
    if (loss_.empty()) return {"none"};
    return close(loss_), texts{};
  }
  texts stalled() { return more_needed(); }

  bool must_wait(bool freed) const {
    bool const numbered_message =
        static_cast<unsigned char>(received_[0]) >> 4 == 3 && (received_[0] & 6) != 0;
    bool const full = inbox_.size() - (freed && owes() ? 1 : 0) >= with_.incoming;
    return numbered_message && full;
  }

  // The beginning of a message that does not fit the buffer.
  texts step_large(std::size_t size, bool freed) {
    std::size_t header = 1;
    while (static_cast<unsigned char>(received_[header++]) >= 128) {}
    if (received_.size() < header + 2) return more_needed();
    auto const at = [&](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(received_[i]));
    };
    unsigned const flags = static_cast<unsigned char>(received_[0]) & 15;
    std::size_t const head = header + 2 + at(header) * 256 + at(header + 1) + ((flags & 6) != 0 ? 2 : 0);
    if (head > size) return close("malformed_packet 0"), texts{};
    if (head > with_.receive) return close("buffer_too_small " + std::to_string(head)), texts{};
    if (received_.size() < head) return more_needed();
    if (must_wait(freed)) return stalled();
    std::string const alone = whole(3, flags, received_.substr(header, head - header));
    received_.erase(0, head);
    if (phase_ == phase::connecting) return close("protocol_error 0"), texts{};
    texts told = handle(decode(alone, sender::server), size - head);
    delivered_ = 0;  // not before its end
    if (phase_ != phase::connected) return told;
    large_ = large_message{told.empty() ? 0 : large_id_, size - head, told.empty()};
    return told;
  }

  texts step_inside() {
    if (large_->left != 0) {
      std::size_t const count = std::min(large_->left, received_.size());
      if (count == 0) return more_needed();
      std::string const piece = received_.substr(0, count);
      received_.erase(0, count);
      large_->left -= count;
      if (large_->silent || with_.large == 's') return {};
      return {numbered("piece", large_->id) + ' ' + piece};
    }
    large_message const done = *large_;
    large_.reset();
    if (done.silent) return {};
    if (!with_.by_application) delivered_ = done.id;
    return {numbered("end", done.id)};
  }

  static std::string name_of(refusal kind) {
    if (kind == refusal::malformed) return "malformed_packet 0";
    return kind == refusal::protocol_error ? "protocol_error 0" : "unsupported_protocol 0";
  }

  texts handle(reading const& found, std::optional<std::size_t> large = {}) {
    if (!found.packet) {
      texts causes;
      for (fault const& f : found.faults) causes.push_back(name_of(f.kind));
      return close_for(causes), texts{};
    }
    any_packet const& packet = *found.packet;
    if (auto const* const p = std::get_if<connack>(&packet)) return handle(*p);
    if (auto const* const p = std::get_if<publish>(&packet)) return handle(*p, large);
    if (auto const* const p = std::get_if<suback>(&packet)) return answer(9, p->id, p->codes);
    if (auto const* const p = std::get_if<acknowledgement>(&packet);
        p != nullptr && (p->type == 4 || p->type == 11))
      return answer(p->type, p->id, {});
    if (packet == any_packet(empty_packet{13})) return {};
    return close("protocol_error 0"), texts{};  // QoS 2, which nobody asked for
  }

  texts handle(connack const& p) {
    if (p.code != 0) return close("connection_refused " + std::to_string(p.code)), texts{};
    if (p.session_present && clean_) return close("protocol_error 0"), texts{};
    phase_ = phase::connected;
    return {p.session_present ? "connected, session present" : "connected"};
  }

  texts handle(publish const& p, std::optional<std::size_t> large) {
    if (p.qos == 2) return close("protocol_error 0"), texts{};
    if (p.qos == 1 && waiting(p.id) != inbox_.end()) {  // §4.3.2: not a new message before its PUBACK
      if (!p.duplicate) close("protocol_error " + std::to_string(p.id));
      return {};
    }
    if (p.qos == 1) inbox_.push_back({p.id, false});
    if (!with_.by_application) delivered_ = p.id;
    large_id_ = p.id;
    if (large) return {numbered("begin", p.id) + ' ' + p.topic + ' ' + std::to_string(*large)};
    return {numbered("message", p.id) + ' ' + p.topic + ' ' + p.payload};
  }

  texts answer(unsigned type, unsigned id, std::vector<unsigned> const& codes) {
    for (auto r = requests_.begin(); r != requests_.end(); ++r) {
      if (r->id != id || r->kind != type || (type == 9 && r->filters != codes.size())) continue;
      requests_.erase(r);
      std::string told = numbered(type == 4 ? "published" : type == 9 ? "subscribed" : "unsubscribed", id);
      for (unsigned const code : codes) told += ' ' + std::to_string(code);
      return {told};
    }
    return close("unexpected_packet " + std::to_string(id)), texts{};
  }

  session_settings with_;
  phase phase_ = phase::idle;
  bool clean_ = true;
  unsigned keep_alive_ = 0;
  bool told_closed_ = true;
  texts cause_{};
  std::string loss_{};
  std::string received_{};  // from the server, not handled yet
  std::string written_{};   // by the client, from the beginning of a packet on
  std::string broken_{};
  std::deque<any_packet> expected_{};  // what the client has still to write, in this order
  std::deque<request> requests_{};
  std::deque<waiting_message> inbox_{};  // QoS 1 messages whose PUBACK has not been written
  std::optional<large_message> large_{};
  unsigned large_id_ = 0;
  unsigned delivered_ = 0;  // the message that the application has before it
  std::size_t missing_ = 0;
};

}  // namespace reference

#endif
