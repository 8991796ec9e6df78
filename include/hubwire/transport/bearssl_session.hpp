// SPDX-License-Identifier: BSL-1.0
// A TLS session that is kept, so that the next connection to this server needs no signature and no key
// agreement (RFC 5246 §7.3, by session id).
#ifndef HUBWIRE_TRANSPORT_BEARSSL_SESSION_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_SESSION_HPP

#include <cstdint>
#include <cstring>

#include <bearssl.h>

#include <hubwire/core/wipe.hpp>
#include <hubwire/transport/bearssl_options.hpp>

namespace hubwire { inline namespace abi1 {

/// An option of bearssl_tls: memory for one session, about 150 bytes. bearssl_tls fills it when a handshake
/// is done and offers it in the next one. A server that does not know it any more does a full handshake, and
/// that session is kept instead.
///
/// It is offered only if all of this is as it was: the server's name (byte by byte), the trust anchors, the
/// suites, and the client's certificate. It is offered for longest_life at most. The certificate of the
/// server is not looked at again in that time.
///
/// An offer uses the session up: a handshake that fails after it leaves nothing, so the next one is full. A
/// connection that ends with tls_failed drops its session too (RFC 5246 §7.2.2). Close and a lost connection
/// keep it.
///
/// It holds the session's master secret: treat its memory like a key. The destructor wipes it. It outlives
/// the bearssl_tls that uses it and belongs to that one alone. Servers that know tickets only (RFC 5077) give
/// no session ids; then every handshake is full.
class tls_session {
 public:
  static constexpr std::uint64_t longest_life = 86'400;  // seconds, from the full handshake on

  tls_session() noexcept = default;
  tls_session(tls_session const&) = delete;
  tls_session& operator=(tls_session const&) = delete;
  ~tls_session() { forget(); }

  /// Whether there is a session that the next handshake offers.
  bool is_kept() const noexcept { return state_ == state::kept; }
  /// Whether the last handshake that was done resumed a session. If not, it was full.
  bool was_resumed() const noexcept { return resumed_; }
  /// Wipes the session. The next handshake is full. An open connection goes on.
  void forget() noexcept {
    wipe_object(parameters_);
    state_ = state::empty;
  }

 private:
  template <class... Options>
  friend class detail::tls_options;

  enum class state : std::uint8_t { empty, kept, offered };

  // Offers the session if it is one for target; else wipes it.
  void offer(br_ssl_engine_context& engine, detail::session_target const& target,
             std::uint64_t unix_time) noexcept {
    bool const fits = target == target_ && unix_time >= begun_ && unix_time - begun_ < longest_life;
    if (!is_kept() || !fits) forget();
    target_ = target;
    now_ = unix_time;
    resumed_ = false;
    if (!is_kept()) return;
    br_ssl_engine_set_session_parameters(&engine, &parameters_);
    state_ = state::offered;
  }

  // A resumed session has the identifier and the master secret that were offered.
  bool is_resumed_by(br_ssl_engine_context const& engine) const noexcept {
    br_ssl_session_parameters const& now = engine.session;
    return state_ == state::offered && now.session_id_len == parameters_.session_id_len &&
           std::memcmp(now.session_id, parameters_.session_id, now.session_id_len) == 0 &&
           std::memcmp(now.master_secret, parameters_.master_secret, sizeof now.master_secret) == 0;
  }

  // A handshake is done.
  void keep(br_ssl_engine_context const& engine) noexcept {
    resumed_ = is_resumed_by(engine);
    if (!resumed_) begun_ = now_;
    br_ssl_engine_get_session_parameters(&engine, &parameters_);
    state_ = state::kept;
    if (parameters_.session_id_len == 0) forget();
  }

  br_ssl_session_parameters parameters_{};
  detail::session_target target_{};
  std::uint64_t begun_ = 0;  // when the full handshake took place
  std::uint64_t now_ = 0;    // of the last handshake
  state state_ = state::empty;
  bool resumed_ = false;
};

}}  // namespace hubwire

#endif
