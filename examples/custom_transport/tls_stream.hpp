// SPDX-License-Identifier: BSL-1.0
// TLS over a byte_stream, as far as it is the same with every TLS library. What differs is in mbedtls_stream.hpp and
// openssl_stream.hpp; write a third of that kind for yours.
#ifndef CUSTOM_TRANSPORT_TLS_STREAM_HPP
#define CUSTOM_TRANSPORT_TLS_STREAM_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/transport/byte_stream.hpp>

#include "server_name.hpp"

namespace custom_transport {

using hubwire::byte_span, hubwire::byte_view, hubwire::errc, hubwire::io_result, hubwire::io_status;

inline constexpr io_result later{0, io_status::would_block, {}};
inline constexpr io_result closed{0, io_status::closed, {}};
template <class Number>
constexpr io_result failed(errc why, Number detail) noexcept {
  return {0, io_status::failed, {why, static_cast<std::uint32_t>(detail)}};
}
// Why a certificate is refused: only its dates are wrong, only its name is, or anything else.
constexpr errc certificate_error(bool dates, bool name) noexcept {
  if (dates) return errc::tls_certificate_expired;
  return name ? errc::tls_wrong_server_name : errc::tls_untrusted_certificate;
}
constexpr int as_int(std::size_t size) noexcept {
  return size < 0x7fff'ffff ? static_cast<int>(size) : 0x7fff'ffff;
}

// The stream below, as the callbacks of a library see it. It remembers what was refused and how the stream ended.
class tls_lower {
 public:
  template <hubwire::byte_stream Lower>
  explicit tls_lower(Lower& stream) noexcept
      : stream_(&stream),
        read_([](void* self, byte_span room) noexcept { return static_cast<Lower*>(self)->read_some(room); }),
        write_([](void* self, byte_view data) noexcept {
          return static_cast<Lower*>(self)->write_some(data);
        }) {}

  // A call of the stream above begins: so many reads may follow. A server that sends endless warnings, which a library
  // skips, gets its share of a call and no more.
  void begin() noexcept { reads_left_ = most_reads; }

  // How many bytes went, or not_now. Of a stream that is lost it says the same: what has arrived may still be read.
  int send(void const* data, std::size_t size, int not_now) noexcept {
    io_result const put = write_(stream_, {static_cast<std::uint8_t const*>(data), size});
    unsent_ = put.count == 0;
    note(put);
    return unsent_ ? not_now : as_int(put.count);
  }
  // How many bytes came, not_now, or -1 when none will come any more.
  int receive(void* room, std::size_t size, int not_now) noexcept {
    if (reads_left_ == 0) return not_now;
    --reads_left_;
    io_result const got = read_(stream_, {static_cast<std::uint8_t*>(room), size});
    note(got);
    if (got.count != 0) return as_int(got.count);
    return got.status == io_status::would_block ? not_now : -1;
  }

  bool unsent() const noexcept { return unsent_; }  // the library holds bytes that the stream refused
  bool stopped() const noexcept { return reads_left_ == 0; }
  bool lost() const noexcept { return loss_.status != io_status::ok; }
  io_result loss() const noexcept { return lost() ? loss_ : failed(errc::connection_lost, 0); }

 private:
  static constexpr int most_reads = 64;

  // The first loss counts. That the stream below ends is one: only close_notify ends TLS well.
  void note(io_result const& moved) noexcept {
    if (lost() || moved.status == io_status::ok || moved.status == io_status::would_block) return;
    loss_ = moved.status == io_status::failed ? moved : loss();
  }

  void* stream_;
  io_result (*read_)(void*, byte_span) noexcept;
  io_result (*write_)(void*, byte_view) noexcept;
  io_result loss_{};
  int reads_left_ = most_reads;
  bool unsent_ = false;
};

// A byte_stream. One object is one connection; the next one takes a new object. The handshake runs inside read_some
// and write_some, and no byte of the application passes before the certificate was accepted. Ends:
//   closed                          the server's close_notify came, or close() was called
//   failed, connection_lost         the lower stream ended without it
//   failed, invalid_field           the server name is none
//   failed, tls_wrong_server_name, tls_certificate_expired, tls_untrusted_certificate, tls_failed
//                                   detail: the library's number, 0 when it could not be set up
//   failed, any other               as the lower stream said
//
// A Library is made of a tls_lower and has:
//   bool setup(char const* server_name, Settings&)
//   io_result handshake()           ok when it is done
//   io_result read(byte_span)       as read_some
//   io_result write(byte_view)      as write_some
//   bool goodbye()                  sends what it holds, then close_notify; called again until it is true, then no more
template <hubwire::byte_stream Lower, class Library>
class tls_stream {
 public:
  // lower and settings (roots, random numbers, as the library has them) outlive this object.
  template <class Settings>
  tls_stream(Lower& lower, char const* server_name, Settings& settings) noexcept : stream_(lower) {
    bool const named = is_server_name(server_name);
    if (!named || !library_.setup(server_name, settings))
      state_ = failed(named ? errc::tls_failed : errc::invalid_field, 0);
  }
  tls_stream(tls_stream const&) = delete;
  tls_stream& operator=(tls_stream const&) = delete;
  ~tls_stream() { close(); }

  io_result read_some(byte_span room) noexcept {
    if (room.empty()) return {};
    return ready() ? outcome(library_.read(room)) : state_;
  }
  io_result write_some(byte_view data) noexcept {
    if (data.empty()) return {};
    if (!ready() || ending_) return ending_ ? closed : state_;
    io_result const put = library_.write(data);
    return lower_.lost() ? lower_.loss() : outcome(put);
  }
  bool wants_write() const noexcept {
    bool const active = open_ ? state_.status != io_status::failed : state_.status == io_status::would_block;
    return active && hubwire::wants_write(stream_, lower_.unsent() ? io_status::would_block : io_status::ok);
  }
  // After would_block: there may be more to read at once.
  bool wants_call() const noexcept {
    return state_.status == io_status::would_block && (hubwire::wants_call(stream_) || lower_.stopped());
  }

  // Half-close: close_notify behind what was written, then the lower stream's own. would_block: call again. A write
  // that was refused is repeated before. Reading goes on until the server's end. During the handshake it is close().
  io_status end_output() noexcept {
    if (!open_) close();
    if (!open_ || state_.status == io_status::failed) return state_.status;
    if (!say_goodbye()) return lower_.lost() ? io_status::failed : io_status::would_block;
    return hubwire::end_output(stream_);
  }
  // Says goodbye as far as the lower stream takes it at once. The lower stream stays open.
  void close() noexcept {
    if (open_ && state_.status != io_status::failed) static_cast<void>(say_goodbye());
    open_ = false;
    if (state_.status != io_status::failed) state_ = closed;
  }

 private:
  bool say_goodbye() noexcept {
    ending_ = true;
    if (!said_goodbye_) said_goodbye_ = library_.goodbye();
    return said_goodbye_;
  }
  bool ready() noexcept {
    lower_.begin();
    if (!open_ && state_.status == io_status::would_block) {
      io_result const done = library_.handshake();
      open_ = done.status == io_status::ok;
      if (!open_) outcome(lower_.lost() && done.status == io_status::would_block ? lower_.loss() : done);
    }
    return open_ && state_.status == io_status::would_block;
  }
  // Remembers an end, after which a library must not be called. close_notify in the middle of a handshake is not
  // authenticated and so no good end. Of a lost connection a library knows less than the lower stream.
  io_result outcome(io_result const& moved) noexcept {
    if (moved.status == io_status::ok || moved.status == io_status::would_block) return moved;
    bool const early = moved.status == io_status::closed && !open_;
    bool const cut = moved.error.code == errc::tls_failed && lower_.lost();
    return state_ = early || cut ? lower_.loss() : moved;
  }

  Lower& stream_;
  tls_lower lower_{stream_};
  Library library_{lower_};
  io_result state_ = later;  // what is said when nothing moves; at last, the end
  bool open_ = false;        // the certificate was accepted
  bool ending_ = false;      // nothing more may be written
  bool said_goodbye_ = false;
};

}  // namespace custom_transport

#endif
