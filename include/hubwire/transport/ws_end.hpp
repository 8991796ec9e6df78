// SPDX-License-Identifier: BSL-1.0
// The two ends of a WebSocket: what each needs from the caller, and its part of the handshake.
#ifndef HUBWIRE_TRANSPORT_WS_END_HPP
#define HUBWIRE_TRANSPORT_WS_END_HPP

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/crypto/sha1.hpp>
#include <hubwire/transport/ws_frame.hpp>
#include <hubwire/transport/ws_handshake.hpp>

namespace hubwire { inline namespace abi1 {

/// random(room) fills room with bytes that nobody can guess, or returns an error, errc::crypto_failed where
/// it has no better one. A client takes 16 bytes for the handshake and 4 for each frame: RFC 6455 §5.3.
template <class Source>
concept ws_random = requires(Source& source, byte_span room) {
  { source(room) }
  noexcept->std::same_as<result<void>>;
};

/// Makes a websocket a client, with what it cannot do itself.
template <ws_random Random, sha1 Hash>
struct ws_client {
  static constexpr ws_role role = ws_role::client;
  using opening = ws_request;  // what start() takes
  using head_reader = ws_answer_reader;

  Random random;
  Hash hash;
};
template <class Random, class Hash>
ws_client(Random, Hash) -> ws_client<Random, Hash>;

/// What a server serves.
struct ws_service {
  std::string_view path{};  ///< the only path, if not empty; it outlives the handshake
};

/// Makes a websocket a server.
template <sha1 Hash>
struct ws_server {
  static constexpr ws_role role = ws_role::server;
  using opening = ws_service;
  using head_reader = ws_request_reader;

  Hash hash;
};
template <class Hash>
ws_server(Hash) -> ws_server<Hash>;

namespace detail {

// Writes what this end sends before it has read anything, and returns its size. Prepares the reader.
template <class Random, class Hash>
result<std::size_t> ws_begin(ws_client<Random, Hash>& end, ws_request const& request, char_span out,
                             ws_answer_reader& reader, char_span memory) noexcept {
  std::array<std::uint8_t, 16> nonce{};
  result<void> const filled = end.random(byte_span(nonce));
  if (!filled) return filled.error();
  ws_key_text const key = ws_key_of(nonce);
  auto const accept = ws_accept_of(end.hash, key);
  if (!accept) return accept.error();
  reader = ws_answer_reader(memory, *accept);
  auto const written = write_ws_request(out, request, key);
  if (!written) return written.error();
  return written->size();
}
template <class Hash>
result<std::size_t> ws_begin(ws_server<Hash>&, ws_service const& service, char_span,
                             ws_request_reader& reader, char_span memory) noexcept {
  reader = ws_request_reader(memory, service.path);
  return std::size_t{0};
}

// Writes what this end sends after it has read a good head.
template <class Random, class Hash>
result<std::size_t> ws_answer(ws_client<Random, Hash>&, ws_answer_reader const&, char_span) noexcept {
  return std::size_t{0};
}
template <class Hash>
result<std::size_t> ws_answer(ws_server<Hash>& end, ws_request_reader const& reader, char_span out) noexcept {
  auto const accept = ws_accept_of(end.hash, reader.key());
  if (!accept) return accept.error();
  auto const written = write_ws_answer(out, *accept, reader.protocol());
  if (!written) return written.error();
  return written->size();
}

// What this end sends after it has read a bad head.
constexpr std::string_view ws_last_word(ws_answer_reader const&) noexcept { return {}; }
constexpr std::string_view ws_last_word(ws_request_reader const& reader) noexcept {
  return ws_refusal(reader.status());
}

// Gives a frame its key if this end masks.
template <class Random, class Hash>
result<void> ws_give_key(ws_client<Random, Hash>& end, ws_frame& frame) noexcept {
  frame.masked = true;
  return end.random(byte_span(frame.key));
}
template <class Hash>
constexpr result<void> ws_give_key(ws_server<Hash>&, ws_frame&) noexcept {
  return {};
}

}  // namespace detail

}}  // namespace hubwire

#endif
