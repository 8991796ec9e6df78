// SPDX-License-Identifier: BSL-1.0
// The contract of byte_stream, checked on every stream in the box by one body.
#include <hubwire/transport/byte_stream.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/faulty.hpp>
#include <hubwire/transport/http_proxy.hpp>
#include <hubwire/transport/mbedtls_tls.hpp>
#include <hubwire/transport/memory_pipe.hpp>
#include <hubwire/transport/openssl_tls.hpp>
#include <hubwire/transport/posix_tcp.hpp>
#include <hubwire/transport/websocket.hpp>

#include "ws_fixture.hpp"

#include "certificates.hpp"
#include "custom_links.hpp"
#include "openssl_server.hpp"
#include "tls_contract.hpp"

using namespace hubwire;
using namespace hubwire::test;

namespace {

// Models byte_stream and nothing else.
class archetype {
 public:
  archetype(archetype const&) = delete;
  archetype& operator=(archetype const&) = delete;
  io_result read_some(byte_span) noexcept { return {0, io_status::closed, {}}; }
  io_result write_some(byte_view) noexcept { return {0, io_status::closed, {}}; }
};
static_assert(byte_stream<archetype>);
static_assert(byte_stream<faulty<archetype>>);
static_assert(byte_stream<bearssl_tls<archetype>>);
static_assert(byte_stream<mbedtls_tls<archetype>>);
static_assert(byte_stream<openssl_tls<archetype>>);
static_assert(byte_stream<http_proxy<archetype>>);
static_assert(byte_stream<websocket<archetype, test_client>>);
static_assert(byte_stream<websocket<archetype, test_server>>);

struct may_throw {
  io_result read_some(byte_span);
  io_result write_some(byte_view) noexcept;
};
static_assert(!byte_stream<may_throw>);
struct one_way {
  io_result read_some(byte_span) noexcept;
};
static_assert(!byte_stream<one_way>);

using bytes_of = std::vector<std::uint8_t>;

bytes_of pattern(std::size_t size) {
  bytes_of made(size);
  std::uint32_t state = 1;
  for (std::uint8_t& b : made) b = static_cast<std::uint8_t>((state = state * 1664525U + 1013904223U) >> 24);
  return made;
}

// Calls the stream and fails the test when the answer breaks a rule that each answer has to keep.
template <class S>
io_result checked(io_result const& answer, std::size_t offered, S const&) {
  if (answer.status == io_status::ok) {
    REQUIRE(answer.count <= offered);
    REQUIRE((answer.count != 0 || offered == 0));
  } else {
    REQUIRE(answer.count == 0);
  }
  REQUIRE((answer.status == io_status::failed) == (answer.error.code != errc::none));
  return answer;
}
template <byte_stream S>
io_result read_from(S& stream, byte_span room) {
  return checked(stream.read_some(room), room.size(), stream);
}
template <byte_stream S>
io_result write_to(S& stream, byte_view data) {
  return checked(stream.write_some(data), data.size(), stream);
}

// --- one kind of connection each: near() is the stream under test, far() its peer

template <std::size_t Capacity>
struct pipe_memory {
  std::array<std::uint8_t, Capacity> rightward{};
  std::array<std::uint8_t, Capacity> leftward{};
  memory_pipe pipe{rightward, leftward};
};

struct memory_link {
  pipe_memory<1000> memory;
  auto& near() { return memory.pipe.left(); }
  auto& far() { return memory.pipe.right(); }
  void break_it() { memory.pipe.sever(); }
  void pause() {}
};

struct faulty_link {
  pipe_memory<1000> memory;
  faulty<memory_pipe::end> bad{memory.pipe.left(),
                               {.largest_read = 3, .largest_write = 5, .block_every = 3, .seed = 7}};
  auto& near() { return bad; }
  auto& far() { return memory.pipe.right(); }
  void break_it() { memory.pipe.sever(); }
  void pause() {}
};

struct tcp_link {
  posix_tcp a;
  posix_tcp b;

  tcp_link() {
    int const listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    REQUIRE(a.connect(reinterpret_cast<sockaddr*>(&address), size, 5000));
    int const accepted = ::accept(listener, nullptr, nullptr);
    REQUIRE(accepted >= 0);
    ::close(listener);
    int const small = 4096;  // the test that fills the connection should not take long
    ::setsockopt(a.fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    b.adopt(accepted);
  }
  auto& near() { return a; }
  auto& far() { return b; }
  void break_it() {
    linger const abort{1, 0};  // close() sends a reset
    ::setsockopt(b.fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    b.close();
    static_cast<void>(a.wait({.read = true, .write = false}, 1000));
  }
  void pause() { static_cast<void>(a.wait({.read = true, .write = false}, 5)); }
};

identity const& authority() {
  static identity const made = make_authority("Test Root");
  return made;
}
identity const& server_identity() {
  static identity const made = make_identity({}, &authority());
  return made;
}

// A tunnel that is open.
struct proxy_link {
  pipe_memory<1000> memory;
  std::array<std::uint8_t, 200> request{};
  http_proxy<memory_pipe::end> proxy{memory.pipe.left(), request};

  proxy_link() {
    REQUIRE(proxy.start({.host = "hub.example.test", .port = 8883}));
    std::array<std::uint8_t, 200> room{};
    REQUIRE(proxy.read_some(room).status == io_status::would_block);
    REQUIRE(memory.pipe.right().read_some(room).count == proxy_request_size({"hub.example.test", 8883}));
    std::string_view const reply = "HTTP/1.1 200 OK\r\n\r\n";
    REQUIRE(memory.pipe.right().write_some(bytes_of(reply.begin(), reply.end())).count == reply.size());
  }
  auto& near() { return proxy; }
  auto& far() { return memory.pipe.right(); }
  void break_it() { memory.pipe.sever(); }
  void pause() {}
};

// TLS to an openssl_server on the far end of Below, which is a link itself.
struct just_a_pipe {
  pipe_memory<700> memory;
  auto& near() { return memory.pipe.left(); }
  auto& far() { return memory.pipe.right(); }
  void break_it() { memory.pipe.sever(); }
};
template <class Below>
struct tls_over {
  using stream = std::remove_reference_t<decltype(std::declval<Below&>().near())>;
  Below below;
  openssl_server server{below.far(), server_identity()};
  trust_store<1> trust;
  std::vector<std::uint8_t> input = std::vector<std::uint8_t>(tls_buffers::full_input);
  std::vector<std::uint8_t> output = std::vector<std::uint8_t>(tls_buffers::least_output);
  std::optional<bearssl_tls<stream>> client;

  tls_over() {
    REQUIRE(trust.add_pem(to_pem(authority())));
    client.emplace(below.near(), trust.anchors(), tls_buffers{input, output});
    std::array<std::uint8_t, 32> const entropy{1, 2, 3};
    REQUIRE(client->start({.server_name = "hub.example.test", .unix_time = today, .entropy = entropy}));
  }
  auto& near() { return *client; }
  auto& far() { return server; }
  void break_it() { below.break_it(); }
  void pause() { server.turn(); }
};
// The other TLS clients.
template <class With>
struct other_tls_link {
  just_a_pipe below;
  openssl_server server{below.far(), tls_server(), tls_contract<With>::of_kind({})};
  typename With::template client<memory_pipe::end> owner{below.near(), tls_root()};

  other_tls_link() { REQUIRE(owner.start("hub.example.test", today)); }
  auto& near() { return owner.stream(); }
  auto& far() { return server; }
  void break_it() { below.break_it(); }
  void pause() { server.turn(); }
};
using openssl_tls_12_link = other_tls_link<by_openssl_12>;
using openssl_tls_13_link = other_tls_link<by_openssl_13>;
using mbedtls_tls_link = other_tls_link<by_mbedtls>;
using tls_link = tls_over<just_a_pipe>;
using tls_in_proxy_link = tls_over<proxy_link>;

// Both ends are websockets, over good pipes.
template <class Near, class Far>
struct websocket_link {
  pipe_memory<700> memory;
  std::array<std::uint8_t, 300> near_output{};
  std::array<std::uint8_t, 1000> far_output{};
  websocket<memory_pipe::end, Near> a{memory.pipe.left(), Near{}, near_output};
  websocket<memory_pipe::end, Far> b{memory.pipe.right(), Far{}, far_output};

  websocket_link() {
    start(a);
    start(b);
  }
  template <class End>
  static void start(websocket<memory_pipe::end, End>& stream) {
    typename End::opening opening{};
    if constexpr (End::role == ws_role::client) opening.host = "h";
    REQUIRE(stream.start(opening));
  }
  auto& near() { return a; }
  auto& far() { return b; }
  void break_it() { memory.pipe.sever(); }
  void pause() {}
};
using websocket_client_link = websocket_link<test_client, test_server>;
using websocket_server_link = websocket_link<test_server, test_client>;

// A client over a link that is there already: over TLS, as products have it, or through a proxy.
template <class Below>
struct websocket_over {
  using near_stream = std::remove_reference_t<decltype(std::declval<Below&>().near())>;
  using far_stream = std::remove_reference_t<decltype(std::declval<Below&>().far())>;
  Below below;
  std::array<std::uint8_t, 500> output{};
  std::array<std::uint8_t, 500> far_output{};
  websocket<near_stream, test_client> a{below.near(), test_client{}, output};
  websocket<far_stream, test_server> b{below.far(), test_server{}, far_output};

  websocket_over() {
    REQUIRE(a.start({.host = "hub.example.test", .path = iothub_ws_path}));
    REQUIRE(b.start({.path = iothub_ws_path}));
  }
  auto& near() { return a; }
  auto& far() { return b; }
  void break_it() { below.break_it(); }
  void pause() { below.pause(); }
};
using websocket_tls_link = websocket_over<tls_link>;
using websocket_proxy_link = websocket_over<proxy_link>;
using websocket_tls_proxy_link = websocket_over<tls_in_proxy_link>;

// --- helpers over any link

// Reads until the stream stops giving, or wanted bytes are there.
template <byte_stream S>
bytes_of read_up_to(S& stream, std::size_t wanted) {
  bytes_of got;
  std::array<std::uint8_t, 1111> chunk{};
  while (got.size() < wanted) {
    std::size_t const room = std::min(chunk.size(), wanted - got.size());
    io_result const r = read_from(stream, byte_span(chunk).first(room));
    if (r.count == 0) break;
    got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(r.count));
  }
  return got;
}

template <class Link, byte_stream From, byte_stream To>
bytes_of carry(Link& link, From& from, To& to, bytes_of const& data) {
  bytes_of got;
  std::size_t sent = 0;
  for (int idle = 0; got.size() < data.size() && idle < 500; ++idle) {
    std::size_t const before = sent + got.size();
    if (sent < data.size()) sent += write_to(from, byte_view(data).subspan(sent)).count;
    bytes_of const more = read_up_to(to, data.size() - got.size());
    got.insert(got.end(), more.begin(), more.end());
    // A layer that holds bytes back moves them when it is read from.
    if (sent == data.size()) static_cast<void>(read_up_to(from, 0));
    std::uint8_t none = 0;
    if (sent == data.size() && got.size() < data.size())
      REQUIRE(read_from(from, byte_span(&none, 1)).count == 0);
    if (sent + got.size() != before) {
      idle = 0;
    } else {
      link.pause();
    }
  }
  return got;
}

// The last answer of repeated reads, once it is neither bytes nor would_block.
template <class Link, byte_stream S>
io_result read_to_the_end(Link& link, S& stream, bytes_of& got) {
  io_result r{};
  std::array<std::uint8_t, 100> chunk{};
  for (int idle = 0; idle < 500; ++idle) {
    r = read_from(stream, chunk);
    if (r.status == io_status::closed || r.status == io_status::failed) break;
    got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(r.count));
    if (r.count == 0) link.pause();
  }
  return r;
}

template <class Link>
void establish(Link& link) {
  REQUIRE(carry(link, link.near(), link.far(), {1}) == bytes_of{1});
  REQUIRE(carry(link, link.far(), link.near(), {2}) == bytes_of{2});
}

template <byte_stream S>
void check_empty_buffers(S& stream) {
  io_result const r = stream.read_some({});
  CHECK((r.count == 0 && r.status == io_status::ok));
  io_result const w = stream.write_some({});
  CHECK((w.count == 0 && w.status == io_status::ok));
}

}  // namespace

// The decorators need no more of what is below them than the concept says.
template class hubwire::faulty<archetype>;
template class hubwire::bearssl_tls<archetype>;
template class hubwire::mbedtls_tls<archetype>;
template class hubwire::openssl_tls<archetype>;
template class hubwire::http_proxy<archetype>;
template class hubwire::websocket<archetype, test_client>;
template class hubwire::websocket<archetype, test_server>;
template class custom_transport::tls_stream<archetype, custom_transport::mbedtls_library>;
template class custom_transport::tls_stream<archetype, custom_transport::openssl_library>;

#define HUBWIRE_CUSTOM_LINKS mbedtls_link, openssl_12_link, openssl_13_link
#define HUBWIRE_OTHER_TLS_LINKS openssl_tls_12_link, openssl_tls_13_link, mbedtls_tls_link
#define HUBWIRE_WEBSOCKET_LINKS                                                           \
  websocket_client_link, websocket_server_link, websocket_tls_link, websocket_proxy_link, \
      websocket_tls_proxy_link
#define HUBWIRE_LINKS                                                                                   \
  memory_link, faulty_link, proxy_link, tcp_link, tls_link, tls_in_proxy_link, HUBWIRE_WEBSOCKET_LINKS, \
      HUBWIRE_OTHER_TLS_LINKS, HUBWIRE_CUSTOM_LINKS

TEMPLATE_TEST_CASE("byte_stream: an empty buffer moves nothing in any state", "[transport][byte_stream]",
                   HUBWIRE_LINKS) {
  TestType link;
  check_empty_buffers(link.near());
  establish(link);
  check_empty_buffers(link.near());
  link.break_it();
  bytes_of ignored;
  CHECK(read_to_the_end(link, link.near(), ignored).status == io_status::failed);
  check_empty_buffers(link.near());
}

TEMPLATE_TEST_CASE("byte_stream: nothing there is would_block, not an end", "[transport][byte_stream]",
                   HUBWIRE_LINKS) {
  TestType link;
  establish(link);
  std::array<std::uint8_t, 8> room{};
  for (int i = 0; i < 3; ++i) CHECK(read_from(link.near(), room).status == io_status::would_block);
}

TEMPLATE_TEST_CASE("byte_stream: 100 kB each way arrive as they were sent", "[transport][byte_stream]",
                   HUBWIRE_LINKS) {
  TestType link;
  bytes_of const data = pattern(100'000);
  CHECK(carry(link, link.near(), link.far(), data) == data);
  CHECK(carry(link, link.far(), link.near(), data) == data);
}

TEMPLATE_TEST_CASE("byte_stream: a peer that does not read stops the writer and loses nothing",
                   "[transport][byte_stream][H176]", HUBWIRE_LINKS) {
  TestType link;
  establish(link);
  bytes_of const data = pattern(20'000'000);
  std::size_t sent = 0;
  for (int blocked = 0; blocked < 10 && sent < data.size();) {
    io_result const w = write_to(link.near(), byte_view(data).subspan(sent, 4000));
    sent += w.count;
    blocked = w.status == io_status::would_block ? blocked + 1 : 0;
  }
  REQUIRE(sent < data.size());
  CHECK(wants_write(link.near(), io_status::would_block));
  bytes_of got;
  std::uint8_t none = 0;
  bool refused = true;  // what was refused last is offered again, before anything else
  for (int idle = 0; idle < 500 && (refused || got.size() < sent); ++idle) {
    bytes_of const more = read_up_to(link.far(), sent - got.size());
    got.insert(got.end(), more.begin(), more.end());
    if (!more.empty()) idle = 0;
    if (more.empty()) link.pause();
    if (refused) {
      std::size_t const count = write_to(link.near(), byte_view(data).subspan(sent, 4000)).count;
      sent += count;
      refused = count == 0;
    }
    REQUIRE(read_from(link.near(), byte_span(&none, 1)).count == 0);
  }
  CHECK(got == bytes_of(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(sent)));
  CHECK(carry(link, link.near(), link.far(), {9, 8, 7}) == bytes_of{9, 8, 7});
}

TEMPLATE_TEST_CASE("byte_stream: what the peer wrote before it closed is read, then closed for good",
                   "[transport][byte_stream]", HUBWIRE_LINKS) {
  TestType link;
  establish(link);
  REQUIRE(link.far().write_some(bytes_of{5, 6, 7}).count == 3);
  link.far().close();
  bytes_of got;
  CHECK(read_to_the_end(link, link.near(), got).status == io_status::closed);
  CHECK(got == bytes_of{5, 6, 7});
  CHECK(read_to_the_end(link, link.near(), got).status == io_status::closed);
  CHECK(got.size() == 3);
}

TEMPLATE_TEST_CASE("byte_stream: after a break the same failure every time", "[transport][byte_stream]",
                   HUBWIRE_LINKS) {
  TestType link;
  establish(link);
  link.break_it();
  bytes_of got;
  io_result const first = read_to_the_end(link, link.near(), got);
  REQUIRE(first.status == io_status::failed);
  CHECK(first.error.code == errc::connection_lost);
  for (int i = 0; i < 3; ++i) {
    io_result const next = read_to_the_end(link, link.near(), got);
    CHECK((next.status == io_status::failed && next.error == first.error));
  }
  bytes_of const data{1};
  io_result written = write_to(link.near(), data);
  for (int i = 0; i < 3 && written.status == io_status::would_block; ++i)
    written = write_to(link.near(), data);
  CHECK(written.status == io_status::failed);
  CHECK(written.error.code == errc::connection_lost);
}

TEMPLATE_TEST_CASE("byte_stream: close ends both directions, twice is harmless, and the peer sees an end",
                   "[transport][byte_stream]", memory_link, tcp_link, tls_link, tls_in_proxy_link,
                   HUBWIRE_WEBSOCKET_LINKS, HUBWIRE_OTHER_TLS_LINKS, HUBWIRE_CUSTOM_LINKS) {
  TestType link;
  establish(link);
  link.near().close();
  link.near().close();
  std::array<std::uint8_t, 4> room{};
  CHECK(read_from(link.near(), room).status == io_status::closed);
  CHECK(write_to(link.near(), room).status == io_status::closed);
  CHECK_FALSE(wants_write(link.near(), io_status::closed));
  check_empty_buffers(link.near());
  bytes_of got;
  CHECK(read_to_the_end(link, link.far(), got).status == io_status::closed);
  CHECK(got.empty());
}

TEST_CASE("byte_stream: without wants_write the last answer decides", "[transport][byte_stream]") {
  struct plain {
    io_result read_some(byte_span) noexcept { return {}; }
    io_result write_some(byte_view) noexcept { return {}; }
  } stream;
  CHECK(wants_write(stream, io_status::would_block));
  CHECK_FALSE(wants_write(stream, io_status::ok));
}
