// SPDX-License-Identifier: BSL-1.0
// What bearssl_tls does besides: suites, a client certificate, a session to resume. Each is an object of its
// own. A connection without options contains no code for them.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_OPTIONS_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_OPTIONS_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <bearssl.h>

#include <hubwire/core/config.hpp>
#include <hubwire/transport/bearssl_suites.hpp>
#include <hubwire/transport/bearssl_trust.hpp>

namespace hubwire { inline namespace abi1 {

class tls_session;

namespace detail {

// What a session was agreed for, as a SHA-256 of all of it.
struct session_target {
  std::uint8_t digest[32]{};

  friend bool operator==(session_target const&, session_target const&) noexcept = default;
};

// Adds numbers and bytes to a hash, each with its size in front, so that two lists never look alike.
inline void hash_number(br_sha256_context& hash, std::size_t number) noexcept {
  std::uint8_t const octets[4] = {static_cast<std::uint8_t>(number >> 24),
                                  static_cast<std::uint8_t>(number >> 16),
                                  static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
  br_sha256_update(&hash, octets, sizeof octets);
}
inline void hash_bytes(br_sha256_context& hash, void const* data, std::size_t size) noexcept {
  hash_number(hash, size);
  br_sha256_update(&hash, data, size);
}

inline void hash_anchor(br_sha256_context& hash, br_x509_trust_anchor const& anchor) noexcept {
  hash_bytes(hash, anchor.dn.data, anchor.dn.len);
  hash_number(hash, anchor.flags);
  hash_number(hash, anchor.pkey.key_type);
  if (anchor.pkey.key_type == BR_KEYTYPE_RSA) {
    hash_bytes(hash, anchor.pkey.key.rsa.n, anchor.pkey.key.rsa.nlen);
    hash_bytes(hash, anchor.pkey.key.rsa.e, anchor.pkey.key.rsa.elen);
  } else {
    hash_number(hash, static_cast<std::size_t>(anchor.pkey.key.ec.curve));
    hash_bytes(hash, anchor.pkey.key.ec.q, anchor.pkey.key.ec.qlen);
  }
}

// The three kinds of options.
template <class Option>
concept suites_option = requires(Option& option, br_ssl_engine_context& engine) {
  option.choose_suites(engine);
};
template <class Option>
concept certificate_option = requires(Option& option, br_ssl_client_context& client,
                                      br_sha256_context& hash) {
  option.set_certificate(client);
  option.add_to(hash);
};
template <class Option>
concept session_option = std::same_as<std::remove_reference_t<Option>, tls_session>;

template <class Option>
struct option_pointer {
  Option* pointer;
};

template <class... Options>
class tls_options : option_pointer<Options>... {
 public:
  explicit constexpr tls_options(Options&... options) noexcept : option_pointer<Options>{&options}... {}

  // Between br_ssl_client_zero and everything that depends on the algorithms.
  void set_up(br_ssl_client_context& client) const noexcept {
    if constexpr (!(suites_option<Options> || ...)) offer_ecdsa_and_rsa(client.eng);
    each([&client](auto& option) {
      if constexpr (suites_option<decltype(option)>) option.choose_suites(client.eng);
    });
    each([&client](auto& option) {
      if constexpr (certificate_option<decltype(option)>) option.set_certificate(client);
    });
  }

  // Before br_ssl_client_reset. A session is offered only for what it was agreed for.
  void offer_session(br_ssl_client_context& client, trust_anchors anchors, std::string_view server_name,
                     std::uint64_t unix_time) const noexcept {
    each([&](auto& option) {
      if constexpr (session_option<decltype(option)>)
        option.offer(client.eng, target(client.eng, anchors, server_name), unix_time);
    });
  }

  // Whether the handshake that is done resumed the session that was offered.
  bool has_resumed(br_ssl_engine_context const& engine) const noexcept {
    bool resumed = false;
    each([&](auto& option) {
      if constexpr (session_option<decltype(option)>) resumed = option.is_resumed_by(engine);
    });
    return resumed;
  }
  void keep_session(br_ssl_engine_context const& engine) const noexcept {
    each([&](auto& option) {
      if constexpr (session_option<decltype(option)>) option.keep(engine);
    });
  }
  void drop_session() const noexcept {
    each([](auto& option) {
      if constexpr (session_option<decltype(option)>) option.forget();
    });
  }

 private:
  template <class Action>
  void each([[maybe_unused]] Action action) const noexcept {
    (action(*static_cast<option_pointer<Options> const&>(*this).pointer), ...);
  }

  session_target target(br_ssl_engine_context const& engine, trust_anchors anchors,
                        std::string_view server_name) const noexcept {
    br_sha256_context hash;
    br_sha256_init(&hash);
    hash_bytes(hash, server_name.data(), server_name.size());
    hash_bytes(hash, engine.suites_buf, engine.suites_num * sizeof engine.suites_buf[0]);
    hash_number(hash, anchors.size());
    for (br_x509_trust_anchor const& anchor : anchors) hash_anchor(hash, anchor);
    each([&hash](auto& option) {
      if constexpr (certificate_option<decltype(option)>) option.add_to(hash);
    });
    session_target made;
    br_sha256_out(&hash, made.digest);
    return made;
  }
};

}  // namespace detail

/// What bearssl_tls takes behind its buffers: ecdsa_only (bearssl_suites.hpp), a tls_ec_identity,
/// tls_rsa_identity or tls_identity_store (bearssl_identity.hpp, bearssl_identity_store.hpp), a tls_session
/// (bearssl_session.hpp). At most one of each kind.
template <class Option>
concept bearssl_option =
    detail::suites_option<Option> || detail::certificate_option<Option> || detail::session_option<Option>;

}}  // namespace hubwire

#endif
