// SPDX-License-Identifier: BSL-1.0
// What has happened in a simulation, as somebody knows who sees both ends: every message, and what was
// written in each connection. Most of the oracle is here; it says what must hold of whole histories.
//
// What a power cut permits, and nothing else does:
// - A message whose publish() did not return may be sent or not. When it is, all holds for it that holds for
//   others.
// - A request whose last answer, or whose loss, was being recorded may be over without a verdict: one in a
//   power cut.
// - A message of QoS 2 that was being recorded may be the application's without having been told, with
//   acknowledge::automatically: at most once.
// - acknowledge() that did not return has had its effect or not. A message of QoS 2 that was told and not
//   acknowledged is told again: at least once.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_HISTORY_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_HISTORY_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hubwire/core/errc.hpp>
#include <hubwire/core/tick.hpp>

#include "simulation_messages.hpp"

namespace hubwire::simulation {

class history {
 public:
  std::vector<sent_message> sent{};
  std::vector<told_message> told{};
  struct request {
    char kind;           // 'p'ublish, 's'ubscribe, 'u'nsubscribe
    std::size_t number;  // of the message
    unsigned first_chance;
    std::size_t filters;
    unsigned may_be_over = 0;  // since that power cut
    bool may_be_of_ended_session = false;
  };
  std::map<std::uint16_t, request> open{};  // by identifier
  tick now{};
  unsigned life = 1;  // of the device
  bool trace = std::getenv("HUBWIRE_SIMULATION_TRACE") != nullptr;

  void note(std::string const& what) const {
    if (trace) std::fprintf(stderr, "  %s\n", what.c_str());
  }

  // --- the client's application

  std::size_t accepted(sent_message message) {
    std::size_t const number = sent.size();
    note("accepted " + std::to_string(number) + " QoS " + std::to_string(message.level) + " id " +
         std::to_string(message.id));
    if (message.level != 0) asked(message.id, {'p', number, message.first_chance, 0});
    sent.push_back(std::move(message));
    return number;
  }
  void asked(std::uint16_t id, request const& what) {
    require(id != 0, "0 is no identifier");  // v3.1.1:MQTT-2.3.1-1
    if (auto const old = open.find(id); old != open.end() && old->second.may_be_over != 0) over_untold(id);
    require(open.emplace(id, what).second, "an identifier that is in use");
  }
  // A connection has got its CONNACK: what waits may leave.
  void greeted(unsigned connection, bool goes_on) {
    if (!goes_on) new_session_in_ = life;
    for (auto& [id, what] : open) {
      if (what.first_chance == 0) what.first_chance = connection;
      if (!goes_on && what.first_chance < connection) what.may_be_of_ended_session = true;
      if (what.kind != 'p') continue;
      sent_message& m = sent[what.number];
      m.first_chance = what.first_chance;
      if (!goes_on && m.restored) what.may_be_of_ended_session = true;
      if (!goes_on && (m.restored || !m.written_in.empty())) m.of_ended_session = true;
    }
  }
  void settled(std::uint16_t id, char kind, std::string const& verdict) {
    note(verdict + ' ' + std::to_string(id));
    auto const found = open.find(id);
    require(found != open.end(), "a verdict on nothing: " + verdict + ' ' + std::to_string(id));
    require(kind == 0 || found->second.kind == kind, "a verdict of another kind: " + verdict);
    if (found->second.kind == 'p') sent[found->second.number].verdict = verdict;
    open.erase(found);
  }
  void published(std::uint16_t id, bool repeated, unsigned connection) {
    auto const found = open.find(id);
    require(found != open.end() && found->second.kind == 'p', "published, but nobody did");
    sent_message const& m = sent[found->second.number];
    require(!m.of_ended_session, "published in a session that has ended");
    require(m.level == 1 ? m.delivered >= 1 : m.delivered == 1, "published, and the server does not have it");
    if (repeated) require(m.restored || m.first_chance < connection, "called repeated at its first time");
    if (m.written_in.size() > 1) require(repeated, "not called repeated");
    settled(id, 'p', repeated ? "published repeated" : "published");
  }
  void abandoned(std::uint16_t id, error cause, unsigned connection, bool new_session) {
    adopt(id);
    auto const found = open.find(id);
    require(found != open.end(), "abandoned, but nobody has asked");
    bool const restored = found->second.kind == 'p' && sent[found->second.number].restored;
    bool const ended = found->second.may_be_of_ended_session;
    if (cause.code == errc::session_lost) {
      require(new_session || ended, "session_lost, but the server has kept it");
      require(restored || found->second.first_chance < connection,
              "session_lost, but it never was in that session");
    }
    if (cause.code == errc::message_expired) expired(found->second, connection);
    settled(id, 0, "abandoned: " + std::string(to_string(cause.code)));
  }
  // PUBACK or PUBCOMP is on its way.
  void answered(std::uint16_t id, unsigned connection) {
    auto const found = open.find(id);
    if (found != open.end() && found->second.kind == 'p') sent[found->second.number].answered_in = connection;
  }

  // --- reboots of the device

  // publish() failed, and its record may be in the store.
  void unsure(sent_message message) {
    note("unsure " + std::to_string(sent.size()));
    message.unsure_since = life;
    message.verdict = "publish() did not return";
    sent.push_back(std::move(message));
  }
  // The client is a new one, which knows nothing.
  void forgotten() {
    ++life;
    while (!open.empty()) settled(open.begin()->first, 0, "forgotten with the client");
  }
  // The client is a new one with a stored session. cut: during a record, which changes the session or not.
  void restored(connection_book const* cut, bool automatically) {
    if (cut != nullptr) cut_while_recording(*cut, automatically);
    ++life;
    for (auto at = open.begin(); at != open.end();) {
      bool const kept = at->second.kind == 'p';
      if (kept) sent[at->second.number].restored = true;
      if (kept) sent[at->second.number].limit = 0;
      at = kept ? std::next(at) : open.erase(at);
    }
  }
  // A message that the client has restored although its publish() did not return.
  void adopt(std::uint16_t id, std::size_t number) {
    sent_message& m = sent[number];
    if (!m.may_be_adopted()) return;
    require(m.unsure_since < life, "sent, although publish() has failed");
    m.verdict.clear();
    m.id = id;
    m.restored = true;
    m.limit = 0;
    m.of_ended_session = new_session_in_ > m.unsure_since;
    asked(id, {'p', number, m.first_chance, 0, 0, m.of_ended_session});
  }
  // Its first sign is a verdict.
  void adopt(std::uint16_t id) {
    if (open.count(id) != 0) return;
    for (std::size_t i = 0; i != sent.size(); ++i)
      if (sent[i].may_be_adopted()) return adopt(id, i);
  }
  // Nothing moves any more: what may be over is over.
  void end_untold() {
    for (auto at = open.begin(); at != open.end();) {
      auto const one = at++;
      if (one->second.may_be_over != 0) over_untold(one->first);
    }
  }
  // How many requests wait for a verdict.
  std::size_t open_now() const {
    auto const waits = [](auto const& o) { return o.second.may_be_over == 0; };
    return static_cast<std::size_t>(std::count_if(open.begin(), open.end(), waits));
  }

  void delivered_to_application(std::size_t number, unsigned connection, bool strict, bool by_hand) {
    told_message& m = told[number];
    note("told " + std::to_string(number) + " QoS " + std::to_string(m.level));
    if (m.told++ == 0) {
      std::size_t& last = m.level == 0 ? last_told_0_ : last_told_;
      require(last == 0 || number + 1 > last, "told out of order");  // v3.1.1:MQTT-4.6.0-1
      last = number + 1;
    }
    bool const once = m.told == 1 || (by_hand && m.told_in_life != life && m.acknowledged_in == 0);
    require(m.level != 2 || once, "QoS 2 told twice");
    m.told_in_life = life;
    if (m.level == 0) require(m.told == 1, "QoS 0 told twice");
    if (m.level == 1 && strict) require(m.told_in != connection, "QoS 1 told twice in one connection");
    m.told_in = connection;
  }

  // --- the server

  void arrived(std::size_t number, unsigned level, std::string_view payload) {
    require(number < sent.size(), "a message that nobody has sent");
    sent_message& m = sent[number];
    require(m.level == level && m.payload == payload, "another message than was sent");
    if (m.arrived) return;
    m.arrived = true;
    std::size_t& last = level == 0 ? last_arrived_0_ : last_arrived_;
    require(last == 0 || number + 1 > last, "first arrivals are out of order");
    last = number + 1;
  }
  void handed_on(std::size_t number) {
    sent_message& m = sent[number];
    note("handed on " + std::to_string(number) + " QoS " + std::to_string(m.level));
    ++m.delivered;
    require(m.level == 1 || m.delivered == 1, "the server hands it on twice");
  }

  // --- at the end

  void require_complete() const {
    require(open.empty(), "requests without a verdict");
    for (sent_message const& m : sent)
      require(m.level == 0 || !m.verdict.empty(), "a message without a verdict");
    for (told_message const& m : told)
      require(m.level == 0 || m.void_now || m.told != 0 || m.may_be_taken,
              "a message that the application was not told");
    for (auto const& [life_then, count] : untold_)
      require(count <= 1, "more than one verdict is missing after a power cut");
  }

 private:
  void expired(request const& what, unsigned connection) const {
    require(what.kind == 'p', "expired, but it is no message");
    sent_message const& m = sent[what.number];
    require(m.is_over(now), "message_expired before its time");
    require(m.written_in.count(connection) == 0, "expired while it waits for its answer");
    require(m.level == 1 || m.written_in.empty(), "QoS 2 was sent and not brought to its end");
  }
  void over_untold(std::uint16_t id) {
    request const what = open.at(id);
    sent_message const& m = sent[what.number];
    ++untold_[what.may_be_over];
    if (m.answered_in != 0)
      require(m.level == 1 ? m.delivered >= 1 : m.delivered == 1, "over, and not delivered");
    settled(id, 'p', "over, not told");
  }
  // The record that was being written may be that of each of these.
  void cut_while_recording(connection_book const& in, bool automatically) {
    for (auto& [id, what] : open) {
      if (what.kind != 'p') continue;
      sent_message const& m = sent[what.number];
      bool const expired = m.is_over(now) && m.written_in.count(in.number) == 0;
      if (m.answered_in == in.number || in.begins_anew || what.may_be_of_ended_session || expired)
        what.may_be_over = life;
    }
    if (!automatically) return;
    std::size_t next = never;
    for (auto const& s : in.from_server) {
      bool const was_told = told[s.number].told != 0;
      if (was_told && told[s.number].told_in == in.number) next = never;
      if (!was_told && s.level == 2 && next == never) next = s.number;
    }
    if (next != never) told[next].may_be_taken = true;
  }

  std::map<unsigned, unsigned> untold_{};  // by the life that ended: requests that are over without a verdict
  unsigned new_session_in_ = 0;            // life of the device
  std::size_t last_arrived_ = 0;           // number + 1
  std::size_t last_arrived_0_ = 0;
  std::size_t last_told_ = 0;
  std::size_t last_told_0_ = 0;
};

}  // namespace hubwire::simulation

#endif
