// SPDX-License-Identifier: BSL-1.0
// The parts of examples/device that can be tested without a hub.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../examples/device/backoff.hpp"
#include "../../examples/device/credentials.hpp"
#include "../../examples/device/endpoint.hpp"
#include "../../examples/device/task.hpp"
#include "../../examples/device/twin_requests.hpp"

namespace {

using device::backoff;
using device::parse_endpoint;
using device::twin_request;
using hubwire::tick;
namespace iothub = hubwire::iothub;

constexpr std::string_view key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
constexpr std::uint64_t start = 1'735'689'600;

iothub::identity self() { return {"contoso-test.azure-devices.net", "dev-01"}; }

iothub::connection_string with_key() {
  iothub::connection_string parts;
  parts.shared_access_key = key;
  return parts;
}

}  // namespace

TEST_CASE("backoff: delays double up to two minutes, half of each is random", "[examples][device]") {
  backoff slow;
  backoff fast;
  for (std::uint32_t const whole :
       {1'000u, 2'000u, 4'000u, 8'000u, 16'000u, 32'000u, 64'000u, 120'000u, 120'000u}) {
    CHECK(fast.next(0) == whole / 2);
    CHECK(slow.next(whole / 2) == whole);  // the largest of whole / 2 + 1 outcomes
  }
  slow.reset();
  CHECK(slow.next(0) == 500);
}

TEST_CASE("endpoint: host, port and brackets", "[examples][device]") {
  auto const plain = parse_endpoint("hub.example");
  REQUIRE(plain);
  CHECK(plain->host == "hub.example");
  CHECK(plain->server_name == "hub.example");
  CHECK(plain->port == 8'883);

  auto const with_port = parse_endpoint("localhost:18883");
  REQUIRE(with_port);
  CHECK(with_port->host == "localhost");
  CHECK(with_port->port == 18'883);

  CHECK(parse_endpoint("[fe80::1%eth0]"));
  CHECK(parse_endpoint("a-b_c.d"));

  auto const six = parse_endpoint("[::1]:1");
  REQUIRE(six);
  CHECK(six->host == "::1");
  CHECK(six->port == 1);

  for (std::string_view const wrong :
       {"",   ":1", "h:",  "h:0",   "h:65536", "h:1x",  "[::1",     "[]:1",      "[::1]1",    "h:1:2",
        " h", "h ", "h\n", "h\n:1", "\"h\"",   "h:1\n", "[::1]:1 ", "[::1\n]:1", "https://h", "[h/]"})
    CHECK_FALSE(parse_endpoint(wrong));
}

TEST_CASE("task: due once, also across the wrap of the clock", "[examples][device]") {
  device::task planned;
  CHECK_FALSE(planned.ready(tick(0)));
  planned.plan(tick(5));
  CHECK_FALSE(planned.ready(tick(0xffff'fff0)));
  CHECK(planned.ready(tick(5)));
  planned.drop();
  CHECK_FALSE(planned.ready(tick(5)));
}

TEST_CASE("twin_requests: a response is matched once, whatever the order", "[examples][device]") {
  device::twin_requests requests;
  iothub::request_id const first = requests.next_id();
  requests.sent(twin_request::read, tick(0));
  iothub::request_id const second = requests.next_id();
  requests.sent(twin_request::report, tick(0));

  CHECK_FALSE(requests.answered(iothub::request_id(77)));
  CHECK_FALSE(requests.answered("not-a-number"));
  CHECK(requests.answered(second) == twin_request::report);
  CHECK_FALSE(requests.answered(second));
  CHECK(requests.answered(first) == twin_request::read);
}

TEST_CASE("twin_requests: silence ends after a minute, and ids are not used again", "[examples][device]") {
  device::twin_requests requests;
  iothub::request_id const old = requests.next_id();
  requests.sent(twin_request::read, tick(0));
  CHECK_FALSE(requests.expired(tick(device::twin_requests::timeout - 1)));
  CHECK(requests.expired(tick(device::twin_requests::timeout)) == twin_request::read);
  CHECK_FALSE(requests.expired(tick(device::twin_requests::timeout)));
  CHECK_FALSE(requests.answered(old));
  requests.clear();
  CHECK_FALSE(requests.next_id() == old);
}

TEST_CASE("twin_requests: no more than fit", "[examples][device]") {
  device::twin_requests requests;
  for (int i = 0; i != 4; ++i) {
    CHECK_FALSE(requests.full());
    requests.sent(twin_request::read, tick(0));
  }
  CHECK(requests.full());
}

// The signature is the known answer for this key, resource and time.
TEST_CASE("credentials: a token is made from the key and renewed before it ends", "[examples][device]") {
  device::credentials made(with_key(), self(), 3'600);
  CHECK_FALSE(made.renewal_due(start));
  auto const password = made.password(start - 3'600);
  REQUIRE(password);
  CHECK(password->view() ==
        "SharedAccessSignature sr=contoso-test.azure-devices.net%2Fdevices%2Fdev-01&sig="
        "8xqWEbbF1Q12bhuwtTwHEfJ3MtK37EDwlmxANYe3vn0%3D&se=1735689600");
  CHECK_FALSE(made.renewal_due(start - 542));
  CHECK(made.renewal_due(start - 541));

  std::string_view const token = password->view();
  made.forget();
  CHECK(token == std::string(token.size(), '\0'));
}

TEST_CASE("credentials: the shortest token is renewed before it ends, too", "[examples][device]") {
  device::credentials made(with_key(), self(), 5);
  REQUIRE(made.password(start));
  CHECK_FALSE(made.renewal_due(start + 3));
  CHECK(made.renewal_due(start + 4));
}

TEST_CASE("credentials: a ready-made token is used as it is and never renewed", "[examples][device]") {
  iothub::connection_string parts;
  parts.shared_access_signature = "SharedAccessSignature sr=x&sig=y&se=1";
  device::credentials made(parts, self(), 3'600);
  auto const password = made.password(start);
  REQUIRE(password);
  CHECK(password->view() == parts.shared_access_signature);
  CHECK_FALSE(made.renewal_due(start + 1'000'000));
}

TEST_CASE("credentials: an unset clock and a broken key are told apart", "[examples][device]") {
  device::credentials early(with_key(), self(), 60);
  CHECK(early.password(0).error() == hubwire::errc::clock_not_set);
  iothub::connection_string parts;
  parts.shared_access_key = "not base64";
  device::credentials broken(parts, self(), 60);
  CHECK(broken.password(start).error() == hubwire::errc::invalid_base64);
}

TEST_CASE("credentials: the longest host name and device id have room", "[examples][device]") {
  std::string const host = std::string(253, 'h') + ":65535";
  std::string const id(128, '$');
  auto const longest = iothub::identity{*iothub::host_name::parse(host), *iothub::device_id::parse(id)};
  device::credentials made(with_key(), longest, 60);
  CHECK(made.password(start));
}
