// SPDX-License-Identifier: BSL-1.0
// Carries TLS records between BearSSL's engine and a byte_stream, one step at a time.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_RECORDS_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_RECORDS_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <bearssl.h>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/transport/bearssl_engine.hpp>
#include <hubwire/transport/byte_stream.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

template <byte_stream Lower>
class bearssl_records {
 public:
  explicit bearssl_records(Lower& lower) noexcept : lower_(lower) {}

  bearssl_engine& engine() noexcept { return engine_; }
  bearssl_engine const& engine() const noexcept { return engine_; }
  // How the lower stream ended; errc::none as long as it has not.
  error lost() const noexcept { return lost_; }
  bool waits_to_send() const noexcept { return (engine_.state() & BR_SSL_SENDREC) != 0; }
  // Whether bytes came that the application has not got yet.
  bool has_unread() const noexcept { return !unread_.empty() || (engine_.state() & BR_SSL_RECVAPP) != 0; }
  Lower const& lower() const noexcept { return lower_; }

  // Forgets the last connection, before a new one begins.
  void forget() noexcept {
    unread_ = {};
    lost_ = {};
  }

  // Returns true when something was sent.
  bool transmit() noexcept {
    std::size_t size = 0;
    unsigned char const* const record = br_ssl_engine_sendrec_buf(engine_.engine(), &size);
    if (record == nullptr || lost_.code != errc::none) return false;
    std::size_t const sent = moved(lower_.write_some(byte_view(record, size)), size);
    if (sent != 0) br_ssl_engine_sendrec_ack(engine_.engine(), sent);
    return sent != 0;
  }

  // Returns true when something was received, or when bytes that waited were worked off.
  bool receive() noexcept {
    if (engine_.certificates().is_waiting()) {
      engine_.certificates().go_on();
      return true;
    }
    std::size_t size = 0;
    unsigned char* const record = br_ssl_engine_recvrec_buf(engine_.engine(), &size);
    if (record == nullptr) return false;
    if (unread_.empty()) {
      if (!engine_.encrypts_input() && size > most_at_once) size = most_at_once;
      unread_ = byte_span(record, moved(lower_.read_some(byte_span(record, size)), size));
    }
    bool const any = !unread_.empty();
    feed(record);
    return any;
  }

  // Ends the output of the lower stream; ok if that cannot end it.
  io_status end_output() noexcept {
    if constexpr (requires(Lower & lower) {
                    { lower.end_output() }
                    noexcept->std::same_as<io_status>;
                  }) {
      return lower_.end_output();
    } else {
      return io_status::ok;
    }
  }

 private:
  // The most bytes to read at once during a handshake, before it is known who the server is.
  static constexpr std::size_t most_at_once = 512;

  // A handshake goes to the engine in pieces so short that no piece makes two signature checks due. The
  // last byte of a certificate may cost one check, and the length of the next certificate takes three bytes
  // more.
  static constexpr std::size_t most_in_a_piece = 3;

  // Hands the bytes that were read to the engine. They lie at record or behind it. Stops where a signature
  // was checked. A record that is encrypted goes in one piece.
  void feed(unsigned char* record) noexcept {
    while (!unread_.empty() && record != nullptr && !engine_.certificates().has_effort()) {
      std::size_t count = unread_.size();
      if (count > most_in_a_piece && !engine_.encrypts_input()) count = most_in_a_piece;
      if (record != unread_.data()) std::memmove(record, unread_.data(), count);
      unread_ = unread_.subspan(count);
      engine_.take({record, count});
      std::size_t size = 0;
      record = br_ssl_engine_recvrec_buf(engine_.engine(), &size);
    }
  }

  // The number of bytes that a call moved. A stream that counts more than it was offered is not believed.
  std::size_t moved(io_result const& outcome, std::size_t offered) noexcept {
    if (lost_.code == errc::none) {
      bool const failed = outcome.status == io_status::failed;
      // A stream that failed has ended, also when it does not say why.
      bool const says_why = failed && outcome.error.code != errc::none;
      if (failed || outcome.status == io_status::closed)
        lost_ = says_why ? outcome.error : error{errc::connection_lost, 0};
    }
    return outcome.count < offered ? outcome.count : offered;
  }

  Lower& lower_;
  bearssl_engine engine_{};
  byte_span unread_{};  // read and not yet with the engine; lies in its input buffer
  error lost_{};
};

}}}  // namespace hubwire::detail

#endif
