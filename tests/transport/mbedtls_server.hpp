// SPDX-License-Identifier: BSL-1.0
// A TLS 1.2 server by mbedTLS on one end of a memory_pipe.
#ifndef HUBWIRE_TESTS_TRANSPORT_MBEDTLS_SERVER_HPP
#define HUBWIRE_TESTS_TRANSPORT_MBEDTLS_SERVER_HPP

#include <mbedtls/ssl.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <hubwire/transport/memory_pipe.hpp>

#include "certificates.hpp"
#include "openssl_server.hpp"
#include "tls_settings.hpp"

namespace hubwire::test {

// A server by mbedTLS, which, unlike OpenSSL's, lives with a client that will not renegotiate.
class mbedtls_server {
 public:
  mbedtls_server(memory_pipe::end& wire, identity const& who, server_plan const& = {})
      : wire_(wire), settings_(who, MBEDTLS_SSL_IS_SERVER) {
    mbedtls_x509_crt_init(&certificate_);
    mbedtls_pk_init(&key_);
    mbedtls_ssl_init(&ssl_);
    std::string const pem = to_pem(who);
    std::string const key = key_to_pem(who);
    auto const* const text = reinterpret_cast<unsigned char const*>(pem.c_str());
    auto const* const key_text = reinterpret_cast<unsigned char const*>(key.c_str());
    REQUIRE(mbedtls_x509_crt_parse(&certificate_, text, pem.size() + 1) == 0);
    REQUIRE(mbedtls_pk_parse_key(&key_, key_text, key.size() + 1, nullptr, 0) == 0);
    REQUIRE(mbedtls_ssl_conf_own_cert(&settings_.get(), &certificate_, &key_) == 0);
    mbedtls_ssl_conf_authmode(&settings_.get(), MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_renegotiation(&settings_.get(), MBEDTLS_SSL_RENEGOTIATION_ENABLED);
    mbedtls_ssl_conf_renegotiation_enforced(&settings_.get(), MBEDTLS_SSL_RENEGOTIATION_NOT_ENFORCED);
    REQUIRE(mbedtls_ssl_setup(&ssl_, &settings_.get()) == 0);
    mbedtls_ssl_set_bio(&ssl_, &wire_, put, get, nullptr);
  }
  mbedtls_server(mbedtls_server const&) = delete;
  mbedtls_server& operator=(mbedtls_server const&) = delete;
  ~mbedtls_server() {
    mbedtls_ssl_free(&ssl_);
    mbedtls_pk_free(&key_);
    mbedtls_x509_crt_free(&certificate_);
  }

  bool turn() noexcept {
    std::array<std::uint8_t, 500> chunk{};
    int const count = mbedtls_ssl_read(&ssl_, chunk.data(), chunk.size());
    if (count > 0) read_.insert(read_.end(), chunk.begin(), chunk.begin() + count);
    return count > 0;
  }
  io_result read_some(byte_span room) noexcept {
    while (turn()) {}
    std::size_t const count = std::min(room.size(), read_.size());
    if (count == 0) return {0, io_status::would_block, {}};
    std::copy_n(read_.begin(), count, room.begin());
    read_.erase(read_.begin(), read_.begin() + static_cast<std::ptrdiff_t>(count));
    return {count, io_status::ok, {}};
  }
  io_result write_some(byte_view data) noexcept {
    int const count = mbedtls_ssl_write(&ssl_, data.data(), data.size());
    return count > 0 ? io_result{static_cast<std::size_t>(count), io_status::ok, {}}
                     : io_result{0, io_status::would_block, {}};
  }
  int ask_to_renegotiate() { return mbedtls_ssl_renegotiate(&ssl_); }

 private:
  static int put(void* wire, unsigned char const* data, std::size_t size) noexcept {
    io_result const moved = static_cast<memory_pipe::end*>(wire)->write_some({data, size});
    return moved.count != 0 ? static_cast<int>(moved.count) : MBEDTLS_ERR_SSL_WANT_WRITE;
  }
  static int get(void* wire, unsigned char* room, std::size_t size) noexcept {
    io_result const moved = static_cast<memory_pipe::end*>(wire)->read_some({room, size});
    return moved.count != 0 ? static_cast<int>(moved.count) : MBEDTLS_ERR_SSL_WANT_READ;
  }

  memory_pipe::end& wire_;
  mbedtls_settings settings_;
  mbedtls_x509_crt certificate_{};
  mbedtls_pk_context key_{};
  mbedtls_ssl_context ssl_{};
  std::vector<std::uint8_t> read_{};
};

}  // namespace hubwire::test

#endif
