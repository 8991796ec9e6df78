// SPDX-License-Identifier: BSL-1.0
// TLS by OpenSSL and by mbedTLS with mosquitto over a real socket: a message comes back as it was sent, the goodbye is
// a good one, and the next connection resumes the session.
#include "mosquitto.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <openssl/pem.h>

#include <hubwire/driver/blocking.hpp>
#include <hubwire/driver/pump.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/transport/mbedtls_tls.hpp>
#include <hubwire/transport/openssl_tls.hpp>
#include <hubwire/transport/posix_tcp.hpp>

using namespace hubwire;

namespace {

test::mosquitto& broker() {
  static test::mosquitto one;
  return one;
}

tick now() { return std::chrono::steady_clock::now(); }

struct by_openssl {
  static constexpr std::string_view id = "openssl";
  using session = openssl_session;
  posix_tcp tcp{};
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  openssl_tls<posix_tcp> tls{tcp, *context};

  by_openssl() {
    std::string const pem = broker().ca();
    BIO* const text = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    X509* const root = PEM_read_bio_X509(text, nullptr, nullptr, nullptr);
    REQUIRE(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root) == 1);
    X509_free(root);
    BIO_free(text);
  }
  by_openssl(by_openssl const&) = delete;
  by_openssl& operator=(by_openssl const&) = delete;
  ~by_openssl() {
    tls.close();
    SSL_CTX_free(context);
  }
};

struct by_mbedtls {
  static constexpr std::string_view id = "mbedtls";
  using session = mbedtls_session;
  posix_tcp tcp{};
  mbedtls_entropy_context entropy{};
  mbedtls_ctr_drbg_context random{};
  mbedtls_x509_crt roots{};
  mbedtls_ssl_config config{};
  mbedtls_tls<posix_tcp> tls{tcp, config};

  by_mbedtls() {
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&random);
    mbedtls_x509_crt_init(&roots);
    mbedtls_ssl_config_init(&config);
    std::string const pem = broker().ca();
    auto const* const text = reinterpret_cast<unsigned char const*>(pem.c_str());
    REQUIRE(mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, nullptr, 0) == 0);
    REQUIRE(mbedtls_x509_crt_parse(&roots, text, pem.size() + 1) == 0);
    REQUIRE(mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                        MBEDTLS_SSL_PRESET_DEFAULT) == 0);
    mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
    mbedtls_ssl_conf_ca_chain(&config, &roots, nullptr);
  }
  by_mbedtls(by_mbedtls const&) = delete;
  by_mbedtls& operator=(by_mbedtls const&) = delete;
  ~by_mbedtls() {
    tls.close();
    mbedtls_ssl_config_free(&config);
    mbedtls_x509_crt_free(&roots);
    mbedtls_ctr_drbg_free(&random);
    mbedtls_entropy_free(&entropy);
  }
};

template <class Link>
struct device {
  Link link{};
  std::vector<std::uint8_t> rx = std::vector<std::uint8_t>(80'000);
  std::vector<std::uint8_t> tx = std::vector<std::uint8_t>(80'000);
  hubwire::client<> client{rx, tx};
  std::vector<std::string> payloads{};
  bool connected = false;
  bool subscribed = false;
  error end{};
  bool resumed = false;

  void open(std::string_view server_name, typename Link::session* session) {
    connected = subscribed = resumed = false;
    REQUIRE(link.tcp.connect("127.0.0.1", broker().tls_port(), 5'000));
    auto const today = static_cast<std::uint64_t>(std::time(nullptr));
    REQUIRE(link.tls.start({.server_name = server_name, .unix_time = today, .session = session}));
    v3::connect packet;
    packet.client_id = text::trusted(Link::id);
    packet.user_name = text::trusted(test::mosquitto::user);
    packet.password = as_bytes(test::mosquitto::password);
    REQUIRE(client.connect(packet, now()));
  }
  template <class Condition>
  bool until(Condition const& condition) {
    auto const last = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > last) return false;
      pump_result const moved = pump(client, link.tls, now());
      while (v3::event const e = client.next_event()) {
        connected = connected || e.kind() == event_kind::connected;
        subscribed = subscribed || e.kind() == event_kind::subscribed;
        if (e.kind() == event_kind::message) payloads.emplace_back(e.message().payload.view());
        if (e.kind() == event_kind::closed) end = e.cause();
      }
      resumed = resumed || link.tls.resumed();
      if (condition()) return true;
      wait_after(moved, client, link.tcp, time_left(client.deadline(), now(), 500));
    }
    return true;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("mosquitto: a conversation over TLS by another library, twice",
                   "[interop][mosquitto][tls]", by_openssl, by_mbedtls) {
  typename TestType::session session;
  device<TestType> d;
  std::string large(60'000, '\0');
  std::mt19937 random(11);
  for (char& c : large) c = static_cast<char>(random());
  for (int round = 0; round != 2; ++round) {
    INFO(round);
    d.payloads.clear();
    d.open("localhost", &session);
    REQUIRE(d.until([&] { return d.connected; }));
    v3::subscription const wanted[] = {{"libraries/#", qos::at_least_once}};
    REQUIRE(d.client.subscribe(wanted));
    REQUIRE(d.until([&] { return d.subscribed; }));
    REQUIRE(d.client.publish({"libraries/x", as_bytes("small")}));
    REQUIRE(d.until([&] { return d.payloads.size() == 1; }));
    REQUIRE(d.client.publish({"libraries/x", as_bytes(large), qos::at_least_once}));
    REQUIRE(d.until([&] { return d.payloads.size() == 2; }));
    CHECK(d.payloads[0] == "small");
    CHECK((d.payloads[1] == large));
    CHECK(d.resumed == (round == 1));
    REQUIRE(d.client.disconnect());
    REQUIRE(d.until([&] { return d.client.finished(); }));
    CHECK(d.end == errc::none);
    d.link.tls.close();
    d.link.tcp.close();
    CHECK(broker().logs("Client " + std::string(TestType::id) + " disconnected."));
  }
}

TEMPLATE_TEST_CASE(
    "mosquitto: another library refuses a certificate for another name before the password leaves",
    "[interop][mosquitto][tls][H200]", by_openssl, by_mbedtls) {
  device<TestType> d;
  d.open("example.com", nullptr);
  REQUIRE(d.until([&] { return d.client.finished(); }));
  CHECK(d.end == errc::tls_wrong_server_name);
  CHECK_FALSE(d.connected);
}
