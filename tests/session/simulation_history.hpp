// SPDX-License-Identifier: BSL-1.0
// What has happened in a simulation, as somebody knows who sees both ends: every message, and what was written in
// each connection. Most of the oracle is here; it says what must hold of whole histories.
#ifndef HUBWIRE_TESTS_SESSION_SIMULATION_HISTORY_HPP
#define HUBWIRE_TESTS_SESSION_SIMULATION_HISTORY_HPP

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/core/errc.hpp>
#include <hubwire/wire/delivery.hpp>

#include "simulation_network.hpp"

namespace hubwire::simulation {

// The number of a message stands in its payload.
inline std::string payload_of(unsigned number, std::size_t filling) {
  return std::to_string(number) + '.' + std::string(filling, static_cast<char>('a' + number % 26));
}
inline std::size_t number_in(std::string_view payload) {
  return static_cast<std::size_t>(std::strtoul(std::string(payload.substr(0, 8)).c_str(), nullptr, 10));
}

// A message of the client's application.
struct sent_message {
  unsigned level;
  unsigned topic;
  std::string payload;
  std::uint16_t id;
  unsigned first_chance;   // the connection in which it could be written first; 0: there was none
  std::string verdict{};   // empty: none yet
  unsigned delivered = 0;  // how often the server has handed it on
  bool arrived = false;
  bool received = false;            // the server has sent PUBREC
  bool released = false;            // the client has written PUBREL
  std::set<unsigned> written_in{};  // connections: PUBLISH or PUBREL, to the last byte
};

// A message for the client's application.
struct told_message {
  unsigned level;
  unsigned topic;
  std::string payload;
  bool void_now = false;  // the session that had it is gone
  unsigned told = 0;
  unsigned told_in = 0;          // connection
  unsigned acknowledged_in = 0;  // by the application
};

// What was sent in one connection.
struct connection_book {
  unsigned number = 0;   // counts from 1
  bool lenient = false;  // the server does not keep to the protocol: the order of answers says nothing
  struct published {
    std::uint16_t id;
    unsigned level;
    std::size_t number;
    bool answered = false;
  };
  std::vector<published> from_server{};  // PUBLISH of QoS 1 and 2
  std::deque<std::uint16_t> pubrecs{};   // of the server, without PUBREL
  std::deque<std::uint16_t> pubrels{};   // of the server, without PUBCOMP
  std::set<std::size_t> written{};       // messages
  std::set<std::uint16_t> asked{};       // SUBSCRIBE and UNSUBSCRIBE
  unsigned packets = 0;
  bool left = false;
};

class history {
 public:
  std::vector<sent_message> sent{};
  std::vector<told_message> told{};
  struct request {
    char kind;           // 'p'ublish, 's'ubscribe, 'u'nsubscribe
    std::size_t number;  // of the message
    unsigned first_chance;
    std::size_t filters;
  };
  std::map<std::uint16_t, request> open{};  // by identifier
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
    require(open.emplace(id, what).second, "an identifier that is in use");
  }
  // A connection has got its CONNACK: what waits may leave.
  void greeted(unsigned connection) {
    for (auto& [id, what] : open) {
      if (what.first_chance == 0) what.first_chance = connection;
      if (what.kind == 'p') sent[what.number].first_chance = what.first_chance;
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
    require(m.level == 1 ? m.delivered >= 1 : m.delivered == 1, "published, and the server does not have it");
    if (repeated) require(m.first_chance < connection, "called repeated at its first time");
    if (m.written_in.size() > 1) require(repeated, "not called repeated");
    settled(id, 'p', repeated ? "published repeated" : "published");
  }
  void abandoned(std::uint16_t id, error cause, unsigned connection, bool new_session) {
    auto const found = open.find(id);
    require(found != open.end(), "abandoned, but nobody has asked");
    if (cause.code == errc::session_lost) {
      require(new_session, "session_lost, but the server has kept it");
      require(found->second.first_chance < connection, "session_lost, but it never was in that session");
    }
    settled(id, 0, "abandoned: " + std::string(to_string(cause.code)));
  }
  // The client is a new one, which knows nothing.
  void rebooted() {
    while (!open.empty()) settled(open.begin()->first, 0, "forgotten with the client");
  }

  void delivered_to_application(std::size_t number, unsigned connection, bool strict) {
    told_message& m = told[number];
    note("told " + std::to_string(number) + " QoS " + std::to_string(m.level));
    if (m.told++ == 0) {
      std::size_t& last = m.level == 0 ? last_told_0_ : last_told_;
      require(last == 0 || number + 1 > last, "told out of order");  // v3.1.1:MQTT-4.6.0-1
      last = number + 1;
    }
    require(m.level != 2 || m.told == 1, "QoS 2 told twice");
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
      require(m.level == 0 || m.void_now || m.told != 0, "a message that the application was not told");
  }

 private:
  std::size_t last_arrived_ = 0;  // number + 1
  std::size_t last_arrived_0_ = 0;
  std::size_t last_told_ = 0;
  std::size_t last_told_0_ = 0;
};

}  // namespace hubwire::simulation

#endif
