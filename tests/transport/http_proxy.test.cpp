// SPDX-License-Identifier: BSL-1.0
// A tunnel through an HTTP proxy: what is asked, each kind of reply at each cut, and what passes afterwards.
#include <hubwire/transport/http_proxy.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/transport/faulty.hpp>
#include <hubwire/transport/memory_pipe.hpp>

using namespace hubwire;

namespace hubwire { inline namespace abi1 {
// Catch2 finds it where the type is.
static bool operator==(io_result const& a, io_result const& b) {
  return a.count == b.count && a.status == b.status && a.error == b.error;
}
}}  // namespace hubwire

namespace {

using octets = std::vector<std::uint8_t>;

constexpr std::string_view established = "HTTP/1.1 200 Connection established\r\n\r\n";
constexpr std::string_view plain_request =
    "CONNECT hub.example.test:8883 HTTP/1.1\r\nHost: hub.example.test:8883\r\n\r\n";
// aladdin:opensesame as RFC 7617 might have it.
constexpr std::string_view request_with_credentials =
    "CONNECT hub.example.test:8883 HTTP/1.1\r\nHost: hub.example.test:8883\r\n"
    "Proxy-Authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l\r\n\r\n";

proxy_tunnel to_hub() { return {.host = "hub.example.test", .port = 8883}; }
proxy_tunnel with_credentials() {
  proxy_tunnel to = to_hub();
  to.user_name = "aladdin";
  to.password = "opensesame";
  return to;
}

octets to_octets(std::string_view text) { return {text.begin(), text.end()}; }
std::string to_text(byte_view data) { return {data.begin(), data.end()}; }

// A lower stream that gives its bytes in portions and takes as many as it is told to.
struct wire {
  std::string incoming{};
  std::string outgoing{};
  std::size_t portion = 1'000'000;                   // of one read
  std::size_t takes = 1'000'000;                     // bytes in all
  std::size_t cut_at = std::string::npos;            // no read goes over this offset
  io_result after{0, io_status::would_block, {}};    // what reading gives when nothing is left
  io_result refusal{0, io_status::would_block, {}};  // what writing gives when no more is taken
  std::size_t read = 0;
  int reads = 0;
  int ends = 0;

  io_result read_some(byte_span room) noexcept {
    ++reads;
    std::size_t count = std::min({room.size(), portion, incoming.size() - read});
    if (read < cut_at) count = std::min(count, cut_at - read);
    if (count == 0) return after;
    std::memcpy(room.data(), incoming.data() + read, count);
    read += count;
    return {count, io_status::ok, {}};
  }
  io_result write_some(byte_view data) noexcept {
    std::size_t const count = std::min(data.size(), takes - outgoing.size());
    if (count == 0) return refusal;
    outgoing += to_text(data.first(count));
    return {count, io_status::ok, {}};
  }
  io_status end_output() noexcept {
    ++ends;
    return io_status::ok;
  }
};

struct fixture {
  std::array<std::uint8_t, 200> memory{};
  wire lower{};
  http_proxy<wire> proxy{lower, memory};

  explicit fixture(std::string_view reply = {}, proxy_tunnel const& to = to_hub()) {
    lower.incoming = reply;
    REQUIRE(proxy.start(to));
  }
  io_result read_one() {
    std::uint8_t room = 0;
    return proxy.read_some(byte_span(&room, 1));
  }
  // All that can be read now.
  std::string read_all(std::size_t at_once = 1000) {
    std::string got;
    octets room(at_once);
    for (io_result r = proxy.read_some(room); r.count != 0; r = proxy.read_some(room))
      got += to_text(byte_view(room).first(r.count));
    return got;
  }
};

io_result as_failure(error why) { return {0, io_status::failed, why}; }
bool is_blocked(io_result const& r) { return r == io_result{0, io_status::would_block, {}}; }

bool is_all_zero(byte_view memory) {
  return std::all_of(memory.begin(), memory.end(), [](std::uint8_t b) { return b == 0; });
}

// How a reply ended the connection, told the same way however the bytes were cut.
struct ending {
  bool open = false;
  error why{};
  unsigned status = 0;
  std::string tunnel{};
  friend bool operator==(ending const&, ending const&) = default;
};
ending read_reply(fixture& f) {
  ending seen;
  octets room(7);
  io_result r = f.proxy.read_some(room);
  for (int i = 0; i < 10'000 && r.count != 0; ++i) {
    seen.tunnel += to_text(byte_view(room).first(r.count));
    r = f.proxy.read_some(room);
  }
  seen.open = f.proxy.is_open();
  seen.why = r.error;
  seen.status = f.proxy.status();
  return seen;
}

struct reply_case {
  std::string text;
  ending wanted;
};
std::vector<reply_case> all_replies() {
  using enum errc;
  std::string const nul("HTTP/1.1 200 O\0K\r\n\r\n", 20);
  std::string const nul_in_field("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", 25);
  auto const opens = [](std::string text, unsigned status, std::string tunnel = {}) {
    return reply_case{text + tunnel, {true, {}, status, tunnel}};
  };
  auto const fails = [](std::string text, error why, unsigned status = 0) {
    return reply_case{std::move(text), {false, why, status, {}}};
  };
  auto const wrong = [&](std::string text, std::uint32_t offset, unsigned status = 0) {
    return fails(std::move(text), {invalid_http_reply, offset}, status);
  };
  return {
      opens(std::string(established), 200),
      opens("HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n", 200),
      opens("HTTP/1.1 200 \r\n\r\n", 200),
      opens("HTTP/1.1 200\r\n\r\n", 200),
      opens("HTTP/1.9 204 No Content\r\n\r\n", 204),
      opens("HTTP/1.1 299 caf\xC3\xA9\t!\r\n\r\n", 299, "first"),
      opens("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n", 200,
            "5\r\nhello\r\n"),
      opens("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", 200, "a"),
      opens("HTTP/1.1 200 OK\r\nA:\r\nB:x\r\n!#$%&'*+-.^_`|~9: \t \r\n\r\n", 200,
            std::string("\0\r\n\r\n", 5)),
      opens("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: <x>\r\n\r\n" + std::string(established),
            200, "HTTP/1.1 403 Forbidden\r\n\r\n"),
      opens(std::string(established), 200, std::string(300, 't')),
      fails("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\nbody",
            {proxy_wants_credentials, 407}, 407),
      fails("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nbody", {proxy_refused, 403}, 403),
      fails("HTTP/1.0 502\r\n", {proxy_refused, 502}, 502),
      fails("HTTP/1.1 301 Moved\r\nLocation: http://x\r\n\r\n", {proxy_refused, 301}, 301),
      fails("HTTP/1.1 101 Switching Protocols\r\n\r\n", {proxy_refused, 101}, 101),
      fails("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\n", {proxy_refused, 503}, 503),
      fails("HTTP/1.1 099 Low\r\n", {proxy_refused, 99}, 99),
      fails("HTTP/1.1 999 High\r\n", {proxy_refused, 999}, 999),
      wrong("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", 23, 200),   // a folded line
      wrong("HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\n\r\n", 23, 200),  // a folded line
      wrong("HTTP/1.1 200 OK\n\n", 15),                          // bare LF
      wrong("HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n", 21, 200),   // bare LF
      wrong("HTTP/1.1 200 OK\r\n\n", 17, 200),                   // bare LF
      wrong("HTTP/1.1 200 OK\r\r\n\r\n", 16),                    // bare CR
      wrong("HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n", 22, 200),   // bare CR
      wrong("HTTP/1.1 200 OK\r\n\rA", 18, 200),                  // bare CR
      wrong(nul, 14),
      wrong(nul_in_field, 20, 200),
      wrong("HTTP/1.1 200 O\x7FK\r\n\r\n", 14),
      wrong("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 19, 200),
      wrong("HTTP/1.1 200 OK\r\nname : b\r\n\r\n", 21, 200),
      wrong("HTTP/1.1 200 OK\r\n: b\r\n\r\n", 17, 200),
      wrong("HTTP/1.1 200 OK\r\nA\r\n\r\n", 18, 200),
      wrong("<html>what HTTP/0.9 would say</html>", 0),
      wrong("HTTP/0.9 200 OK\r\n\r\n", 5),
      wrong("HTTP/2.0 200 OK\r\n\r\n", 5),
      wrong("HTTP/1.x 200 OK\r\n\r\n", 7),
      wrong("HTTP/1.10 200 OK\r\n\r\n", 8),
      wrong("http/1.1 200 OK\r\n\r\n", 0),
      wrong("ICY 200 OK\r\n\r\n", 0),
      wrong("\r\nHTTP/1.1 200 OK\r\n\r\n", 0),
      wrong("HTTP/1.1  200 OK\r\n\r\n", 9),
      wrong("HTTP/1.1 20 OK\r\n\r\n", 11),
      wrong("HTTP/1.1 2000 OK\r\n\r\n", 12),
      wrong("HTTP/1.1 -20 OK\r\n\r\n", 9),
      wrong("HTTP/1.1 100 Continue\r\n\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 25),
      wrong("\x16\x03\x03\x00\x7A\x02", 0),      // TLS: a handshake record
      wrong("\x15\x03\x01\x00\x02\x02\x46", 0),  // TLS: an alert
      wrong("SSH-2.0-OpenSSH_9.2\r\n", 0),
      wrong(std::string("\0\0\x12\x04\0\0\0\0\0", 9), 0),  // HTTP/2: SETTINGS
  };
}

}  // namespace

TEST_CASE("http_proxy: the request names host and port twice", "[transport][http_proxy]") {
  fixture f;
  CHECK(is_blocked(f.read_one()));
  CHECK(f.lower.outgoing == plain_request);
  CHECK_FALSE(f.proxy.is_open());
}

TEST_CASE("http_proxy: nothing is sent before the first call", "[transport][http_proxy]") {
  fixture f;
  CHECK(f.lower.outgoing.empty());
  CHECK(f.lower.reads == 0);
  CHECK(f.proxy.wants_write());
}

TEST_CASE("http_proxy: credentials are sent in the Basic scheme", "[transport][http_proxy]") {
  fixture f({}, with_credentials());
  CHECK(is_blocked(f.read_one()));
  CHECK(f.lower.outgoing == request_with_credentials);
}

TEST_CASE("http_proxy: credentials of any length get the right padding", "[transport][http_proxy]") {
  auto const [user, password, encoded] = GENERATE(table<std::string, std::string, std::string>({
      {"a", "", "YTo="},
      {"", "b", "OmI="},
      {"a", "b", "YTpi"},
      {"ab", "cd", "YWI6Y2Q="},
      {"a b", "c:d e", "YSBiOmM6ZCBl"},
      {"\xC3\xBC", "\xC3\xA9", "w7w6w6k="},
  }));
  proxy_tunnel to = to_hub();
  to.user_name = user;
  to.password = password;
  fixture f({}, to);
  CHECK(is_blocked(f.read_one()));
  std::string const line = "\r\nProxy-Authorization: Basic " + encoded + "\r\n\r\n";
  CHECK(f.lower.outgoing.ends_with(line));
}

TEST_CASE("http_proxy: hosts that are taken as they are", "[transport][http_proxy]") {
  std::string const host = GENERATE("a", "xn--bcher-kva.example", "my_hub-1.EXAMPLE.", "192.0.2.1", "[::1]",
                                    "[2001:db8::192.0.2.33]", "[FE80::1]");
  fixture f({}, {.host = host, .port = 65535});
  CHECK(is_blocked(f.read_one()));
  CHECK(f.lower.outgoing == "CONNECT " + host + ":65535 HTTP/1.1\r\nHost: " + host + ":65535\r\n\r\n");
}

TEST_CASE("http_proxy: hosts that could change the request are refused", "[transport][http_proxy]") {
  std::string const nul("a\0b", 3);
  std::string const host =
      GENERATE_COPY(std::string(), nul, std::string("a b"), std::string("a\r\nX: y"), std::string("a\n"),
                    std::string("a:80"), std::string("::1"), std::string("[]"), std::string("[ab]"),
                    std::string("[::1"), std::string("[::1]:80]"), std::string("[::1%25eth0]"),
                    std::string("[::g]"), std::string("a/b"), std::string("u@h"), std::string("a~"),
                    std::string("b\xC3\xBC"), std::string("a\x7F"), std::string(256, 'a'));
  wire lower;
  lower.incoming = established;
  std::array<std::uint8_t, 800> memory{};
  http_proxy<wire> proxy(lower, memory);
  CHECK(proxy.start({.host = host, .port = 1}).error() == errc::invalid_field);
  std::uint8_t octet = 0;
  CHECK(proxy.read_some(byte_span(&octet, 1)) == as_failure({errc::invalid_field, 0}));
  CHECK(proxy.write_some(byte_view(&octet, 1)) == as_failure({errc::invalid_field, 0}));
  CHECK(lower.outgoing.empty());
  CHECK(lower.reads == 0);
}

TEST_CASE("http_proxy: the longest host is taken", "[transport][http_proxy]") {
  std::string const host(255, 'a');
  proxy_tunnel const to{.host = host, .port = 1};
  wire lower;
  octets memory(proxy_request_size(to));
  http_proxy<wire> proxy(lower, memory);
  CHECK(proxy.start(to));
}

TEST_CASE("http_proxy: credentials that Basic cannot carry are refused", "[transport][http_proxy]") {
  auto const [user, password] = GENERATE(table<std::string, std::string>({
      {"a:b", "c"},
      {"a\r\nX: y", "c"},
      {std::string("a\0", 2), "c"},
      {"a\x7F", "c"},
      {"a", "c\n"},
      {"a", "c\r"},
      {"a", std::string("\0", 1)},
      {"a\t", ""},
  }));
  proxy_tunnel to = to_hub();
  to.user_name = user;
  to.password = password;
  wire lower;
  std::array<std::uint8_t, 800> memory{};
  http_proxy<wire> proxy(lower, memory);
  CHECK(proxy.start(to).error() == errc::invalid_field);
}

TEST_CASE("http_proxy: port 0 and a limit of 0 are refused", "[transport][http_proxy]") {
  wire lower;
  std::array<std::uint8_t, 800> memory{};
  http_proxy<wire> proxy(lower, memory);
  CHECK(proxy.start({.host = "a"}).error() == errc::invalid_field);
  CHECK(proxy.start({.host = "a", .port = 1, .most_reply = 0}).error() == errc::invalid_field);
}

TEST_CASE("http_proxy: memory that is too small is named, left clean, and not written past its end",
          "[transport][http_proxy]") {
  proxy_tunnel const to = with_credentials();
  std::size_t const needed = request_with_credentials.size();
  CHECK(proxy_request_size(to) == needed);
  STATIC_CHECK(proxy_request_size({.host = "hub.example.test", .port = 8883}) == plain_request.size());
  std::size_t const size = GENERATE_COPY(range(std::size_t{0}, needed));
  octets all(needed, 0xA5);
  byte_span const memory = byte_span(all).first(size);
  wire lower;
  http_proxy<wire> proxy(lower, memory);
  error const wanted{errc::buffer_too_small, static_cast<std::uint32_t>(needed)};
  CHECK(proxy.start(to).error() == wanted);
  CHECK(is_all_zero(memory));
  CHECK(std::all_of(all.begin() + static_cast<std::ptrdiff_t>(size), all.end(),
                    [](std::uint8_t b) { return b == 0xA5; }));
  std::uint8_t octet = 0;
  CHECK(proxy.read_some(byte_span(&octet, 1)) == as_failure(wanted));
}

TEST_CASE("http_proxy: each reply, whole, cut at each byte and byte by byte", "[transport][http_proxy]") {
  for (reply_case const& c : all_replies()) {
    CAPTURE(c.text);
    fixture whole(c.text);
    CHECK(read_reply(whole) == c.wanted);
    for (std::size_t cut = 1; cut < c.text.size(); ++cut) {
      fixture f(c.text);
      f.lower.cut_at = cut;
      CHECK(read_reply(f) == c.wanted);
    }
    for (std::size_t portion : {1U, 2U, 63U, 64U, 65U}) {
      fixture f(c.text);
      f.lower.portion = portion;
      CHECK(read_reply(f) == c.wanted);
    }
  }
}

TEST_CASE("http_proxy: a reply that stops anywhere is waited for, and its end is a lost connection",
          "[transport][http_proxy]") {
  std::string const reply = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nVia: x\r\n\r\n";
  std::size_t const size = GENERATE_COPY(range(std::size_t{0}, reply.size()));
  io_status const end = GENERATE(io_status::closed, io_status::failed);
  fixture f(std::string_view(reply).substr(0, size));
  octets const data{1, 2, 3};
  for (int i = 0; i < 3; ++i) {
    CHECK(is_blocked(f.proxy.write_some(data)));
    CHECK(is_blocked(f.read_one()));
  }
  CHECK(f.lower.outgoing == plain_request);
  error const why{errc::connection_lost, end == io_status::failed ? 104U : 0U};
  f.lower.after = end == io_status::failed ? as_failure(why) : io_result{0, io_status::closed, {}};
  for (int i = 0; i < 3; ++i) {
    CHECK(f.read_one() == as_failure(why));
    CHECK(f.proxy.write_some(data) == as_failure(why));
  }
  CHECK(f.lower.outgoing == plain_request);
}

TEST_CASE("http_proxy: a failure without a reason gets one", "[transport][http_proxy]") {
  fixture f;
  f.lower.after = as_failure({});
  CHECK(f.read_one() == as_failure({errc::connection_lost, 0}));
}

TEST_CASE("http_proxy: the limit counts every byte of the replies and none of the tunnel",
          "[transport][http_proxy]") {
  std::string const reply = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
  auto const size = static_cast<std::uint32_t>(reply.size());
  proxy_tunnel to = to_hub();
  to.most_reply = size;
  fixture enough(reply + "tunnel", to);
  CHECK(enough.read_all() == "tunnel");
  to.most_reply = size - 1;
  fixture short_of_one(reply + "tunnel", to);
  CHECK(short_of_one.read_one() == as_failure({errc::http_reply_too_long, size - 1}));
}

TEST_CASE("http_proxy: a header without end stops at the limit", "[transport][http_proxy]") {
  std::string reply = "HTTP/1.1 200 OK\r\n" + GENERATE(std::string("X: "), std::string("X"), std::string());
  std::string const more = reply.ends_with('\n') ? "X: y\r\n" : "X";
  while (reply.size() < 20'000) reply += more;
  fixture f(reply);
  CHECK(f.read_one() == as_failure({errc::http_reply_too_long, 8192}));
  CHECK(f.lower.read <= 8192 + 64);
}

TEST_CASE("http_proxy: eight interim replies are skipped, a ninth is refused", "[transport][http_proxy]") {
  std::string const interim = "HTTP/1.1 102 P\r\n\r\n";
  std::string eight;
  for (int i = 0; i < 8; ++i) eight += interim;
  fixture good(eight + std::string(established) + "x");
  CHECK(good.read_all() == "x");
  fixture bad(eight + interim + std::string(established));
  auto const last = static_cast<std::uint32_t>(9 * interim.size() - 1);
  CHECK(bad.read_one() == as_failure({errc::invalid_http_reply, last}));
}

TEST_CASE("http_proxy: the tunnel's first bytes come first, whatever the room", "[transport][http_proxy]") {
  std::string tunnel;
  for (int i = 0; i < 500; ++i) tunnel += static_cast<char>(i);
  std::size_t const at_once = GENERATE(1U, 2U, 7U, 64U, 1000U);
  fixture f(std::string(established) + tunnel);
  CHECK(f.read_all(at_once) == tunnel);
  f.lower.after = {0, io_status::closed, {}};
  CHECK(f.read_one() == io_result{0, io_status::closed, {}});
}

TEST_CASE("http_proxy: bytes behind the reply are unread bytes of this layer", "[transport][http_proxy]") {
  std::array<std::uint8_t, 100> a{};
  std::array<std::uint8_t, 100> b{};
  std::array<std::uint8_t, 200> memory{};
  memory_pipe pipe(a, b);
  http_proxy<memory_pipe::end> proxy(pipe.left(), memory);
  CHECK(proxy.has_unread());  // the end: it was not started
  REQUIRE(proxy.start(to_hub()));
  CHECK_FALSE(proxy.has_unread());
  static_cast<void>(pipe.right().write_some(to_octets(std::string(established) + "ab")));
  CHECK(proxy.has_unread());  // below
  octets room(1);
  REQUIRE(proxy.read_some(room).count == 1);
  CHECK(pipe.left().readable() == 0);
  CHECK(proxy.has_unread());  // here
  REQUIRE(proxy.read_some(room).count == 1);
  CHECK_FALSE(proxy.has_unread());
  pipe.right().close();
  CHECK(proxy.has_unread());
}

TEST_CASE("http_proxy: the request leaves however little the lower stream takes", "[transport][http_proxy]") {
  std::size_t const room = GENERATE(range(std::size_t{1}, request_with_credentials.size() + 1));
  fixture f({}, with_credentials());
  octets const data{9};
  std::size_t calls = 0;
  for (f.lower.takes = 0; f.lower.outgoing.size() < request_with_credentials.size(); ++calls) {
    CHECK(is_blocked(f.proxy.write_some(data)));
    CHECK(f.proxy.wants_write());
    f.lower.takes += room;
    CHECK(is_blocked(f.read_one()));
    REQUIRE(calls < 1000);
  }
  f.lower.takes = 1'000'000;
  CHECK(f.lower.outgoing == request_with_credentials);
  CHECK_FALSE(f.proxy.wants_write());
  f.lower.incoming = established;
  CHECK(f.proxy.write_some(data).count == 1);
  CHECK(f.lower.outgoing == std::string(request_with_credentials) + "\x09");
}

TEST_CASE("http_proxy: a proxy that stops reading stops the request and can still refuse",
          "[transport][http_proxy]") {
  fixture f;
  f.lower.takes = 10;
  for (int i = 0; i < 5; ++i) CHECK(is_blocked(f.read_one()));
  CHECK(f.proxy.wants_write());
  f.lower.incoming = "HTTP/1.1 503 Busy\r\n\r\n";
  CHECK(f.read_one() == as_failure({errc::proxy_refused, 503}));
  CHECK(f.lower.outgoing.size() == 10);
}

TEST_CASE("http_proxy: what the proxy said counts before a failure to write", "[transport][http_proxy]") {
  fixture f("HTTP/1.1 407 No\r\n\r\n", with_credentials());
  f.lower.takes = 10;
  f.lower.refusal = as_failure({errc::connection_lost, 32});
  CHECK(f.read_one() == as_failure({errc::proxy_wants_credentials, 407}));
  CHECK(is_all_zero(f.memory));
  fixture silent;
  silent.lower.takes = 10;
  silent.lower.refusal = as_failure({errc::connection_lost, 32});
  CHECK(silent.read_one() == as_failure({errc::connection_lost, 32}));
  fixture closed;
  closed.lower.takes = 10;
  closed.lower.refusal = {0, io_status::closed, {}};
  CHECK(closed.read_one() == as_failure({errc::connection_lost, 0}));
}

TEST_CASE("http_proxy: a tunnel that opens before the request has left is no tunnel",
          "[transport][http_proxy]") {
  fixture f(established);
  f.lower.takes = plain_request.size() - 1;
  auto const last = static_cast<std::uint32_t>(established.size() - 1);
  CHECK(f.read_one() == as_failure({errc::invalid_http_reply, last}));
  f.lower.takes = 1'000'000;
  CHECK(f.proxy.write_some(octets{1}) == as_failure({errc::invalid_http_reply, last}));
  CHECK(f.lower.outgoing.size() == plain_request.size() - 1);
}

TEST_CASE("http_proxy: after a refusal it stays refused and touches the lower stream no more",
          "[transport][http_proxy]") {
  fixture f("HTTP/1.1 403 Forbidden\r\n\r\n" + std::string(established));
  error const why{errc::proxy_refused, 403};
  CHECK(f.read_one() == as_failure(why));
  int const reads = f.lower.reads;
  f.proxy.close();
  for (int i = 0; i < 3; ++i) {
    CHECK(f.read_one() == as_failure(why));
    CHECK(f.proxy.write_some(octets{1}) == as_failure(why));
    CHECK(f.proxy.end_output() == io_status::failed);
  }
  CHECK(f.lower.reads == reads);
  CHECK(f.lower.outgoing == plain_request);
  CHECK(f.lower.ends == 0);
  CHECK(f.proxy.status() == 403);
  CHECK_FALSE(f.proxy.wants_write());
  CHECK_FALSE(f.proxy.wants_call());
  CHECK(f.proxy.has_unread());
}

TEST_CASE("http_proxy: an empty buffer moves nothing in any state", "[transport][http_proxy]") {
  fixture f("HTTP/1.1 403 Forbidden\r\n\r\n");
  CHECK(f.proxy.read_some({}) == io_result{});
  CHECK(f.proxy.write_some({}) == io_result{});
  CHECK(f.lower.outgoing.empty());
  CHECK(f.read_one().status == io_status::failed);
  CHECK(f.proxy.read_some({}) == io_result{});
  CHECK(f.proxy.write_some({}) == io_result{});
}

TEST_CASE("http_proxy: before start and after close it is closed", "[transport][http_proxy]") {
  wire lower;
  std::array<std::uint8_t, 200> memory{};
  http_proxy<wire> proxy(lower, memory);
  octets data{1};
  io_result const closed{0, io_status::closed, {}};
  CHECK(proxy.read_some(data) == closed);
  CHECK(proxy.write_some(data) == closed);
  CHECK(proxy.end_output() == io_status::closed);
  bool const open = GENERATE(false, true);
  lower.incoming = open ? established : "";
  REQUIRE(proxy.start(to_hub()));
  static_cast<void>(proxy.read_some(data));
  CHECK(proxy.is_open() == open);
  proxy.close();
  proxy.close();
  CHECK(proxy.read_some(data) == closed);
  CHECK(proxy.write_some(data) == closed);
  CHECK_FALSE(proxy.is_open());
  CHECK_FALSE(proxy.wants_write());
  CHECK(lower.ends == 0);
}

TEST_CASE("http_proxy: the request is wiped once it has been sent, and at each end",
          "[transport][http_proxy]") {
  fixture f({}, with_credentials());
  std::string const held = to_text(byte_view(f.memory).first(request_with_credentials.size()));
  CHECK(held == request_with_credentials);
  int const way = GENERATE(range(0, 5));
  if (way == 0) CHECK(is_blocked(f.read_one()));  // sent
  if (way == 1) f.proxy.close();
  if (way == 2) CHECK(f.proxy.end_output() == io_status::closed);
  if (way == 3) {
    f.lower.takes = 20;
    CHECK(is_blocked(f.read_one()));
    f.lower.after = {0, io_status::closed, {}};
    CHECK(f.read_one().status == io_status::failed);
  }
  if (way == 4) CHECK(f.proxy.start({.host = "a", .port = 0}).error() == errc::invalid_field);
  CHECK(is_all_zero(f.memory));
}

TEST_CASE("http_proxy: its end wipes the request", "[transport][http_proxy]") {
  wire lower;
  std::array<std::uint8_t, 200> memory{};
  {
    http_proxy<wire> proxy(lower, memory);
    REQUIRE(proxy.start(with_credentials()));
    CHECK_FALSE(is_all_zero(memory));
  }
  CHECK(is_all_zero(memory));
}

TEST_CASE("http_proxy: memory is the caller's again once the request has been sent",
          "[transport][http_proxy]") {
  fixture f(established);
  CHECK(is_blocked(f.read_one()));
  f.memory.fill(0x77);
  f.proxy.close();
  CHECK(std::all_of(f.memory.begin(), f.memory.end(), [](std::uint8_t b) { return b == 0x77; }));
}

TEST_CASE("http_proxy: start again begins anew", "[transport][http_proxy]") {
  std::string const first = GENERATE(std::string(), std::string("HTTP/1.1 407 No\r\n\r\n"),
                                     std::string("HTTP/1.1 2"), std::string(established) + "left over");
  fixture f(first);
  static_cast<void>(f.read_one());
  f.lower = wire{};
  f.lower.incoming = std::string(established) + "new";
  REQUIRE(f.proxy.start(with_credentials()));
  CHECK(f.proxy.status() == 0);
  CHECK_FALSE(f.proxy.is_open());
  CHECK(f.read_all() == "new");
  CHECK(f.lower.outgoing == request_with_credentials);
  CHECK(f.proxy.status() == 200);
}

TEST_CASE("http_proxy: ending the output ends that of the lower stream and leaves reading",
          "[transport][http_proxy]") {
  fixture f(std::string(established) + "last words");
  CHECK(f.proxy.write_some(octets{1}).count == 1);
  CHECK(f.proxy.end_output() == io_status::ok);
  CHECK(f.proxy.end_output() == io_status::ok);
  CHECK(f.lower.ends == 2);
  CHECK(f.proxy.write_some(octets{1}) == io_result{0, io_status::closed, {}});
  CHECK(f.read_all() == "last words");
}

TEST_CASE("http_proxy: a lower stream that lies about its counts is not believed",
          "[transport][http_proxy]") {
  struct liar {
    std::size_t count = 0;
    io_result read_some(byte_span room) noexcept {
      if (!room.empty()) std::memset(room.data(), 'H', room.size());
      return {count, io_status::ok, {}};
    }
    io_result write_some(byte_view) noexcept { return {count, io_status::ok, {}}; }
  };
  liar lower{GENERATE(std::size_t{0}, std::size_t{65}, std::size_t{1'000'000}, static_cast<std::size_t>(-1))};
  std::array<std::uint8_t, 200> memory{};
  http_proxy<liar> proxy(lower, memory);
  REQUIRE(proxy.start(to_hub()));
  octets room(1);
  io_result const got = proxy.read_some(room);
  CHECK(got == (lower.count == 0 ? io_result{0, io_status::would_block, {}}
                                 : as_failure({errc::invalid_http_reply, 1})));
}

TEST_CASE("http_proxy: a lower stream that counts more than it was offered adds no bytes",
          "[transport][http_proxy]") {
  struct liar {
    io_result read_some(byte_span room) noexcept {
      std::string const start = "HTTP/1.1 200 OK\r\nX: " + std::string(room.size(), 'y');
      std::memcpy(room.data(), start.data(), room.size());
      return {1'000'000, io_status::ok, {}};
    }
    io_result write_some(byte_view data) noexcept { return {data.size() + 1, io_status::ok, {}}; }
  } lower;
  std::array<std::uint8_t, 200> memory{};
  http_proxy<liar> proxy(lower, memory);
  // What comes with each read goes on in the field of the one before.
  REQUIRE(proxy.start({.host = "a", .port = 1, .most_reply = 1'000}));
  octets room(1);
  CHECK(proxy.read_some(room) == as_failure({errc::http_reply_too_long, 1'000}));
}

TEST_CASE("http_proxy: in the tunnel, room to write is waited for after a refused write",
          "[transport][http_proxy]") {
  fixture f(established);
  CHECK(f.proxy.write_some(octets{1}).count == 1);
  CHECK_FALSE(f.proxy.wants_write());
  f.lower.takes = f.lower.outgoing.size();
  CHECK(is_blocked(f.proxy.write_some(octets{2})));
  CHECK(f.proxy.wants_write());
  f.lower.takes += 1;
  CHECK(f.proxy.write_some(octets{2}).count == 1);
  CHECK_FALSE(f.proxy.wants_write());
}

TEST_CASE("http_proxy: what to wait for is what the lower stream waits for", "[transport][http_proxy]") {
  struct layer {
    bool writes = false;
    bool calls = false;
    io_result read_some(byte_span) noexcept { return {0, io_status::would_block, {}}; }
    io_result write_some(byte_view) noexcept { return {0, io_status::would_block, {}}; }
    bool wants_write() const noexcept { return writes; }
    bool wants_call() const noexcept { return calls; }
  } lower;
  std::array<std::uint8_t, 200> memory{};
  http_proxy<layer> proxy(lower, memory);
  REQUIRE(proxy.start(to_hub()));
  octets room(1);
  static_cast<void>(proxy.read_some(room));
  CHECK_FALSE(proxy.wants_write());  // TLS to the proxy shakes hands
  CHECK_FALSE(proxy.wants_call());
  lower.writes = lower.calls = true;
  CHECK(proxy.wants_write());
  CHECK(proxy.wants_call());
  lower.writes = false;
  REQUIRE(proxy.start(to_hub()));
  CHECK(proxy.wants_write());  // a request waits again
}

TEST_CASE("http_proxy: bytes of an earlier tunnel are not unread bytes of the next",
          "[transport][http_proxy]") {
  std::array<std::uint8_t, 200> a{};
  std::array<std::uint8_t, 200> b{};
  std::array<std::uint8_t, 200> memory{};
  memory_pipe pipe(a, b);
  http_proxy<memory_pipe::end> proxy(pipe.left(), memory);
  REQUIRE(proxy.start(to_hub()));
  octets room(1);
  CHECK(is_blocked(proxy.read_some(room)));
  static_cast<void>(pipe.right().write_some(to_octets(std::string(established) + "ab")));
  CHECK(proxy.read_some(room).count == 1);
  CHECK(proxy.has_unread());
  REQUIRE(proxy.start(to_hub()));
  CHECK_FALSE(proxy.has_unread());
}

namespace {

// A broker behind a proxy on the far end of a pipe. It knows short packets only.
class far_side {
 public:
  far_side(memory_pipe::end& end, std::string reply) : end_(end), reply_(std::move(reply)) {}

  void turn() {
    std::array<std::uint8_t, 64> room{};
    for (io_result r = end_.read_some(room); r.count != 0; r = end_.read_some(room))
      received_.append(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(r.count));
    if (!reply_.empty()) open_tunnel();
    if (reply_.empty()) serve();
    sending_.erase(0, end_.write_some(to_octets(sending_)).count);
  }
  std::string const& request() const { return request_; }

 private:
  void open_tunnel() {
    std::size_t const size = received_.find("\r\n\r\n");
    if (size == std::string::npos) return;
    request_ = received_.substr(0, size + 4);
    received_.erase(0, size + 4);
    sending_ = reply_;
    reply_.clear();
  }
  void serve() {
    while (received_.size() >= 2 && received_.size() >= 2 + static_cast<std::size_t>(received_[1])) {
      std::size_t const size = 2 + static_cast<std::size_t>(received_[1]);
      answer(received_.substr(0, size));
      received_.erase(0, size);
    }
  }
  void answer(std::string const& packet) {
    switch (static_cast<std::uint8_t>(packet[0]) >> 4) {
      case 1: sending_ += std::string("\x20\x02\0\0", 4); break;
      case 3: sending_ += "\x40\x02" + packet.substr(2 + 2 + 1, 2); break;  // its topic has one character
      case 8:
        sending_ += "\x90\x03" + packet.substr(2, 2) + std::string(1, '\0');
        for (char const c : std::string("abcdef")) sending_ += std::string("\x30\x04\0\x01t", 5) + c;
        break;
      case 14: end_.close(); break;
      default: FAIL("a packet that the test does not send");
    }
  }

  memory_pipe::end& end_;
  std::string reply_;
  std::string request_{};
  std::string received_{};
  std::string sending_{};
};

std::string tell(v3::event const& e) {
  switch (e.kind()) {
    case event_kind::connected: return "connected";
    case event_kind::message: return "message " + std::string(e.message().payload.view());
    case event_kind::published: return "published " + std::to_string(e.id().number());
    case event_kind::subscribed: return "subscribed";
    case event_kind::closed: return "closed " + std::string(to_string(e.cause()));
    default: return "another event";
  }
}

// A whole life of a client: connects, subscribes, publishes, leaves. What it was told.
template <class Stream>
std::vector<std::string> live(Stream& stream, far_side& far) {
  octets rx(200);
  octets tx(200);
  client<> device(rx, tx);
  std::vector<std::string> told;
  REQUIRE(device.connect({.client_id = "c", .keep_alive = 0}, tick(0)));
  for (int turns = 0; turns < 20'000 && !device.finished(); ++turns) {
    static_cast<void>(pump(device, stream, tick(0), [&](v3::event const& e) {
      told.push_back(tell(e));
      if (e.kind() == event_kind::connected) REQUIRE(device.subscribe("t", qos::at_most_once));
      if (told.back() == "message f") REQUIRE(device.publish("t", "payload", qos::at_least_once));
      if (e.kind() == event_kind::published) REQUIRE(device.disconnect());
    }));
    far.turn();
  }
  return told;
}

}  // namespace

TEST_CASE("http_proxy: a client is told what it is told without a proxy", "[transport][http_proxy][pump]") {
  std::size_t const capacity = GENERATE(1U, 7U, 500U);
  std::uint32_t const seed = GENERATE(0U, 1U, 2U, 3U);
  faults const bad{
      .largest_read = 1 + 20 * seed, .largest_write = 1 + 9 * seed, .block_every = 3, .seed = seed};
  octets a(capacity);
  octets b(capacity);
  memory_pipe plain_pipe(a, b);
  far_side broker(plain_pipe.right(), {});
  auto const wanted = live(plain_pipe.left(), broker);
  REQUIRE(wanted == std::vector<std::string>{"connected", "subscribed", "message a", "message b", "message c",
                                             "message d", "message e", "message f", "published 2",
                                             "closed none"});

  memory_pipe pipe(a, b);
  faulty<memory_pipe::end> lower(pipe.left(), bad);
  octets memory(200);
  http_proxy<faulty<memory_pipe::end>> proxy(lower, memory);
  REQUIRE(proxy.start(with_credentials()));
  far_side behind(pipe.right(), "HTTP/1.1 100 Continue\r\n\r\n" + std::string(established));
  CHECK(live(proxy, behind) == wanted);
  CHECK(behind.request() == request_with_credentials);
  CHECK(proxy.status() == 200);
}

TEST_CASE("http_proxy: a client is told why there is no tunnel", "[transport][http_proxy][pump]") {
  auto const [reply, wanted] = GENERATE(table<std::string, std::string>({
      {"HTTP/1.1 407 No\r\n\r\n", "closed proxy_wants_credentials"},
      {"HTTP/1.1 502 Bad Gateway\r\n\r\n", "closed proxy_refused"},
      {"\x15\x03\x01", "closed invalid_http_reply"},
  }));
  octets a(500);
  octets b(500);
  memory_pipe pipe(a, b);
  octets memory(200);
  http_proxy<memory_pipe::end> proxy(pipe.left(), memory);
  REQUIRE(proxy.start(to_hub()));
  far_side behind(pipe.right(), reply);
  CHECK(live(proxy, behind) == std::vector<std::string>{wanted});
}

TEST_CASE("http_proxy: a client is told when the proxy just closes", "[transport][http_proxy][pump]") {
  std::string const reply = GENERATE(std::string(), std::string("HTTP/1.1 2"));
  octets a(500);
  octets b(500);
  memory_pipe pipe(a, b);
  octets memory(200);
  http_proxy<memory_pipe::end> proxy(pipe.left(), memory);
  REQUIRE(proxy.start(to_hub()));
  far_side behind(pipe.right(), "nothing that is sent");
  static_cast<void>(pipe.right().write_some(to_octets(reply)));
  pipe.right().close();
  CHECK(live(proxy, behind) == std::vector<std::string>{"closed connection_lost"});
}

TEST_CASE("http_proxy: a proxy that never answers ends with the client's time",
          "[transport][http_proxy][pump]") {
  bool const reads = GENERATE(true, false);
  octets a(reads ? 500 : 10);
  octets b(500);
  memory_pipe pipe(a, b);
  octets memory(200);
  http_proxy<memory_pipe::end> proxy(pipe.left(), memory);
  REQUIRE(proxy.start(to_hub()));
  octets rx(200);
  octets tx(200);
  client<> device(rx, tx, {.connack_timeout = 5'000});
  REQUIRE(device.connect({.client_id = "c"}, tick(0)));
  error ended{};
  for (std::uint32_t now = 0; now <= 5'000 && !device.finished(); now += 500) {
    pump_result const moved = pump(device, proxy, tick(now), [&](v3::event const& e) { ended = e.cause(); });
    if (!device.finished()) CHECK(moved.wait_for.write == !reads);
    CHECK_FALSE(moved.again);
  }
  CHECK(device.finished());
  CHECK(ended == errc::connack_timeout);
}
