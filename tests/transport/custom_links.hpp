// SPDX-License-Identifier: BSL-1.0
// The streams of examples/custom_transport as clients of OpenSSL's server, over a pipe so small that every record
// blocks. These libraries read the system's clock, so the certificates are of today.
#ifndef HUBWIRE_TESTS_TRANSPORT_CUSTOM_LINKS_HPP
#define HUBWIRE_TESTS_TRANSPORT_CUSTOM_LINKS_HPP

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>

#include <hubwire/transport/memory_pipe.hpp>

#include "../../examples/custom_transport/mbedtls_stream.hpp"
#include "../../examples/custom_transport/openssl_stream.hpp"
#include "certificates.hpp"
#include "openssl_server.hpp"
#include "tls_settings.hpp"

namespace hubwire::test {

// A certificate that is valid now, for hub.example.test unless the request says otherwise.
inline identity make_current(certificate_request wanted, identity const* issuer) {
  auto const now = static_cast<std::int64_t>(std::time(nullptr));
  wanted.not_before = now - day;
  wanted.not_after = now + 30 * day;
  return make_identity(wanted, issuer);
}
inline identity const& current_root() {
  static identity const made =
      make_current({.common_name = "Current Root", .alternative_names = "", .authority = true}, nullptr);
  return made;
}
inline identity const& current_server() {
  static identity const made = make_current({}, &current_root());
  return made;
}

// What is tested: a library, and the version that the server speaks.
struct with_mbedtls {
  using settings = mbedtls_settings;
  template <class Lower>
  using stream = custom_transport::mbedtls_stream<Lower>;
  static constexpr int version = TLS1_2_VERSION;
};
template <int Version>
struct with_openssl {
  using settings = openssl_settings;
  template <class Lower>
  using stream = custom_transport::openssl_stream<Lower>;
  static constexpr int version = Version;
};
using with_openssl_12 = with_openssl<TLS1_2_VERSION>;
using with_openssl_13 = with_openssl<TLS1_3_VERSION>;

template <class With>
struct custom_link {
  std::array<std::uint8_t, 700> rightward{};
  std::array<std::uint8_t, 700> leftward{};
  memory_pipe pipe{rightward, leftward};
  openssl_server server{
      pipe.right(), current_server(), {.lowest_version = With::version, .highest_version = With::version}};
  typename With::settings settings{current_root()};
  typename With::template stream<memory_pipe::end> client{pipe.left(), "hub.example.test", settings.get()};

  auto& near() { return client; }
  auto& far() { return server; }
  void break_it() { pipe.sever(); }
  void pause() { server.turn(); }
};
using mbedtls_link = custom_link<with_mbedtls>;
using openssl_12_link = custom_link<with_openssl_12>;
using openssl_13_link = custom_link<with_openssl_13>;

}  // namespace hubwire::test

#endif
