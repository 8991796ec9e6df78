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
#include <string>
#include <string_view>
#include <vector>

#include <fuzz/reference/session_inbound.hpp>

namespace reference {

class session : public session_inbound {
 public:
  using session_inbound::session_inbound;

  phase state() const { return phase_; }
  bool lost() const { return !loss_.empty(); }
  bool told_closed() const { return told_closed_; }
  std::uint64_t sent() const { return left_; }  // bytes that have left
  std::size_t missing() const { return missing_; }
  // After the end: beginning with the packet of the server's that was to blame; empty when none was.
  std::string blamed() const {
    for (char const* const cause : {"malformed", "protocol", "packet_exceeds", "connection_refused",
                                    "unexpected", "buffer_too_small", "not_supported"})
      if (phase_ == phase::closed && cause_.front().rfind(cause, 0) == 0) return blamed_;
    return {};
  }
  bool ended_for(std::string const& cause) const {
    return phase_ == phase::closed && cause_.size() == 1 && cause_.front().rfind(cause, 0) == 0;
  }
  std::string const& broken() const { return broken_; }  // what the client wrote and should not have

  std::deque<request> const& requests() const { return requests_; }

  // The application.

  void connect(reference::connect const& packet) {
    phase_ = phase::connecting;
    clean_ = packet.clean_session;
    keep_alive_ = packet.keep_alive;
    expected_ = {packet};
    told_closed_ = false;
    requests_.clear();
    in_turn_.clear();
    inbox_.clear();
    received_.clear();
    written_.clear();
    cause_.clear();
    loss_.clear();
    greeted_ = false;
    large_ = {};
    delivered_ = 0;
    missing_ = 0;
    seen_ = left_ = offered_ = 0;
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
    if (numbered && in_turn_.size() == with_.outgoing) reasons.push_back("capacity_exhausted");
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
  void queued(any_packet const& packet, unsigned answer, unsigned id, std::uint64_t now,
              std::size_t filters = 0) {
    expected_.push_back(packet);
    if (answer == 0) return;
    requests_.push_back({answer, id, filters, 0, now, true});
    in_turn_.push_back(id);
  }
  void queued_in_parts(publish const& head, std::size_t size, std::uint64_t now) {
    queued(head, head.qos == 0 ? 0 : 4, head.id, now);
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
  }

  // The transport.

  void receive(std::string_view octets) {
    if (in_use()) received_ += octets;
  }
  // For one of these reasons.
  void lose(texts const& causes) {
    if (!loss_.empty() || !in_use()) return;
    bool const too_early = causes == texts{"end"} && phase_ != phase::left;
    loss_ = too_early ? texts{"connection_lost 0"} : causes;
  }
  // A timer has ended it. In a connection there are two that may have.
  void timed_out() {
    if (phase_ == phase::connecting) return lose({"connack_timeout 0"});
    if (phase_ != phase::connected) return lose({"disconnect_timeout 0"});
    texts causes = {"keep_alive_timeout 0"};
    if (!requests_.empty()) causes.push_back(numbered("request_timeout", requests_.front().id));
    lose(causes);
  }
  // All that was written has left.
  void drained() {
    if (phase_ == phase::leaving) phase_ = phase::left;
  }
  // What came waits for the application, perhaps: all of it need not be there yet.
  bool is_behind() const { return !received_.empty() && !large_ && must_wait(false); }

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
      seen_ += found.size;
      ends_with(*found.packet);
    }
  }
  // That many bytes of what was written are the network's now.
  void left(std::size_t count) {
    for (request& r : requests_)
      if (r.end == 0 || r.end > left_) r.moved = true;
    left_ += count;
  }
  // A request waits from when the time is told after its last byte has left.
  void told_the_time(std::uint64_t now) {
    for (request& r : requests_)
      if (r.moved) r.since = now;
    for (request& r : requests_) r.moved = false;
  }
  // While the application is behind, an overdue answer may be behind too: then all wait anew.
  void waits_anew(std::uint64_t now) {
    for (request& r : requests_) r.since = now;
  }
  // So many bytes behind those that have left were offered.
  void offers(std::size_t count) { offered_ = std::max<std::uint64_t>(offered_, left_ + count); }
  // An acknowledgement that waits although it would fit, with a PINGREQ in front of it.
  bool is_late(std::size_t pending) const {
    return phase_ == phase::connected && missing_ == 0 && owes() && with_.transmit - pending >= 6;
  }

  // What next_event() has to tell; several when a packet has several faults. freed: the client may have
  // acknowledged something that writes() was not shown.
  texts next(bool freed) {
    while (in_use()) {
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
  // What was written last asks for an answer, perhaps.
  void ends_with(any_packet const& packet) {
    unsigned id = 0;
    if (auto const* const p = std::get_if<publish>(&packet)) id = p->id;
    if (auto const* const p = std::get_if<subscribe>(&packet)) id = p->id;
    if (auto const* const p = std::get_if<unsubscribe>(&packet)) id = p->id;
    for (request& r : requests_)
      if (r.id == id) r.end = seen_;
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

  unsigned keep_alive_ = 0;
  std::string broken_{};
};

}  // namespace reference

#endif
