// SPDX-License-Identifier: BSL-1.0
// What went wrong while a connection was made: every error, in order, with its layer and its address. The
// record needs no operating system. TCP writes into it, and so may a program about the layers above.
#ifndef HUBWIRE_TRANSPORT_CONNECT_LOG_HPP
#define HUBWIRE_TRANSPORT_CONNECT_LOG_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <hubwire/core/errc.hpp>
#include <hubwire/transport/ip_endpoint.hpp>

namespace hubwire { inline namespace abi1 {

/// What a connection consists of, from below.
enum class connect_layer : std::uint8_t {
  look_up,  ///< the name of the host
  tcp,
  proxy,
  tls,
  websocket,
  mqtt,
};

/// The layer that an error belongs to. An error that has no layer of its own counts as MQTT's.
constexpr connect_layer layer_of(errc code) noexcept {
  switch (code) {
    case errc::address_not_found: return connect_layer::look_up;
    case errc::connect_failed:
    case errc::connect_timeout:
    case errc::connection_lost:
    case errc::transport_failed: return connect_layer::tcp;
    case errc::proxy_refused:
    case errc::proxy_wants_credentials:
    case errc::invalid_http_reply:
    case errc::http_reply_too_long: return connect_layer::proxy;
    case errc::tls_failed:
    case errc::tls_untrusted_certificate:
    case errc::tls_wrong_server_name:
    case errc::tls_certificate_expired:
    case errc::tls_chain_too_long: return connect_layer::tls;
    case errc::websocket_refused:
    case errc::websocket_failed: return connect_layer::websocket;
    default: return connect_layer::mqtt;
  }
}

/// One thing that failed: where, and what the system, the engine or the peer said. why.detail is the native
/// number: errno, the TLS engine's, an HTTP status.
struct connect_attempt {
  connect_layer layer = connect_layer::tcp;
  ip_endpoint where{};  ///< ip_family::none where no address was involved
  error why{};

  friend constexpr bool operator==(connect_attempt const&, connect_attempt const&) noexcept = default;
};

/// The record of one connection, bounded and without heap. An attempt that failed decides nothing as long as
/// another may succeed. The first error that ended the connection is the cause; what comes after it is a
/// consequence.
class connect_log {
 public:
  static constexpr std::size_t capacity = 12;

  /// What failed, in order: the first ones, as many as fit.
  constexpr std::span<connect_attempt const> attempts() const noexcept { return {attempts_.data(), size_}; }
  /// How many more there were.
  constexpr std::size_t left_out() const noexcept { return left_out_; }
  /// What ended the connection; cause().why.code is errc::none as long as nothing has.
  constexpr connect_attempt const& cause() const noexcept { return cause_; }
  /// The address that TCP has connected to; ip_family::none before.
  constexpr ip_endpoint const& reached() const noexcept { return reached_; }

  /// Records an error that does not end the connection.
  constexpr void note(connect_attempt const& failed) noexcept {
    if (size_ == capacity) {
      ++left_out_;
    } else {
      attempts_[size_++] = failed;
    }
  }
  /// Makes an attempt the cause, unless there is one already. Records nothing.
  constexpr void decide(connect_attempt const& failed) noexcept {
    if (!has_cause()) cause_ = failed;
  }
  /// Records an error that ended the connection: event.cause() of a client that has closed, for instance. The
  /// error that is the cause already is not recorded twice.
  constexpr void end(connect_layer layer, error why) noexcept {
    if (why.code == errc::none || cause_.why == why) return;
    connect_attempt const last{.layer = layer, .where = reached_, .why = why};
    note(last);
    decide(last);
  }
  constexpr void end(error why) noexcept { end(layer_of(why.code), why); }

  /// TCP has connected.
  constexpr void reach(ip_endpoint const& where) noexcept { reached_ = where; }
  /// Forgets everything, for another connection.
  constexpr void clear() noexcept {
    size_ = 0;
    left_out_ = 0;
    cause_ = {};
    reached_ = {};
  }

 private:
  constexpr bool has_cause() const noexcept { return cause_.why.code != errc::none; }

  // INVARIANT: size_ <= capacity; left_out_ != 0 only when size_ == capacity.
  std::array<connect_attempt, capacity> attempts_{};
  std::size_t size_ = 0;
  std::size_t left_out_ = 0;
  connect_attempt cause_{};
  ip_endpoint reached_{};
};

}}  // namespace hubwire

#endif
