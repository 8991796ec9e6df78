// SPDX-License-Identifier: BSL-1.0
// Every part of the library at work, without one allocation. A program of its own, since Catch2 allocates.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include <hubwire/crypto/bearssl_hmac.hpp>
#include <hubwire/driver/pump.hpp>
#include <hubwire/iothub.hpp>
#include <hubwire/mqtt3.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/stream/frame_buffer.hpp>
#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/memory_pipe.hpp>

#include "allocation_counter.hpp"
#include "transport/openssl_server.hpp"

namespace {

int failures = 0;

void expect(bool condition, char const* what) {
  if (condition) return;
  std::printf("FAILED: %s\n", what);
  ++failures;
}

// Optimisers may drop an allocation that nobody looks at.
template <class T>
void keep(T const& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

template <class Work>
void without_allocation(char const* what, Work work) {
  std::size_t const before = counted_allocations();
  work();
  std::size_t const counted = counted_allocations() - before;
  if (counted != 0) std::printf("%s: %zu allocations\n", what, counted);
  expect(counted == 0, what);
}

template <class Work>
void with_allocation(char const* what, Work work) {
  std::size_t const before = counted_allocations();
  work();
  expect(counted_allocations() != before, what);
}

struct alignas(64) wide {
  char chars[64];
};

// A counter that counts nothing would let everything pass.
void the_counter_counts() {
  with_allocation("new is counted", [] {
    int* const p = new int(1);
    keep(p);
    delete p;
  });
  with_allocation("new[] is counted", [] {
    char* const p = new char[100];
    keep(p);
    delete[] p;
  });
  with_allocation("nothrow new is counted", [] {
    int* const p = new (std::nothrow) int(1);
    keep(p);
    delete p;
  });
  with_allocation("aligned new is counted", [] {
    wide* const p = new wide;
    keep(p);
    delete p;
  });
  with_allocation("malloc is counted", [] {
    void* const p = std::malloc(10);
    keep(p);
    std::free(p);
  });
  with_allocation("calloc is counted", [] {
    void* const p = std::calloc(10, 10);
    keep(p);
    std::free(p);
  });
  with_allocation("realloc is counted", [] {
    void* const p = std::realloc(nullptr, 10);
    keep(p);
    std::free(p);
  });
  with_allocation("aligned_alloc is counted", [] {
    void* const p = std::aligned_alloc(64, 64);
    keep(p);
    std::free(p);
  });
}

template <class Packet>
void there_and_back(Packet const& packet, hubwire::role sender) {
  std::array<std::uint8_t, 512> output{};
  auto const encoded = hubwire::encode(output, packet);
  expect(encoded.has_value(), "encodes");
  if (!encoded) return;
  expect(hubwire::decode<Packet>(*encoded).has_value(), "decodes");
  auto const split = hubwire::split_frame(hubwire::detail::to_chars(*encoded));
  bool seen = false;
  auto const dispatched =
      hubwire::dispatch<hubwire::v3_tag>(split.frame, sender, [&](auto const&) { seen = true; });
  expect(dispatched.has_value() && seen, "dispatches");
  for (std::size_t size = 0; size != encoded->size(); ++size)
    expect(!hubwire::decode<Packet>(hubwire::byte_view(output.data(), size)), "refuses a part");
}

void codec() {
  namespace v3 = hubwire::v3;
  using hubwire::role;
  constexpr v3::will last{.topic = "last/will", .message = hubwire::as_bytes("gone")};
  there_and_back(v3::connect{.client_id = "d1",
                             .keep_alive = 60,
                             .will = last,
                             .user_name = hubwire::text("user"),
                             .password = hubwire::as_bytes("secret")},
                 role::client);
  there_and_back(v3::connack{}, role::server);
  there_and_back(v3::publish{.topic = "a/b",
                             .payload = hubwire::as_bytes("payload"),
                             .delivery = hubwire::delivery::at_least_once(7)},
                 role::client);
  there_and_back(v3::puback{7}, role::server);
  there_and_back(v3::pubrec{7}, role::server);
  there_and_back(v3::pubrel{7}, role::client);
  there_and_back(v3::pubcomp{7}, role::server);
  std::array const subscriptions{v3::subscription{"a/+", hubwire::qos::at_least_once},
                                 v3::subscription{"#", hubwire::qos::at_most_once}};
  there_and_back(v3::subscribe{.id = 8, .subscriptions = subscriptions}, role::client);
  std::array const codes{v3::suback_return_code::granted_qos_1, v3::suback_return_code::failure};
  there_and_back(v3::suback{.id = 8, .codes = codes}, role::server);
  std::array const filters{v3::unsubscription{"a/+"}, v3::unsubscription{"#"}};
  there_and_back(v3::unsubscribe{.id = 9, .filters = filters}, role::client);
  there_and_back(v3::unsuback{9}, role::server);
  there_and_back(v3::pingreq{}, role::client);
  there_and_back(v3::pingresp{}, role::server);
  there_and_back(v3::disconnect{}, role::client);
}

void text_and_topics() {
  namespace iothub = hubwire::iothub;
  std::array<char, 512> room{};
  auto const parsed = iothub::parse_connection_string(
      "HostName=hub.example.test;DeviceId=d1;SharedAccessKey=AAECAwQFBgcICQoLDA0ODw==");
  expect(parsed && parsed->identity(), "reads a connection string");
  if (!parsed) return;
  iothub::identity const self = *parsed->identity();
  expect(iothub::client_id(room, self) && iothub::user_name(room, self, {}), "names itself");

  auto const topic = iothub::telemetry_topic(room, self.device).add("$.ct", "a/b").add_null("n").done();
  expect(topic && iothub::parse_device_topic(*topic, self), "telemetry");
  expect(iothub::parse_topic("devices/d1/messages/devicebound/%24.mid=1&a", self).has_value(), "c2d");
  expect(iothub::parse_topic("$iothub/twin/res/204/?$rid=1&$version=2", self).has_value(), "twin");
  expect(iothub::parse_topic("$iothub/methods/POST/reboot/?$rid=1", self).has_value(), "method");
  expect(!iothub::parse_topic("devices/d2/messages/devicebound/", self), "a stranger's topic");
  expect(iothub::method_response_topic(room, {200, 1}).has_value(), "answers a method");

  constexpr std::uint64_t now = 1'750'000'000;
  std::array<char, 512> token_room{};
  auto const token =
      iothub::sas_token(token_room, {self, parsed->shared_access_key, now + 60}, hubwire::bearssl_hmac{});
  expect(token.has_value(), "makes a token");
  expect(token && iothub::verify_sas_token(*token, {self, parsed->shared_access_key, now},
                                           hubwire::bearssl_hmac{}),
         "verifies a token");
}

// A broker that answers what it has to, on any byte_stream.
template <hubwire::byte_stream Stream>
class tiny_broker {
 public:
  explicit tiny_broker(Stream& stream) : stream_(stream) {}

  void turn() {
    auto const got = stream_.read_some(frames_.window());
    if (got.count != 0) frames_.commit(got.count);
    for (auto found = frames_.next(); found.status == hubwire::frame_status::ready; found = frames_.next())
      expect(hubwire::dispatch<hubwire::v3_tag, hubwire::role::client>(
                 found.frame, [this](auto const& packet) { this->on(packet); })
                 .has_value(),
             "the broker understands");
    while (sent_ != filled_) {
      auto const put = stream_.write_some(hubwire::byte_view(output_).subspan(sent_, filled_ - sent_));
      if (put.count == 0) return;
      sent_ += put.count;
    }
  }

 private:
  template <class P>
  void send(P const& packet) {
    auto const written = hubwire::encode(hubwire::byte_span(output_).subspan(filled_), packet);
    expect(written.has_value(), "the broker has room");
    if (written) filled_ += written->size();
  }

  void on(hubwire::v3::connect const&) { send(hubwire::v3::connack{}); }
  void on(hubwire::v3::publish const& p) {
    if (p.delivery.has_id()) send(hubwire::v3::puback{p.delivery.id()});
  }
  void on(hubwire::v3::subscribe const& p) {
    constexpr std::array codes{hubwire::v3::suback_return_code::granted_qos_1};
    send(hubwire::v3::suback{p.id, codes});
    send(hubwire::v3::publish{.topic = "from/hub",
                              .payload = hubwire::as_bytes("21"),
                              .delivery = hubwire::delivery::at_least_once(77)});
  }
  void on(hubwire::v3::unsubscribe const& p) { send(hubwire::v3::unsuback{p.id}); }
  void on(hubwire::v3::pingreq const&) { send(hubwire::v3::pingresp{}); }
  template <class P>
  void on(P const&) {}

  Stream& stream_;
  hubwire::frame_buffer<1024> frames_;
  std::array<std::uint8_t, 4096> output_{};
  std::size_t filled_ = 0;
  std::size_t sent_ = 0;
};

// Connects, subscribes, publishes with QoS 1, receives, waits for a ping, unsubscribes and disconnects.
template <hubwire::byte_stream Link, class Peer>
void converse(Link& link, Peer&& turn_of_peer) {
  using hubwire::event_kind;
  static std::array<std::uint8_t, 1024> rx;
  static std::array<std::uint8_t, 1024> tx;
  // The broker does not end the connection after DISCONNECT.
  hubwire::client<> client{rx, tx, {.disconnect_timeout = 1'000}};
  unsigned seen = 0;
  std::uint32_t clock = 0xFFFF'0000;  // wraps on the way
  auto const until = [&](event_kind wanted) {
    for (int i = 0; i != 2000; ++i) {
      static_cast<void>(hubwire::pump(client, link, hubwire::tick(clock += 5)));
      turn_of_peer();
      for (auto event = client.next_event(); event; event = client.next_event()) {
        seen |= 1u << static_cast<unsigned>(event.kind());
        if (event.kind() == wanted) return;
      }
    }
    expect(false, "the conversation goes on");
  };
  expect(client.connect({.client_id = "d1", .keep_alive = 1}, hubwire::tick(clock)).has_value(), "connects");
  until(event_kind::connected);
  std::array const wanted{hubwire::v3::subscription{"from/#", hubwire::qos::at_least_once}};
  expect(client.subscribe(wanted).has_value(), "subscribes");
  until(event_kind::message);
  expect(client.publish({"to/hub", hubwire::as_bytes("22"), hubwire::qos::at_least_once}).has_value(),
         "publishes");
  until(event_kind::published);
  for (int i = 0; i != 500; ++i) {  // longer than the keep alive
    static_cast<void>(hubwire::pump(client, link, hubwire::tick(clock += 5)));
    turn_of_peer();
    expect(!client.next_event(), "a ping is no event");
  }
  std::array const filters{hubwire::v3::unsubscription{"from/#"}};
  expect(client.unsubscribe(filters).has_value(), "unsubscribes");
  until(event_kind::unsubscribed);
  expect(client.disconnect().has_value(), "disconnects");
  until(event_kind::closed);
  expect((seen & 1u << static_cast<unsigned>(event_kind::subscribed)) != 0, "was subscribed");
}

void session() {
  std::array<std::uint8_t, 64> there{};
  std::array<std::uint8_t, 64> back{};
  hubwire::memory_pipe pipe(there, back);
  tiny_broker broker(pipe.right());
  converse(pipe.left(), [&] { broker.turn(); });
}

// OpenSSL's end of the connection may allocate.
class other_end {
 public:
  explicit other_end(hubwire::test::openssl_server& server) : server_(server) {}
  hubwire::io_result read_some(hubwire::byte_span room) noexcept {
    not_counting const outside;
    return server_.read_some(room);
  }
  hubwire::io_result write_some(hubwire::byte_view data) noexcept {
    not_counting const outside;
    return server_.write_some(data);
  }

 private:
  hubwire::test::openssl_server& server_;
};

void tls() {
  namespace test = hubwire::test;
  auto const made = [] {
    not_counting const outside;
    auto authority = test::make_authority("a root");
    auto server = test::make_identity({}, &authority);
    auto pem = test::to_pem(authority);
    return std::pair(std::move(server), std::move(pem));
  }();
  static std::array<std::uint8_t, 3000> there;
  static std::array<std::uint8_t, 3000> back;
  static std::array<std::uint8_t, hubwire::tls_buffers::full_input> input;
  static std::array<std::uint8_t, hubwire::tls_buffers::full_output> output;
  hubwire::memory_pipe pipe(there, back);
  auto const openssl = [&] {
    not_counting const outside;
    return std::make_unique<test::openssl_server>(pipe.right(), made.first);
  }();
  other_end far(*openssl);
  tiny_broker broker(far);

  hubwire::trust_store<1> trust;
  expect(trust.add_pem(made.second).has_value(), "reads an anchor");
  hubwire::bearssl_tls<hubwire::memory_pipe::end> link(pipe.left(), trust.anchors(), {input, output});
  std::array<std::uint8_t, 32> const entropy{1, 2, 3};
  expect(link.start({.server_name = "hub.example.test",
                     .unix_time = static_cast<std::uint64_t>(test::today),
                     .entropy = entropy})
             .has_value(),
         "begins a handshake");
  converse(link, [&] { broker.turn(); });
  expect(link.handshake_done(), "the handshake was done");
  link.close();
}

}  // namespace

int main() {
  the_counter_counts();
  without_allocation("codec", codec);
  without_allocation("text and topics", text_and_topics);
  without_allocation("session", session);
  without_allocation("TLS", tls);
  std::printf("%s\n", failures == 0 ? "nothing allocates" : "there are allocations or failures");
  return failures == 0 ? 0 : 1;
}
