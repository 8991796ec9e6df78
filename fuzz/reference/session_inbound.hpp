// SPDX-License-Identifier: BSL-1.0
// The receiving half of the model in reference/session.hpp, and what both halves remember: what each packet
// from the server does. Uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_SESSION_INBOUND_HPP
#define HUBWIRE_FUZZ_REFERENCE_SESSION_INBOUND_HPP

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>
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

class session_inbound {
 public:
  enum class phase { idle, connecting, connected, leaving, left, closed };

  struct request {
    unsigned kind;  // the type of the packet that answers it
    unsigned id;
    std::size_t filters;
    std::uint64_t end = 0;    // where its packet ends in what the client wrote, 0 before it was whole
    std::uint64_t since = 0;  // milliseconds; it waits
    bool moved = true;        // it was asked for, or bytes of it left, since the time was told
  };

  explicit session_inbound(session_settings const& with) : with_(with) {}

 protected:
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

  // One packet or part from the server; nothing when it is not worth an event.
  texts step(bool freed) {
    if (large_) return step_inside();
    blamed_ = received_;
    reading const found = decode(received_, sender::server);
    if (!found.packet && found.size == 0) {
      if (!found.faults.empty()) return close(name_of(found.faults.front().kind)), texts{};
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
    if ((type == 2) == greeted_) return close(type == 2 ? "protocol_error 2" : "protocol_error 1"), texts{};
    // A code that is reserved refuses all the same.
    unsigned const code = size == 4 ? static_cast<unsigned char>(blamed_[3]) : 0;
    if (type == 2 && code > 5 && blamed_[2] == 0) return close(numbered("connection_refused", code)), texts{};
    return handle(found);
  }

  bool in_use() const { return phase_ != phase::idle && phase_ != phase::closed; }

  // The connection has ended, and all that came before was told.
  texts more_needed() {
    if (loss_.empty()) return {"none"};
    return close_for(loss_ == texts{"end"} ? texts{"none 0"} : loss_), texts{};
  }
  texts stalled() { return more_needed(); }

  bool must_wait(bool freed) const {
    bool const numbered_message =
        static_cast<unsigned char>(received_[0]) >> 4 == 3 && (received_[0] & 6) != 0;
    bool const full = inbox_.size() - (freed && owes() ? 1 : 0) >= with_.incoming;
    return numbered_message && full && phase_ == phase::connected && loss_.empty();
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
    if (!greeted_) return close("protocol_error 1"), texts{};
    texts told = handle(decode(alone, sender::server), size - head);
    delivered_ = 0;  // not before its end
    if (!in_use()) return told;
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
    if (auto const* const p = std::get_if<acknowledgement>(&packet); p != nullptr)
      return answer(p->type, p->id, {});
    return {};  // PINGRESP
  }

  texts handle(connack const& p) {
    if (p.code != 0) return close("connection_refused " + std::to_string(p.code)), texts{};
    if (p.session_present && clean_) return close("protocol_error 3"), texts{};
    greeted_ = true;
    if (phase_ == phase::connecting) phase_ = phase::connected;
    return {p.session_present ? "connected, session present" : "connected"};
  }

  texts handle(publish const& p, std::optional<std::size_t> large) {
    if (p.qos == 2) return close("not_supported 0"), texts{};
    if (p.qos == 1 && waiting(p.id) != inbox_.end()) {  // §4.3.2: not a new message before its PUBACK
      if (!p.duplicate) close("protocol_error 4");
      return {};
    }
    if (p.qos == 1 && inbox_.size() < with_.incoming) inbox_.push_back({p.id, false});
    if (!with_.by_application) delivered_ = p.id;
    large_id_ = p.id;
    if (large) return {numbered("begin", p.id) + ' ' + p.topic + ' ' + std::to_string(*large)};
    return {numbered("message", p.id) + ' ' + p.topic + ' ' + p.payload};
  }

  bool open(unsigned id) const {
    return std::any_of(requests_.begin(), requests_.end(), [&](request const& r) { return r.id == id; });
  }
  texts answer(unsigned type, unsigned id, std::vector<unsigned> const& codes) {
    for (auto r = requests_.begin(); r != requests_.end(); ++r) {
      if (r->end == 0 || r->end > offered_) continue;  // it cannot have arrived
      if (r->id != id || r->kind != type) continue;
      if (type == 9 && r->filters != codes.size()) return close("protocol_error 5"), texts{};
      requests_.erase(r);
      while (!in_turn_.empty() && !open(in_turn_.front())) in_turn_.pop_front();
      std::string told = numbered(type == 4 ? "published" : type == 9 ? "subscribed" : "unsubscribed", id);
      for (unsigned const code : codes) told += ' ' + std::to_string(code);
      return {told};
    }
    return close("unexpected_packet " + std::to_string(id)), texts{};
  }

  session_settings with_;
  phase phase_ = phase::idle;
  bool clean_ = true;
  bool told_closed_ = true;
  texts cause_{};
  texts loss_{};            // why it has ended, one of these; "end" when the server just ended it
  bool greeted_ = false;    // CONNACK has accepted the client
  std::string received_{};  // from the server, not handled yet
  std::deque<request> requests_{};
  std::deque<unsigned> in_turn_{};       // identifiers in the order given, from the oldest open one on
  std::deque<waiting_message> inbox_{};  // QoS 1 messages whose PUBACK has not been written
  std::optional<large_message> large_{};
  unsigned large_id_ = 0;
  unsigned delivered_ = 0;  // the message that the application has before it
  std::size_t missing_ = 0;
  std::uint64_t seen_ = 0;             // bytes of whole packets that the client wrote in this connection
  std::uint64_t left_ = 0;             // bytes of them that have left
  std::uint64_t offered_ = 0;          // bytes of them that were offered to the transport
  std::string blamed_{};               // what was handled last, and everything behind it
  std::string written_{};              // by the client, from the beginning of a packet on
  std::deque<any_packet> expected_{};  // what the client has still to write, in this order
};

}  // namespace reference

#endif
