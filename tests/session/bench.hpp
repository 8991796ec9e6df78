// SPDX-License-Identifier: BSL-1.0
// A client on the bench: memory against guard pages, a clock that is turned by hand, bytes in and out as
// hexadecimal, events as text.
#ifndef HUBWIRE_TESTS_SESSION_BENCH_HPP
#define HUBWIRE_TESTS_SESSION_BENCH_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/session/client.hpp>
#include <hubwire/session/kept_packets.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

namespace hubwire::test {

// "message 7 a/b hello", "subscribed 1 01 80", "closed connection_refused 5", "none".
inline std::string tell(v3::event const& e) {
  std::string const id = ' ' + std::to_string(e.has_id() ? e.id().number() : 0);
  switch (e.kind()) {
    case event_kind::none: return "none";
    case event_kind::connected: return e.session_present() ? "connected, session present" : "connected";
    case event_kind::message:
      return "message" + id + ' ' + std::string(e.message().topic.view()) + ' ' +
             std::string(e.message().payload.view());
    case event_kind::message_begin:
      return "begin" + id + ' ' + std::string(e.message().topic.view()) + ' ' +
             std::to_string(e.payload_size());
    case event_kind::message_piece: return "piece" + id + ' ' + std::string(e.payload().view());
    case event_kind::message_end: return "end" + id;
    case event_kind::published: return "published" + id + (e.repeated() ? " repeated" : "");
    case event_kind::subscribed: {
      std::string told = "subscribed" + id;
      for (v3::suback_return_code const code : e.codes()) {
        std::uint8_t const number[] = {static_cast<std::uint8_t>(code)};
        told += ' ' + to_hex(byte_view(number));
      }
      return told;
    }
    case event_kind::unsubscribed: return "unsubscribed" + id;
    case event_kind::abandoned:
      return "abandoned" + id + (e.cause() == errc::session_lost ? " session_lost" : "") +
             (e.cause() == errc::message_expired ? " message_expired" : "");
    case event_kind::repeat: return "repeat" + id;
    case event_kind::closed:
      return "closed " + std::string(to_string(e.cause().code)) + ' ' + std::to_string(e.cause().detail);
  }
  return "an event without a name";
}

struct memory_sizes {
  std::size_t rx = 256;
  std::size_t tx = 256;
  std::size_t kept = 256;  // with kept_packets
};

template <std::size_t Outgoing = 4, std::size_t Incoming = 4, class Reader = payload_reader<v3_tag>,
          class Keep = keep_nothing>
class bench {
 public:
  using texts = std::vector<std::string>;

  explicit bench(client_options const& options = {}, memory_sizes sizes = {}) requires(!Keep::has_packets)
      : rx(sizes.rx), tx(sizes.tx), kept(1), client(rx.octets(), tx.octets(), options) {}
  explicit bench(client_options const& options = {}, memory_sizes sizes = {}) requires(Keep::has_packets)
      : rx(sizes.rx),
        tx(sizes.tx),
        kept(sizes.kept),
        client(rx.octets(), tx.octets(), kept.octets(), options) {}

  guarded_output rx;
  guarded_output tx;
  guarded_output kept;
  hubwire::client<v3_tag, limits{.outgoing = Outgoing, .incoming = Incoming}, Reader, Keep> client;
  tick now{5'000};

  static v3::connect hello(std::uint16_t keep_alive = 0, bool clean_session = true) {
    v3::connect packet;
    packet.client_id = "c";
    packet.keep_alive = keep_alive;
    packet.clean_session = clean_session;
    return packet;
  }

  // All that waits to be sent, which is then sent.
  std::string sent() {
    std::string hex;
    for (byte_view data = client.pending_output(); !data.empty(); data = client.pending_output()) {
      hex += to_hex(data);
      client.consume(data.size());
    }
    client.advance(now);  // the next turn, for which deadline() asks at once after a ping
    return hex;
  }

  // The server's bytes; they have to fit.
  void receive(byte_view data) {
    byte_span const window = client.window();
    if (window.size() < data.size()) throw std::length_error("the window is too small for this test");
    if (!data.empty()) std::memcpy(window.data(), data.data(), data.size());
    client.commit(data.size());
    client.advance(now);  // as pump() does
  }
  void receive(std::string_view hex) { receive(byte_view(from_hex(hex))); }

  std::string next() { return tell(client.next_event()); }
  texts events() {
    texts told;
    for (std::string one = next(); one != "none"; one = next()) told.push_back(one);
    return told;
  }

  void pass(std::uint32_t milliseconds) {
    now = now + milliseconds;
    client.advance(now);
  }

  // Up to the event connected.
  void open(std::uint16_t keep_alive = 0) {
    if (!client.connect(hello(keep_alive), now)) throw std::logic_error("connect");
    static_cast<void>(sent());
    receive("2002 0000");
    if (next() != "connected") throw std::logic_error("not connected");
  }
};

// A client of which nothing is lost, with a session that the server keeps.
template <class Keep, std::size_t Outgoing = 4, std::size_t Incoming = 4>
class lasting_bench : public bench<Outgoing, Incoming, payload_reader<v3_tag>, Keep> {
 public:
  using bench<Outgoing, Incoming, payload_reader<v3_tag>, Keep>::bench;

  // The connection is lost, and told to be.
  void lose() {
    this->client.lost({errc::connection_lost, 0});
    if (this->events().back() != "closed connection_lost 0") throw std::logic_error("not closed");
  }
  // A new connection, up to CONNACK.
  void resume(bool session_present = true) {
    if (!this->client.connect(this->hello(0, false), this->now)) throw std::logic_error("connect");
    static_cast<void>(this->sent());
    this->receive(session_present ? "20020100" : "20020000");
    if (this->next() != (session_present ? "connected, session present" : "connected"))
      throw std::logic_error("not connected");
  }
  void reconnect(bool session_present = true) {
    lose();
    resume(session_present);
  }
};

inline hubwire::message at_least_once(topic_name topic, std::string_view payload = {}) {
  return {topic, as_bytes(payload), qos::at_least_once, false};
}

}  // namespace hubwire::test

#endif
