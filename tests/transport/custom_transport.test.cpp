// SPDX-License-Identifier: BSL-1.0
// Streams as a user writes them, over mbedTLS and over OpenSSL, on lower streams that block at bad moments. That they
// keep the rules of byte_stream is tested in byte_stream.test.cpp.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <hubwire/driver/pump.hpp>
#include <hubwire/mqtt3.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/transport/faulty.hpp>
#include <hubwire/transport/memory_pipe.hpp>
#include <hubwire/transport/posix_tcp.hpp>

#include "../../examples/custom_transport/modem_stream.hpp"
#include "custom_links.hpp"
#include "mbedtls_server.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

using octets = std::vector<std::uint8_t>;

octets to_octets(std::string_view text) { return {text.begin(), text.end()}; }
std::string to_text(octets const& bytes) { return {bytes.begin(), bytes.end()}; }

// A stream whose room is counted in bytes by the test, and whose end can be told apart by direction.
class gate {
 public:
  static constexpr std::size_t open = static_cast<std::size_t>(-1);

  explicit gate(memory_pipe::end& lower) : lower_(lower) {}
  io_result read_some(byte_span room) noexcept {
    std::size_t const most = std::min(room.size(), readable);
    if (most == 0) return at_end;
    io_result const got = lower_.read_some(room.first(most));
    if (readable != open) readable -= got.count;
    return got;
  }
  io_result write_some(byte_view data) noexcept {
    if (broken) return {0, io_status::failed, {errc::transport_failed, 32}};
    blocked_ = writable == 0;
    if (blocked_) return {0, io_status::would_block, {}};
    io_result const put = lower_.write_some(data.first(std::min(data.size(), writable)));
    if (writable != open) writable -= put.count;
    blocked_ = put.count == 0;
    sent.insert(sent.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(put.count));
    return put;
  }
  bool wants_write() const noexcept { return blocked_; }
  bool wants_call() const noexcept { return unfinished; }
  io_status end_output() noexcept {
    ++ends;
    return io_status::ok;
  }

  std::size_t writable = open;
  std::size_t readable = open;
  io_result at_end{0, io_status::would_block, {}};  // what reading gives when readable is used up
  bool broken = false;                              // writing fails
  bool unfinished = false;                          // asks to be called again
  int ends = 0;
  octets sent{};

 private:
  memory_pipe::end& lower_;
  bool blocked_ = false;
};

struct setup {
  std::string name = "hub.example.test";
  identity const* server = &current_server();
  std::size_t room = 5000;
};

template <class With, class Server = openssl_server>
struct fixture {
  octets rightward;
  octets leftward;
  memory_pipe pipe;
  gate wire{pipe.left()};
  Server server;
  typename With::settings settings{current_root()};
  typename With::template stream<gate> client;

  explicit fixture(setup const& with = {})
      : rightward(with.room),
        leftward(with.room),
        pipe(rightward, leftward),
        server(pipe.right(), *with.server,
               {.lowest_version = With::version, .highest_version = With::version}),
        client(wire, with.name.c_str(), settings.get()) {}

  // Offers data as byte_stream demands: what was refused is offered again, at another address.
  void send(octets const& data) {
    for (int i = 0; i < 1000; ++i) {
      octets const elsewhere = data;
      io_result const put = client.write_some(elsewhere);
      if (put.count == data.size()) return;
      REQUIRE(put.status == io_status::would_block);
      static_cast<void>(server.turn());
      REQUIRE(read(client).empty());
    }
    FAIL("never taken");
  }
  template <class Stream>
  octets read(Stream& from, std::size_t wanted = 0) {
    octets got;
    std::array<std::uint8_t, 3000> chunk{};
    for (int idle = 0; idle < 20; ++idle) {
      io_result const part = from.read_some(chunk);
      got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(part.count));
      if (got.size() >= wanted && part.count == 0) break;
      static_cast<void>(server.turn());
    }
    return got;
  }
  void establish() {
    for (int i = 0; i < 50; ++i) {
      static_cast<void>(read(client));
      static_cast<void>(read(server));
    }
    send(to_octets("up?"));
    REQUIRE(to_text(read(server, 3)) == "up?");
  }
  // What the client ends with when it is called until it does.
  io_result end_of_client() {
    std::array<std::uint8_t, 100> room{};
    io_result last{};
    for (int i = 0; i < 200; ++i) {
      last = client.read_some(room);
      if (last.status == io_status::closed || last.status == io_status::failed) break;
      static_cast<void>(read(server));
    }
    return last;
  }
};

// The server's side of MQTT as far as it is needed here, without hubwire: what came, and the answers to it.
class broker {
 public:
  template <class Stream>
  void turn(Stream& link) {
    std::array<std::uint8_t, 512> chunk{};
    for (io_result got{}; (got = link.read_some(chunk)).count != 0;)
      in_.insert(in_.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(got.count));
    while (take_packet()) {}
    while (!out_.empty()) {
      io_result const put = link.write_some(out_);
      if (put.count == 0) break;
      out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(put.count));
    }
  }
  std::vector<std::string> payloads{};
  bool said_goodbye = false;
  bool strange = false;  // something that is no packet of this conversation

 private:
  bool take_packet() {
    std::size_t length = 0;
    std::size_t at = 1;
    for (unsigned shift = 0;; shift += 7) {
      if (at >= in_.size() || shift > 21) return false;
      length |= static_cast<std::size_t>(in_[at] & 127U) << shift;
      if ((in_[at++] & 128U) == 0) break;
    }
    if (in_.size() < at + length) return false;
    octets const body(in_.begin() + static_cast<std::ptrdiff_t>(at),
                      in_.begin() + static_cast<std::ptrdiff_t>(at + length));
    handle(in_[0], body);
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(at + length));
    return true;
  }
  void handle(std::uint8_t head, octets const& body) {
    if (head == 0x10) return answer({0x20, 2, 0, 0});
    if (head == 0xe0) return static_cast<void>(said_goodbye = true);
    if (head != 0x32 || body.size() < 4) return static_cast<void>(strange = true);
    std::size_t const topic = body[0] * 256U + body[1];
    if (body.size() < topic + 4) return static_cast<void>(strange = true);
    payloads.emplace_back(body.begin() + static_cast<std::ptrdiff_t>(topic + 4), body.end());
    answer({0x40, 2, body[topic + 2], body[topic + 3]});
  }
  void answer(octets const& packet) { out_.insert(out_.end(), packet.begin(), packet.end()); }

  octets in_{};
  octets out_{};
};

// A device that publishes whenever it may, so that what it has to send grows while the stream refuses it.
class publisher {
 public:
  explicit publisher(int messages) : messages_(messages) {
    REQUIRE(client_.connect({.client_id = "press", .keep_alive = 0}, tick(0)));
  }
  template <class Stream>
  pump_result turn(Stream& link, tick now) {
    offer();
    pump_result const moved = hubwire::pump(client_, link, now);
    while (auto const event = client_.next_event()) {
      if (event.kind() == event_kind::connected) connected_ = true;
      if (event.kind() == event_kind::published) ++acknowledged_;
      if (event.kind() == event_kind::closed) closed_ = event.cause();
    }
    return moved;
  }
  bool has_news() const { return connected_ && static_cast<int>(offered.size()) < messages_; }
  bool done() const { return acknowledged_ == messages_; }
  std::optional<error> closed() const { return closed_; }
  std::vector<std::string> offered{};

 private:
  void offer() {
    while (has_news()) {
      int const number = static_cast<int>(offered.size());
      std::string const text =
          std::to_string(number) + std::string(static_cast<std::size_t>(number * 37 % 400), 'x');
      auto const sent = client_.publish({"press/load", as_bytes(text), qos::at_least_once});
      if (!sent) return;
      offered.push_back(text);
    }
  }

  std::array<std::uint8_t, 256> rx_{};
  std::array<std::uint8_t, 3000> tx_{};
  client<v3_tag, limits{.outgoing = 16, .incoming = 4}> client_{rx_, tx_};
  int messages_;
  int acknowledged_ = 0;
  bool connected_ = false;
  std::optional<error> closed_{};
};

// Both ends of a connection over sockets of the system, with the smallest buffer that it grants for sending, so that
// the client's socket blocks. From there a pipe leads to the server.
class small_socket {
 public:
  small_socket() {
    int ends[2]{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    int const least = 1;
    REQUIRE(::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least) == 0);
    near.adopt(ends[0]);
    far_.adopt(ends[1]);
  }
  // Takes at most so many bytes from the client: a server that is slow.
  void turn(std::size_t most) {
    octets chunk(std::min(most, pipe.left().writable()));
    io_result const got = far_.read_some(chunk);
    static_cast<void>(pipe.left().write_some(byte_view(chunk).first(got.count)));
    if (back_.empty()) {
      back_.resize(2000);
      back_.resize(pipe.left().read_some(back_).count);
    }
    if (back_.empty()) return;
    io_result const put = far_.write_some(back_);
    back_.erase(back_.begin(), back_.begin() + static_cast<std::ptrdiff_t>(put.count));
  }

  octets rightward = octets(20'000);
  octets leftward = octets(20'000);
  memory_pipe pipe{rightward, leftward};
  posix_tcp near{};

 private:
  posix_tcp far_{};
  octets back_{};
};

// Cuts what is offered after a refusal to what was refused, as byte_stream demands.
template <class Stream>
class exact_retries {
 public:
  explicit exact_retries(Stream& stream) : stream_(stream) {}
  io_result read_some(byte_span room) noexcept { return stream_.read_some(room); }
  io_result write_some(byte_view data) noexcept {
    byte_view const offer = data.first(std::min(data.size(), most_));
    io_result const put = stream_.write_some(offer);
    most_ = put.status == io_status::would_block ? offer.size() : no_limit;
    return put;
  }
  bool wants_write() const noexcept { return stream_.wants_write(); }

 private:
  static constexpr std::size_t no_limit = static_cast<std::size_t>(-1);
  Stream& stream_;
  std::size_t most_ = no_limit;
};
template <class Stream>
using as_it_comes = Stream&;

static_assert(!std::is_copy_constructible_v<mbedtls_link> && !std::is_move_constructible_v<openssl_13_link>);

#define HUBWIRE_LIBRARIES with_mbedtls, with_openssl_12, with_openssl_13

}  // namespace

// --- refused bytes

TEMPLATE_TEST_CASE("custom_transport: refused bytes that are offered again arrive once and in order",
                   "[transport][custom_transport]", HUBWIRE_LIBRARIES) {
  for (std::size_t const cut : {0U, 1U, 5U, 20U, 60U}) {
    fixture<TestType> f;
    f.establish();
    f.wire.writable = cut;  // so much of the first record leaves, then nothing
    octets const first = to_octets(std::string(90, '1'));
    REQUIRE(f.client.write_some(first).status == io_status::would_block);
    CHECK(f.client.wants_write());
    REQUIRE(f.client.write_some(octets(first)).status == io_status::would_block);
    CHECK(f.read(f.server).empty());
    f.wire.writable = gate::open;
    f.send(first);
    CHECK_FALSE(f.client.wants_write());
    f.send(to_octets("2"));
    f.send(to_octets("three"));
    CHECK(to_text(f.read(f.server, 96)) == std::string(90, '1') + "2three");
  }
}

namespace {

template <class With, template <class> class Between>
void check_every_message_arrives() {
  using lower = faulty<memory_pipe::end>;
  for (faults const& bad : {faults{}, faults{.largest_write = 7}, faults{.block_every = 2},
                            faults{.largest_read = 11, .largest_write = 50, .block_every = 3, .seed = 9}}) {
    octets rightward(300);
    octets leftward(300);
    memory_pipe pipe(rightward, leftward);
    lower wire(pipe.left(), bad);
    openssl_server server(pipe.right(), current_server(),
                          {.lowest_version = With::version, .highest_version = With::version});
    typename With::settings settings(current_root());
    using stream = typename With::template stream<lower>;
    stream tls(wire, "hub.example.test", settings.get());
    Between<stream> offered(tls);
    publisher device(60);
    broker hub;
    for (std::uint32_t i = 0; i < 20'000 && !device.done() && !device.closed(); ++i) {
      device.turn(offered, tick(0));
      if (i % 3 == 0) hub.turn(server);
    }
    INFO("closed by " << (device.closed() ? to_string(device.closed()->code) : "nobody"));
    CHECK(device.done());
    CHECK_FALSE(hub.strange);
    CHECK((hub.payloads == device.offered));
  }
}

}  // namespace

TEMPLATE_TEST_CASE("custom_transport: every message arrives once and in order, whatever blocks",
                   "[transport][custom_transport]", HUBWIRE_LIBRARIES) {
  check_every_message_arrives<TestType, exact_retries>();
}

// What pump offers reaches the library. Offered more than it has refused, mbedTLS takes the new length for that of the
// old record, and OpenSSL sends the old record without saying so.
TEMPLATE_TEST_CASE("custom_transport: pump offers refused bytes again so that every message arrives",
                   "[transport][custom_transport][pump]", HUBWIRE_LIBRARIES) {
  check_every_message_arrives<TestType, as_it_comes>();
}

TEMPLATE_TEST_CASE(
    "custom_transport: a device that waits only as it is told is never stuck on a socket that blocks",
    "[transport][custom_transport][pump]", HUBWIRE_LIBRARIES) {
  small_socket tcp;
  openssl_server server(tcp.pipe.right(), current_server(),
                        {.lowest_version = TestType::version, .highest_version = TestType::version});
  typename TestType::settings settings(current_root());
  using stream = typename TestType::template stream<posix_tcp>;
  stream tls(tcp.near, "hub.example.test", settings.get());
  exact_retries<stream> offered(tls);
  publisher device(400);
  broker hub;
  pump_result last{.again = true};
  int blocked = 0;
  for (int idle = 0; idle < 2000 && !device.done() && !device.closed(); ++idle) {
    bool const ready = (last.wait_for.read || last.wait_for.write) && tcp.near.wait(last.wait_for, 0);
    bool const news = device.has_news() && !last.write_blocked;
    if (last.again || ready || news) {
      last = device.turn(offered, tick(0));
      if (last.received + last.sent != 0) idle = 0;
      blocked += last.wait_for.write ? 1 : 0;
    }
    tcp.turn(700);
    hub.turn(server);
  }
  CHECK(device.done());
  CHECK((hub.payloads == device.offered));
  CHECK(blocked != 0);  // else the socket was too large for the test
}

// --- what to wait for

TEMPLATE_TEST_CASE(
    "custom_transport: waits for the server during the handshake, for room only where there is none",
    "[transport][custom_transport]", HUBWIRE_LIBRARIES) {
  fixture<TestType> f;
  octets const secret = to_octets("secret");
  CHECK_FALSE(f.client.wants_call());
  f.wire.writable = 10;
  REQUIRE(f.client.write_some(secret).status == io_status::would_block);
  CHECK(f.client.wants_write());  // the rest of the ClientHello
  f.wire.writable = gate::open;
  REQUIRE(f.client.write_some(secret).status == io_status::would_block);
  CHECK_FALSE(f.client.wants_write());
  f.establish();
  CHECK_FALSE(f.client.wants_write());
  CHECK(f.read(f.client).empty());
  CHECK_FALSE(f.client.wants_call());
  f.wire.unfinished = true;
  CHECK(f.client.wants_call());
  f.wire.writable = 0;
  REQUIRE(f.client.write_some(secret).status == io_status::would_block);
  CHECK(f.client.wants_write());
  f.client.close();
  CHECK_FALSE(f.client.wants_write());  // although the lower stream would
}

// --- certificates

TEMPLATE_TEST_CASE(
    "custom_transport: a certificate that is not the server's is refused, and nothing was sent",
    "[transport][custom_transport]", HUBWIRE_LIBRARIES) {
  identity const expired = make_identity({}, &current_root());
  identity const other_root =
      make_current({.common_name = "Other Root", .alternative_names = "", .authority = true}, nullptr);
  identity const untrusted = make_current({}, &other_root);
  identity const self_signed = make_current({}, nullptr);
  identity const other_name = make_current({.alternative_names = "DNS:other.example.test"}, &current_root());
  struct refusal {
    setup with;
    errc code;
  };
  for (refusal const& r : {refusal{{.server = &other_name}, errc::tls_wrong_server_name},
                           refusal{{.name = "example.test"}, errc::tls_wrong_server_name},
                           refusal{{.name = "a.hub.example.test"}, errc::tls_wrong_server_name},
                           refusal{{.server = &expired}, errc::tls_certificate_expired},
                           refusal{{.server = &untrusted}, errc::tls_untrusted_certificate},
                           refusal{{.server = &self_signed}, errc::tls_untrusted_certificate}}) {
    fixture<TestType> f(r.with);
    octets const secret = to_octets("SharedAccessSignature");
    io_result last{};
    for (int i = 0; i < 50 && last.status != io_status::failed; ++i) {
      last = f.client.write_some(secret);
      CHECK(last.count == 0);
      CHECK(f.read(f.server).empty());
    }
    CHECK(last.status == io_status::failed);
    CHECK(last.error.code == r.code);
    CHECK(last.error.detail != 0);
    CHECK(f.end_of_client().error == last.error);
    CHECK_FALSE(f.client.wants_write());
    CHECK(SSL_is_init_finished(f.server.ssl()) == 0);
  }
}

TEMPLATE_TEST_CASE("custom_transport: what is no server name is refused before anything is sent",
                   "[transport][custom_transport]", HUBWIRE_LIBRARIES) {
  // A certificate that a careless check takes for each of them.
  identity const generous =
      make_current({.alternative_names = "DNS:*.0.0.1,IP:127.0.0.1,DNS:a.example.test,DNS:hub.example.test"},
                   &current_root());
  for (char const* const name :
       {"", ".", ".example.test", "127.0.0.1", "hub.example.test:8883", "hub..example.test",
        "hub.example.test.", "::1", "[::1]", "*.example.test", "hub example"}) {
    fixture<TestType> f({.name = name, .server = &generous});
    io_result const end = f.end_of_client();
    CHECK(end.status == io_status::failed);
    CHECK(end.error == error{errc::invalid_field, 0});
    CHECK(f.wire.sent.empty());
  }
  octets room(100);
  memory_pipe pipe(room, room);
  typename TestType::settings settings(current_root());
  typename TestType::template stream<memory_pipe::end> nobody(pipe.left(), nullptr, settings.get());
  CHECK(nobody.read_some(room).error == error{errc::invalid_field, 0});
}

TEMPLATE_TEST_CASE("custom_transport: a server that speaks TLS 1.1 only is refused",
                   "[transport][custom_transport]", with_mbedtls, with_openssl_13) {
  octets rightward(5000);
  octets leftward(5000);
  memory_pipe pipe(rightward, leftward);
  openssl_server server(pipe.right(), current_server(),
                        {.lowest_version = TLS1_1_VERSION, .highest_version = TLS1_1_VERSION});
  typename TestType::settings settings(current_root());
  if constexpr (std::is_same_v<TestType, with_openssl_13>) {
    SSL_CTX_set_min_proto_version(&settings.get(), TLS1_VERSION);  // the user's mistake, not the stream's
    SSL_CTX_set_security_level(&settings.get(), 0);
  }
  typename TestType::template stream<memory_pipe::end> client(pipe.left(), "hub.example.test",
                                                              settings.get());
  octets room(100);
  io_result last{};
  for (int i = 0; i < 20 && last.status != io_status::failed; ++i) {
    last = client.read_some(room);
    static_cast<void>(server.handshake());
  }
  CHECK(last.error.code == errc::tls_failed);
  CHECK(last.error.detail != 0);
}

// --- ends

TEMPLATE_TEST_CASE("custom_transport: close_notify is closed, a cut anywhere is connection_lost",
                   "[transport][custom_transport]", HUBWIRE_LIBRARIES) {
  bool const whole = GENERATE(true, false);
  for (std::size_t cut = 0; cut < 3000; cut += 13) {
    fixture<TestType> f;
    f.wire.readable = cut;
    f.wire.at_end = whole ? io_result{0, io_status::closed, {}}
                          : io_result{0, io_status::failed, {errc::transport_failed, 104}};
    bool sent = false;
    octets got;
    std::array<std::uint8_t, 100> room{};
    io_result last{};
    for (int i = 0; i < 200 && (last.status == io_status::ok || last.status == io_status::would_block); ++i) {
      last = f.client.read_some(room);
      got.insert(got.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(last.count));
      static_cast<void>(f.server.handshake());
      if (!sent && SSL_is_init_finished(f.server.ssl()) != 0) {
        sent = f.server.write_some(to_octets("bye")).count == 3;
        f.server.close();
      }
    }
    if (got.size() == 3 && f.wire.readable != 0) {
      CHECK(last.status == io_status::closed);
      break;
    }
    if (last.status == io_status::closed) break;  // the cut came right behind close_notify
    CHECK(last.error == (whole ? error{errc::connection_lost, 0} : error{errc::transport_failed, 104}));
    CHECK(f.client.read_some(room).error == last.error);
    CHECK(f.client.write_some(room).error == last.error);
    CHECK_FALSE(f.client.wants_write());
    REQUIRE(cut < 2900);  // the loop has come to a connection that was not cut
  }
}

TEMPLATE_TEST_CASE(
    "custom_transport: neither a close_notify that nobody signed nor a wire that takes nothing is an end",
    "[transport][custom_transport]", HUBWIRE_LIBRARIES) {
  struct stranger {
    io_result read_some(byte_span room) noexcept {
      constexpr std::array<std::uint8_t, 7> close_notify{21, 3, 3, 0, 2, 1, 0};
      std::size_t const count = std::min(room.size(), close_notify.size() - at);
      if (count == 0) return {0, io_status::would_block, {}};
      std::copy_n(close_notify.begin() + static_cast<std::ptrdiff_t>(at), count, room.begin());
      at += count;
      return {count, io_status::ok, {}};
    }
    io_result write_some(byte_view data) noexcept { return {data.size(), io_status::ok, {}}; }
    std::size_t at = 0;
  } lower;
  typename TestType::settings settings(current_root());
  typename TestType::template stream<stranger> client(lower, "hub.example.test", settings.get());
  octets room(100);
  io_result last = client.read_some(room);
  if (last.status == io_status::would_block) last = client.read_some(room);
  CHECK(last.status == io_status::failed);
  CHECK(client.write_some(room).status == io_status::failed);

  fixture<TestType> f;
  f.wire.broken = true;
  CHECK(f.end_of_client().error == error{errc::transport_failed, 32});
}

TEST_CASE("custom_transport: what others leave in OpenSSL's queue of errors ends no connection",
          "[transport][custom_transport]") {
  fixture<with_openssl_13> f;
  f.establish();
  octets room(10);
  for (int i = 0; i < 2; ++i) {
    ERR_raise(ERR_LIB_USER, 1);
    CHECK(f.client.read_some(room).status == io_status::would_block);
    f.wire.writable = 0;
    ERR_raise(ERR_LIB_USER, 1);
    CHECK(f.client.write_some(room).status == io_status::would_block);
    f.wire.writable = gate::open;
    f.send(room);
  }
  f.wire.writable = 0;
  ERR_raise(ERR_LIB_USER, 1);
  CHECK(f.client.end_output() == io_status::would_block);
}

TEMPLATE_TEST_CASE("custom_transport: what had arrived is read after a write has failed",
                   "[transport][custom_transport]", HUBWIRE_LIBRARIES) {
  fixture<TestType> f;
  f.establish();
  REQUIRE(f.server.write_some(to_octets("why")).count == 3);
  f.server.close();
  f.wire.broken = true;
  octets const data = to_octets("data");
  for (int i = 0; i < 2; ++i) CHECK(f.client.write_some(data).error == error{errc::transport_failed, 32});
  CHECK(to_text(f.read(f.client, 3)) == "why");
  CHECK(f.end_of_client().status == io_status::closed);
}

TEMPLATE_TEST_CASE(
    "custom_transport: end_output over a stream that cannot end its output is close_notify alone",
    "[transport][custom_transport]", HUBWIRE_LIBRARIES) {
  struct plain {
    io_result read_some(byte_span room) noexcept { return lower.read_some(room); }
    io_result write_some(byte_view data) noexcept { return lower.write_some(data); }
    memory_pipe::end& lower;
  };
  custom_link<TestType> link;
  plain wire{link.pipe.left()};
  typename TestType::template stream<plain> client(wire, "hub.example.test", link.settings.get());
  octets room(100);
  octets const greeting = to_octets("hello");
  io_result put{};
  for (int i = 0; i < 100 && put.count == 0; ++i) {
    put = client.write_some(greeting);
    static_cast<void>(client.read_some(room));
    static_cast<void>(link.server.read_some(room));
  }
  REQUIRE(put.count == greeting.size());
  CHECK_FALSE(client.wants_call());
  REQUIRE(client.end_output() == io_status::ok);
  io_result got{};
  for (int i = 0; i < 100 && got.status != io_status::closed; ++i) got = link.server.read_some(room);
  CHECK(got.status == io_status::closed);
}

TEMPLATE_TEST_CASE("custom_transport: end_output sends close_notify behind all bytes, and reading goes on",
                   "[transport][custom_transport]", HUBWIRE_LIBRARIES) {
  fixture<TestType> f;
  f.establish();
  f.send(to_octets("last words"));
  std::size_t const before = f.wire.sent.size();
  f.wire.writable = 3;
  REQUIRE(f.client.end_output() == io_status::would_block);
  CHECK(f.client.wants_write());
  REQUIRE(f.client.end_output() == io_status::would_block);
  CHECK(f.client.write_some(to_octets("x")).status == io_status::closed);
  CHECK(f.wire.ends == 0);
  f.wire.writable = gate::open;
  REQUIRE(f.client.end_output() == io_status::ok);
  CHECK(f.client.end_output() == io_status::ok);
  CHECK(f.wire.ends == 2);
  CHECK(f.wire.sent.size() - before < 40);  // one close_notify, not two
  CHECK_FALSE(f.client.wants_write());
  CHECK(to_text(f.read(f.server, 10)) == "last words");
  CHECK(f.server.client_sent_close_notify());
  REQUIRE(f.server.write_some(to_octets("answer")).count == 6);
  CHECK(to_text(f.read(f.client, 6)) == "answer");
  CHECK(f.end_of_client().status == io_status::would_block);
  f.server.close();
  CHECK(f.end_of_client().status == io_status::closed);
  f.client.close();
  CHECK(f.client.end_output() == io_status::closed);
}

TEMPLATE_TEST_CASE(
    "custom_transport: end_output after the server's end, during the handshake, and on a broken wire",
    "[transport][custom_transport]", HUBWIRE_LIBRARIES) {
  {
    fixture<TestType> f;
    f.establish();
    f.server.close();
    REQUIRE(f.end_of_client().status == io_status::closed);
    f.wire.writable = 0;
    CHECK(f.client.end_output() == io_status::would_block);
    CHECK(f.client.wants_write());
    f.wire.writable = gate::open;
    CHECK(f.client.end_output() == io_status::ok);
    static_cast<void>(f.read(f.server));
    CHECK(f.server.client_sent_close_notify());
  }
  {
    fixture<TestType> f;
    static_cast<void>(f.read(f.client));
    CHECK(f.client.end_output() == io_status::closed);
    CHECK(f.end_of_client().status == io_status::closed);
  }
  {
    fixture<TestType> f;
    f.establish();
    f.wire.broken = true;
    CHECK(f.client.end_output() == io_status::failed);
    CHECK_FALSE(f.end_of_client().status == io_status::closed);
  }
}

// --- what servers send in between

TEST_CASE("custom_transport: key updates and tickets arrive while a record is stuck",
          "[transport][custom_transport]") {
  fixture<with_openssl_13> f;
  f.establish();
  for (int round = 0; round < 5; ++round) {
    octets const text = to_octets("message " + std::to_string(round));
    f.wire.writable = 7;
    REQUIRE(f.client.write_some(text).status == io_status::would_block);
    REQUIRE(SSL_new_session_ticket(f.server.ssl()) == 1);
    REQUIRE(f.server.handshake() == 0);
    REQUIRE(SSL_key_update(f.server.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
    REQUIRE(f.server.write_some(to_octets("news")).count == 4);
    CHECK(to_text(f.read(f.client, 4)) == "news");
    CHECK(f.client.wants_write());
    f.wire.writable = gate::open;
    f.send(text);
    CHECK(f.read(f.server, text.size()) == text);
    CHECK_FALSE(f.client.wants_write());
    f.send(to_octets("after"));  // with the new keys
    CHECK(to_text(f.read(f.server, 5)) == "after");
  }
}

// OpenSSL gives up after a few, mbedTLS never does.
TEMPLATE_TEST_CASE("custom_transport: a server that warns without end does not keep the caller",
                   "[transport][custom_transport]", with_mbedtls, with_openssl_12) {
  struct flood {
    io_result read_some(byte_span room) noexcept {
      constexpr std::array<std::uint8_t, 7> warning{21, 3, 3, 0, 2, 1, 90};  // user_canceled
      if (++reads > 100'000) return {0, io_status::closed, {}};
      std::size_t const count = std::min(room.size(), warning.size() - at);
      std::copy_n(warning.begin() + static_cast<std::ptrdiff_t>(at), count, room.begin());
      at = (at + count) % warning.size();
      return {count, io_status::ok, {}};
    }
    io_result write_some(byte_view data) noexcept { return {data.size(), io_status::ok, {}}; }
    std::size_t at = 0;
    int reads = 0;
  } lower;
  typename TestType::settings settings(current_root());
  typename TestType::template stream<flood> client(lower, "hub.example.test", settings.get());
  octets room(100);
  io_result const got = client.read_some(room);
  CHECK(lower.reads <= 64);
  CHECK(got.count == 0);
  CHECK(client.wants_call() == (got.status == io_status::would_block));
  CHECK((got.status == io_status::would_block || got.error.code == errc::tls_failed));
}

// mbedTLS refuses, OpenSSL renegotiates. Without flush_answer() and refused_ of mbedtls_library this loses a message
// and doubles the next: mbedTLS takes whatever waits for the record of the write that is being repeated.
TEMPLATE_TEST_CASE("custom_transport: a request to renegotiate neither loses nor doubles what is written",
                   "[transport][custom_transport]", with_mbedtls, with_openssl_12) {
  fixture<TestType, mbedtls_server> f;
  f.establish();
  octets room(100);
  f.wire.writable = 0;  // the answer is stuck
  static_cast<void>(f.server.ask_to_renegotiate());
  REQUIRE(f.client.read_some(room).status == io_status::would_block);
  REQUIRE(f.client.write_some(to_octets("first")).status == io_status::would_block);
  CHECK(f.client.wants_write());
  f.wire.writable = gate::open;
  if (GENERATE(false, true)) {  // the answer leaves by reading alone, or before the message
    CHECK(f.read(f.client).empty());
    CHECK_FALSE(f.client.wants_write());
  }
  f.send(to_octets("first"));
  CHECK(to_text(f.read(f.server, 5)) == "first");

  f.wire.writable = 9;  // a record is stuck, and goes before the answer
  REQUIRE(f.client.write_some(to_octets("second")).status == io_status::would_block);
  static_cast<void>(f.server.ask_to_renegotiate());
  REQUIRE(f.client.read_some(room).status == io_status::would_block);
  f.wire.writable = gate::open;
  REQUIRE(f.client.read_some(room).status == io_status::would_block);
  f.send(to_octets("second"));
  f.send(to_octets("third"));
  CHECK(to_text(f.read(f.server, 11)) == "secondthird");
  CHECK_FALSE(f.client.wants_write());
}

// --- the modem

namespace {

// A UART whose other end is a pipe.
struct piped_uart {
  memory_pipe::end& wire;
  bool up = true;
  std::size_t receive(byte_span room) noexcept { return wire.read_some(room).count; }
  std::size_t send(byte_view data) noexcept { return wire.write_some(data).count; }
  bool carrier() const noexcept { return up; }
};

}  // namespace

TEST_CASE("custom_transport: a modem's bytes come before its NO CARRIER, which is final",
          "[transport][custom_transport]") {
  octets rightward(4);
  octets leftward(4);
  memory_pipe pipe(rightward, leftward);
  piped_uart uart{pipe.left()};
  custom_transport::modem_stream modem(uart);
  octets room(10);
  CHECK(modem.read_some(room).status == io_status::would_block);
  CHECK(modem.write_some(to_octets("abcdef")).count == 4);
  CHECK(modem.write_some(to_octets("ef")).status == io_status::would_block);
  REQUIRE(pipe.right().write_some(to_octets("1234")).count == 4);
  uart.up = false;
  CHECK(modem.write_some(to_octets("ef")).error == errc::connection_lost);
  CHECK(modem.read_some(byte_span(room).first(3)).count == 3);
  CHECK(modem.read_some(room).count == 1);
  CHECK(modem.read_some(room).error == errc::connection_lost);
  uart.up = true;
  REQUIRE(pipe.right().write_some(to_octets("new")).count == 3);
  CHECK(modem.read_some(room).error == errc::connection_lost);
  CHECK(modem.write_some(to_octets("ef")).error == errc::connection_lost);
  CHECK(modem.read_some({}).status == io_status::ok);
}

TEMPLATE_TEST_CASE("custom_transport: TLS over a modem", "[transport][custom_transport]", HUBWIRE_LIBRARIES) {
  octets rightward(64);
  octets leftward(64);
  memory_pipe pipe(rightward, leftward);
  piped_uart uart{pipe.left()};
  custom_transport::modem_stream modem(uart);
  openssl_server server(pipe.right(), current_server(),
                        {.lowest_version = TestType::version, .highest_version = TestType::version});
  typename TestType::settings settings(current_root());
  using stream = typename TestType::template stream<decltype(modem)>;
  stream tls(modem, "hub.example.test", settings.get());
  exact_retries<stream> offered(tls);
  publisher device(20);
  broker hub;
  for (int i = 0; i < 5'000 && !device.done() && !device.closed(); ++i) {
    device.turn(offered, tick(0));
    hub.turn(server);
  }
  CHECK(device.done());
  CHECK((hub.payloads == device.offered));
  CHECK_FALSE(tls.wants_write());
  octets const large(100);
  REQUIRE(tls.write_some(large).status == io_status::would_block);
  CHECK(tls.wants_write());  // by the last answer: a modem has no wants_write
  uart.up = false;
  for (int i = 0; i < 100 && !device.closed(); ++i) device.turn(offered, tick(0));
  REQUIRE(device.closed());
  CHECK(device.closed()->code == errc::connection_lost);
}
