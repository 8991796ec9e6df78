// SPDX-License-Identifier: BSL-1.0
#include <hubwire/transport/bearssl_engine.hpp>

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/memory_pipe.hpp>

#include "support/constexpr_test.hpp"

using namespace hubwire;

namespace {

// A root that firmware would keep in flash: constant, no run-time parsing.
constexpr unsigned char dn[] = {0x30, 0x00};
constexpr unsigned char q[65] = {4};
br_x509_trust_anchor const constant_anchors[] = {
    {{const_cast<unsigned char*>(dn), sizeof dn},
     BR_X509_TA_CA,
     {BR_KEYTYPE_EC, {.ec = {BR_EC_secp256r1, const_cast<unsigned char*>(q), sizeof q}}}}};

struct attempt {
  std::string_view name = "hub.example.test";
  std::uint64_t time = 1'750'000'000;
  std::size_t entropy = 32;
  std::size_t input = tls_buffers::full_input;
  std::size_t output = tls_buffers::full_output;
  trust_anchors anchors = constant_anchors;
  std::uint8_t certificates = 8;
};

// What start() says; the stream has to say the same.
error start(attempt const& a) {
  memory_pipe pipe({}, {});
  std::vector<std::uint8_t> input(a.input);
  std::vector<std::uint8_t> output(a.output);
  std::vector<std::uint8_t> const entropy(a.entropy, 1);
  bearssl_tls<memory_pipe::end> client(pipe.left(), a.anchors, {input, output});
  auto const started = client.start(
      {.server_name = a.name, .unix_time = a.time, .entropy = entropy, .most_certificates = a.certificates});
  std::uint8_t octet = 0;
  io_result const r = client.read_some(byte_span(&octet, 1));
  if (started) {
    CHECK(r.status == io_status::would_block);
    return {};
  }
  CHECK(r.status == io_status::failed);
  CHECK(r.error == started.error());
  CHECK(client.write_some(byte_view(&octet, 1)).error == started.error());
  return started.error();
}

}  // namespace

TEST_CASE("bearssl_tls: start with constant anchors and the least of everything",
          "[transport][bearssl_tls]") {
  CHECK(start({}) == errc::none);
  CHECK(start({.name = "a",
               .time = 1'577'836'800,
               .input = tls_buffers::least_input,
               .output = tls_buffers::least_output}) == errc::none);
  std::string const longest(255, 'n');
  CHECK(start({.name = longest}) == errc::none);
}

TEST_CASE("bearssl_tls: a clock before 2020 is refused by name", "[transport][bearssl_tls]") {
  CHECK(start({.time = 0}) == errc::clock_not_set);
  CHECK(start({.time = 1'577'836'799}) == errc::clock_not_set);
}

TEST_CASE("bearssl_tls: a time that BearSSL cannot hold is refused", "[transport][bearssl_tls]") {
  std::uint64_t const last_day = std::numeric_limits<std::uint32_t>::max() - 719'528U;
  CHECK(start({.time = last_day * 86'400}) == errc::none);
  CHECK(start({.time = (last_day + 1) * 86'400}) == errc::invalid_field);
  CHECK(start({.time = std::numeric_limits<std::uint64_t>::max()}) == errc::invalid_field);
}

TEST_CASE("bearssl_tls: server names that would switch the check off are refused",
          "[transport][bearssl_tls]") {
  CHECK(start({.name = ""}) == errc::invalid_field);
  std::string const too_long(256, 'n');
  CHECK(start({.name = too_long}) == errc::invalid_field);
  CHECK(start({.name = std::string_view("hub\0.evil", 9)}) == errc::invalid_field);
}

TEST_CASE("bearssl_tls: only DNS names are server names", "[transport][bearssl_tls]") {
  for (std::string_view const name : {"127.0.0.1",
                                      "10.1",
                                      "1",
                                      "0x7f.0x1",
                                      "0X7F000001",
                                      "hub.0xFe",
                                      "hub.443",
                                      "::1",
                                      "fe80::1",
                                      "[::1]",
                                      "2001:db8::8a2e:370:7334",
                                      "hub.example.test:8883",
                                      "hub:8883",
                                      ".example.test",
                                      ".",
                                      "hub..example.test",
                                      "hub.example.test.",
                                      "*.example.test",
                                      "hub example.test",
                                      " hub.example.test",
                                      "hub.example.test\n",
                                      "https://hub.example.test",
                                      "hub.example.test/",
                                      "user@hub.example.test",
                                      "h\xC3\xBC"
                                      "b.example.test",
                                      "hub%2Etest"}) {
    INFO(name);
    CHECK(start({.name = name}) == errc::invalid_field);
  }
  for (std::string_view const name :
       {"hub.example.test", "localhost", "my-hub_2.azure-devices.net", "127.0.0.1.nip.io", "xn--hb-xka.test",
        "4everhub.1st", "0xhub.test", "HUB.0xfg"}) {
    INFO(name);
    CHECK(start({.name = name}) == errc::none);
  }
}

TEST_CASE("bearssl_tls: a chain of no certificates cannot be asked for", "[transport][bearssl_tls]") {
  CHECK(start({.certificates = 0}) == errc::invalid_field);
  CHECK(start({.certificates = 1}) == errc::none);
}

TEST_CASE("bearssl_tls: too little entropy, no anchors", "[transport][bearssl_tls]") {
  CHECK(start({.entropy = 0}) == errc::invalid_field);
  CHECK(start({.entropy = 31}) == errc::invalid_field);
  CHECK(start({.anchors = {}}) == errc::missing_field);
}

TEST_CASE("bearssl_tls: buffers that are too small report the size that works", "[transport][bearssl_tls]") {
  CHECK(start({.input = 836}) == error{errc::buffer_too_small, 837});
  CHECK(start({.output = 596}) == error{errc::buffer_too_small, 597});
}

TEST_CASE("bearssl_tls: BearSSL's numbers as errors", "[transport][bearssl_tls]") {
  test::constexpr_test([] {
    using detail::as_error;
    return as_error(BR_ERR_X509_BAD_SERVER_NAME) == error{errc::tls_wrong_server_name, 56} &&
           as_error(BR_ERR_X509_EXPIRED) == error{errc::tls_certificate_expired, 54} &&
           as_error(BR_ERR_X509_NOT_TRUSTED) == error{errc::tls_untrusted_certificate, 62} &&
           as_error(BR_ERR_X509_INVALID_VALUE) == error{errc::tls_untrusted_certificate, 33} &&
           as_error(BR_ERR_BAD_MAC) == error{errc::tls_failed, 7} &&
           as_error(BR_ERR_IO) == error{errc::tls_failed, 31} &&
           as_error(BR_ERR_RECV_FATAL_ALERT + 70) == error{errc::tls_failed, 326};
  });
}
