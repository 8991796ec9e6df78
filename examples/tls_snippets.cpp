// SPDX-License-Identifier: BSL-1.0
// The code of docs/tls.md for OpenSSL and mbedTLS, between markers. It is compiled and run, and a test compares the
// two texts.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include <mbedtls/ssl.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <hubwire/transport/mbedtls_tls.hpp>
#include <hubwire/transport/openssl_tls.hpp>
#include <hubwire/transport/posix_tcp.hpp>

namespace gateway {

// snippet: openssl_tls
SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
hubwire::posix_tcp tcp;
hubwire::openssl_tls<hubwire::posix_tcp> tls(tcp, *context);
hubwire::openssl_session session;  // for a shorter handshake next time

// The client's own certificate is for servers that ask for one.
bool set_up(char const* roots, char const* own, char const* key) {
  return SSL_CTX_load_verify_file(context, roots) == 1 &&
         SSL_CTX_use_certificate_chain_file(context, own) == 1 &&
         SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1;
}
bool open(char const* host, std::uint64_t unix_time) {
  return tcp.connect(host, 8883, 5'000) &&
         tls.start({.server_name = host, .unix_time = unix_time, .session = &session});
}
// snippet end

}  // namespace gateway

namespace device {

// On a device this is the hardware's source of random bytes.
int random_bytes(void*, unsigned char* bytes, std::size_t size) {
  return RAND_bytes(bytes, static_cast<int>(size)) == 1 ? 0 : -1;
}

// snippet: mbedtls_tls
mbedtls_ssl_config config;
mbedtls_x509_crt roots;
hubwire::posix_tcp tcp;  // on a device: your transport
hubwire::mbedtls_tls<hubwire::posix_tcp> tls(tcp, config);

bool set_up(std::string const& pem) {
  mbedtls_ssl_config_init(&config);
  mbedtls_x509_crt_init(&roots);
  int const failed = mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT);
  mbedtls_ssl_conf_rng(&config, random_bytes, nullptr);
  mbedtls_ssl_conf_ca_chain(&config, &roots, nullptr);
  auto const* const text = reinterpret_cast<unsigned char const*>(pem.c_str());
  return failed == 0 && mbedtls_x509_crt_parse(&roots, text, pem.size() + 1) == 0;
}
bool open(char const* host, std::uint64_t unix_time) {
  return tcp.connect(host, 8883, 5'000) && tls.start({.server_name = host, .unix_time = unix_time});
}
// snippet end

}  // namespace device

// Without files and a server: every step says no, and none goes further than it may.
int main() {
  std::uint64_t const now = 1'750'000'000;
  std::array<std::uint8_t, 16> room{};
  bool good = !gateway::set_up("/nowhere", "/nowhere", "/nowhere") && !device::set_up("no certificate");
  good = good && !gateway::open("no.host.invalid", now) && !device::open("no.host.invalid", now);
  good = good && gateway::tls.start({.server_name = "hub.example", .unix_time = now});
  good = good && device::tls.start({.server_name = "hub.example", .unix_time = now});
  // Nobody has connected tcp.
  for (int i = 0; i < 10; ++i) {
    static_cast<void>(gateway::tls.read_some(room));
    static_cast<void>(device::tls.read_some(room));
  }
  good = good && gateway::tls.read_some(room).status != hubwire::io_status::ok;
  good = good && device::tls.read_some(room).status != hubwire::io_status::ok;
  gateway::tls.close();
  device::tls.close();
  SSL_CTX_free(gateway::context);
  mbedtls_x509_crt_free(&device::roots);
  mbedtls_ssl_config_free(&device::config);
  std::puts(good ? "ok" : "wrong");
  return good ? 0 : 1;
}
