// SPDX-License-Identifier: BSL-1.0
// Publishes three messages to an MQTT broker over TLS, by the library that is asked for:
//   custom_transport mbedtls|openssl HOST PORT ROOTS.pem
// Exit code 0 when the broker has acknowledged them all.
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <hubwire/driver/blocking.hpp>
#include <hubwire/mqtt3.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/transport/posix_tcp.hpp>

#include "mbedtls_stream.hpp"
#include "modem_stream.hpp"
#include "openssl_stream.hpp"

namespace {

using namespace hubwire;

constexpr int messages = 3;

tick now() { return std::chrono::steady_clock::now(); }

void print(char const* what, error why) {
  std::string_view const name = to_string(why.code);
  std::fprintf(stderr, "%s: %.*s, detail %u\n", what, static_cast<int>(name.size()), name.data(),
               static_cast<unsigned>(why.detail));
}

// A conversation over any byte_stream on top of tcp. True when all messages were acknowledged and the goodbye was
// complete: the loop of blocking.hpp.
template <byte_stream Stream>
bool talk(Stream&& stream, posix_tcp& tcp) {
  std::array<std::uint8_t, 512> rx;
  std::array<std::uint8_t, 512> tx;
  client<v3_tag, limits{.outgoing = messages, .incoming = 1}> mqtt{rx, tx};
  bool good = bool(mqtt.connect({.client_id = "custom-transport", .keep_alive = 30}, now()));
  int acknowledged = 0;
  auto const handle = [&](v3::event const& event) {
    if (event.kind() == event_kind::connected)
      for (int i = 0; i < messages; ++i)
        good = good && mqtt.publish("custom/transport", "hello", qos::at_least_once);
    if (event.kind() == event_kind::published && ++acknowledged == messages) good = bool(mqtt.disconnect());
    if (event.kind() != event_kind::closed || event.cause().code == errc::none) return;
    print("closed", event.cause());
    good = false;
  };
  while (good) {
    pump_result const moved = pump(mqtt, stream, now(), handle);
    if (mqtt.finished()) break;
    static_cast<void>(wait_after(moved, tcp, time_left(mqtt.deadline(), now())));
  }
  return good && acknowledged == messages;
}

bool with_openssl(posix_tcp& tcp, char const* host, char const* roots) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  bool done = context != nullptr && SSL_CTX_load_verify_file(context, roots) == 1;
  if (!done) std::fprintf(stderr, "%s: no certificates\n", roots);
  if (done) done = talk(custom_transport::openssl_stream<posix_tcp>(tcp, host, *context), tcp);
  SSL_CTX_free(context);
  return done;
}

bool with_mbedtls(posix_tcp& tcp, char const* host, char const* file) {
  mbedtls_entropy_context entropy;
  mbedtls_ctr_drbg_context random;
  mbedtls_x509_crt roots;
  mbedtls_ssl_config config;
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random);
  mbedtls_x509_crt_init(&roots);
  mbedtls_ssl_config_init(&config);
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
  mbedtls_ssl_conf_ca_chain(&config, &roots, nullptr);
  bool done = mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, nullptr, 0) == 0 &&
              mbedtls_x509_crt_parse_file(&roots, file) == 0 &&
              mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                          MBEDTLS_SSL_PRESET_DEFAULT) == 0;
  if (!done) std::fprintf(stderr, "%s: no certificates, or no random numbers\n", file);
  if (done) done = talk(custom_transport::mbedtls_stream<posix_tcp>(tcp, host, config), tcp);
  mbedtls_ssl_config_free(&config);
  mbedtls_x509_crt_free(&roots);
  mbedtls_ctr_drbg_free(&random);
  mbedtls_entropy_free(&entropy);
  return done;
}

// What modem_stream expects of a driver, so that this program compiles it. A test runs it.
struct no_modem {
  static std::size_t receive(byte_span) noexcept { return 0; }
  static std::size_t send(byte_view) noexcept { return 0; }
  static bool carrier() noexcept { return false; }
};
static_assert(byte_stream<custom_transport::modem_stream<no_modem>>);
static_assert(byte_stream<custom_transport::mbedtls_stream<custom_transport::modem_stream<no_modem>>>);

}  // namespace

int main(int count, char** arguments) {
  std::string_view const library = count == 5 ? arguments[1] : "";
  int const port = count == 5 ? std::atoi(arguments[3]) : 0;
  if ((library != "mbedtls" && library != "openssl") || port < 1 || port > 65'535) {
    std::fputs("custom_transport mbedtls|openssl HOST PORT ROOTS.pem\n", stderr);
    return 2;
  }
  posix_tcp tcp;
  auto const connected = tcp.connect(arguments[2], static_cast<std::uint16_t>(port), 10'000);
  if (!connected) {
    print("connect", connected.error());
    return 1;
  }
  bool const done = library == "openssl" ? with_openssl(tcp, arguments[2], arguments[4])
                                         : with_mbedtls(tcp, arguments[2], arguments[4]);
  if (done) std::printf("%d messages acknowledged\n", messages);
  return done ? 0 : 1;
}
