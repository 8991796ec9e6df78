// SPDX-License-Identifier: BSL-1.0
// A TLS server by BearSSL on one end of a memory_pipe. With a small output it does not agree to a maximum fragment
// length, which OpenSSL always does.
#ifndef HUBWIRE_TESTS_TRANSPORT_BEARSSL_SERVER_HPP
#define HUBWIRE_TESTS_TRANSPORT_BEARSSL_SERVER_HPP

#include <bearssl.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hubwire/transport/memory_pipe.hpp>

#include "certificates.hpp"

namespace hubwire::test {

class bearssl_server {
 public:
  bearssl_server(memory_pipe::end& wire, identity const& who, std::size_t output)
      : wire_(wire), der_(to_der(who)), output_(output) {
    certificate_ = {der_.data(), der_.size()};
    std::vector<std::uint8_t> const key = key_to_der(who);
    br_skey_decoder_init(&key_);
    br_skey_decoder_push(&key_, key.data(), key.size());
    br_ssl_server_init_full_ec(&server_, &certificate_, 1, BR_KEYTYPE_EC, br_skey_decoder_get_ec(&key_));
    br_ssl_engine_set_buffers_bidi(&server_.eng, input_.data(), input_.size(), output_.data(),
                                   output_.size());
    br_ssl_server_reset(&server_);
  }
  bearssl_server(bearssl_server const&) = delete;
  bearssl_server& operator=(bearssl_server const&) = delete;

  // Moves what moves; gathers what the client has sent.
  void turn() {
    br_ssl_engine_context* const engine = &server_.eng;
    for (bool moved = true; moved;) {
      moved = false;
      std::size_t size = 0;
      if (unsigned char* const out = br_ssl_engine_sendrec_buf(engine, &size); out != nullptr) {
        std::size_t const sent = wire_.write_some({out, size}).count;
        if (sent != 0) br_ssl_engine_sendrec_ack(engine, sent);
        moved = sent != 0;
      }
      if (unsigned char* const in = br_ssl_engine_recvrec_buf(engine, &size); in != nullptr) {
        std::size_t const got = wire_.read_some({in, size}).count;
        if (got != 0) br_ssl_engine_recvrec_ack(engine, got);
        moved = moved || got != 0;
      }
      if (unsigned char* const text = br_ssl_engine_recvapp_buf(engine, &size); text != nullptr) {
        received.insert(received.end(), text, text + size);
        br_ssl_engine_recvapp_ack(engine, size);
        moved = true;
      }
    }
  }
  int last_error() const { return br_ssl_engine_last_error(&server_.eng); }

  std::vector<std::uint8_t> received{};

 private:
  memory_pipe::end& wire_;
  std::vector<std::uint8_t> der_;
  br_x509_certificate certificate_{};
  br_skey_decoder_context key_{};
  std::vector<std::uint8_t> input_ = std::vector<std::uint8_t>(BR_SSL_BUFSIZE_INPUT);
  std::vector<std::uint8_t> output_;
  br_ssl_server_context server_{};
};

}  // namespace hubwire::test

#endif
