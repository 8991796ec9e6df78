// SPDX-License-Identifier: BSL-1.0
// What hubwire asks of a connection: two functions that never block. Read this before you write one.
#ifndef HUBWIRE_TRANSPORT_BYTE_STREAM_HPP
#define HUBWIRE_TRANSPORT_BYTE_STREAM_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>

namespace hubwire { inline namespace abi1 {

/// How a call ended.
enum class io_status : std::uint8_t {
  ok,           ///< count bytes moved, at least one unless the buffer was empty
  would_block,  ///< nothing moved now; the connection is fine
  closed,       ///< the orderly end: the other side said that it is done, or this side called close()
  failed,       ///< the connection is gone; io_result::error says why
};

/// What a call moved.
struct io_result {
  std::size_t count = 0;  ///< bytes moved, never more than the buffer holds; 0 unless status is ok
  io_status status = io_status::ok;
  hubwire::error error{};  ///< set when status is failed, errc::none otherwise
};

namespace detail {

constexpr io_result moved(std::size_t count) noexcept { return {count, io_status::ok, {}}; }
constexpr io_result blocked() noexcept { return {0, io_status::would_block, {}}; }
constexpr io_result ended() noexcept { return {0, io_status::closed, {}}; }
constexpr io_result broken(error why) noexcept { return {0, io_status::failed, why}; }

}  // namespace detail

/// A connection that carries bytes in order both ways. Beyond the signatures:
///
/// - Neither function blocks, throws, or keeps a pointer to the buffer after it returned.
/// - An empty buffer gives {0, ok} and does nothing else, in every state.
/// - ok may mean fewer bytes than the buffer holds. What was not counted was not taken: the caller
///   offers it again. What was counted is on its way and must not be offered again, even if the stream
///   itself holds it back for a while (TLS builds records).
/// - Bytes that arrived before an end or a failure are read before the end or the failure is reported.
/// - closed and failed are final. The same call gives the same answer from then on, with the same error.
///   The two directions may end one after the other; failed ends both, once what had arrived is read.
/// - closed is a statement of the peer, never a guess: a stream that can tell a cut connection from a
///   finished one (TLS can) reports the cut as failed with errc::connection_lost.
/// - After write_some gave would_block, the caller offers exactly the same bytes again until some of them are
///   taken or the connection has ended; they may lie elsewhere in memory. TLS libraries that keep a refused
///   write (mbedTLS, wolfSSL, OpenSSL) rely on it. pump() does so.
/// - would_block allows the caller to wait; has_unread() below may allow it as well. A caller that stops
///   before it saw would_block, because its buffer was full for instance, asks again before it waits:
///   bytes may sit in a layer above the socket.
/// - A caller with nothing to write keeps calling read_some. A layer that holds bytes back moves them
///   during either call, and a handshake makes progress during either call.
///
/// A stream may have five more members:
///
/// - bool wants_write() const noexcept: after would_block, whether waiting until the socket takes bytes
///   makes sense. A layer above the socket needs it: during a TLS handshake write_some gives would_block
///   although the socket would take bytes, and what has to be waited for is the peer's answer.
/// - bool wants_call() const noexcept: whether the stream stopped in the middle of its own work, to bound the
///   time of one call. The owner calls read_some again before it waits.
/// - bool has_unread() const noexcept: after ok, whether read_some may bring bytes or an end that a wait for
///   the socket would not see: they lie in this layer or in one below. False lets pump() stop when a read did
///   not fill its buffer, which saves one call for each packet. Without this member pump() reads until
///   would_block.
/// - io_status end_output() noexcept: the half-close. Nothing more will be written. The stream hands on
///   what it holds back, then tells the peer (TCP's FIN, TLS's close_notify), then the layer below. ok: all
///   of that has been handed on; would_block: call again; closed or failed: the connection is over.
///   Afterwards write_some gives closed, and read_some goes on until the peer's end. Ending twice is
///   harmless. Without this member the peer learns from DISCONNECT alone that the connection is to be ended.
/// - void close() noexcept: ends this layer in an orderly way as far as that is possible without waiting.
///   It does not close the layer below: a layer holds a reference, whoever made the lower stream closes
///   it. Afterwards both functions give closed. Closing twice is harmless.
///
/// Streams neither copy nor move: layers point at each other and C libraries point into them.
template <class S>
concept byte_stream = requires(S& stream, byte_span room, byte_view data) {
  { stream.read_some(room) }
  noexcept->std::same_as<io_result>;
  { stream.write_some(data) }
  noexcept->std::same_as<io_result>;
};

/// What to wait for before it makes sense to try again.
struct io_interest {
  bool read = true;
  bool write = false;
};

/// Whether the owner of stream should wait for room to write, after last_write was the outcome of its
/// last write_some.
template <byte_stream S>
constexpr bool wants_write(S const& stream, io_status last_write) noexcept {
  if constexpr (requires { stream.wants_write(); }) {
    return stream.wants_write();
  } else {
    return last_write == io_status::would_block;
  }
}

/// Whether stream asks to be called again before its owner waits.
template <byte_stream S>
constexpr bool wants_call(S const& stream) noexcept {
  if constexpr (requires { stream.wants_call(); }) {
    return stream.wants_call();
  } else {
    return false;
  }
}

/// Whether bytes or an end may wait in stream where a wait for the socket does not see them.
template <byte_stream S>
constexpr bool has_unread(S const& stream) noexcept {
  if constexpr (requires { stream.has_unread(); }) {
    return stream.has_unread();
  } else {
    return true;
  }
}

/// Ends the output of a stream that can end it. Any other stream gives ok once it holds nothing back.
template <byte_stream S>
constexpr io_status end_output(S& stream) noexcept {
  if constexpr (requires { stream.end_output(); }) {
    return stream.end_output();
  } else {
    return wants_write(stream, io_status::ok) ? io_status::would_block : io_status::ok;
  }
}

}}  // namespace hubwire

#endif
