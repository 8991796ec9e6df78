// SPDX-License-Identifier: BSL-1.0
// The TLS clients in the box, each with what its library cannot do, and a connection of one of them to OpenSSL's
// server, for tests that hold for all of them.
#ifndef HUBWIRE_TESTS_TRANSPORT_TLS_CONTRACT_HPP
#define HUBWIRE_TESTS_TRANSPORT_TLS_CONTRACT_HPP

#include <array>
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <hubwire/transport/bearssl_identity_store.hpp>
#include <hubwire/transport/bearssl_session.hpp>
#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/faulty.hpp>
#include <hubwire/transport/mbedtls_tls.hpp>
#include <hubwire/transport/memory_pipe.hpp>
#include <hubwire/transport/openssl_tls.hpp>

#include "certificates.hpp"
#include "mqtt_over.hpp"
#include "openssl_server.hpp"
#include "tls_fixture.hpp"
#include "tls_settings.hpp"

namespace hubwire::test {

inline identity const& tls_root() {
  static identity const made = make_authority("Contract Root");
  return made;
}
inline identity const& tls_server() {
  static identity const made = make_identity({}, &tls_root());
  return made;
}

// Each kind says in a sentence what it cannot do; an empty one says that it can. A test that asks for it prints the
// sentence and ends.
#define HUBWIRE_NEEDS(what)                                     \
  if constexpr (!TestType::what.empty()) {                      \
    WARN(TestType::name << " is left out: " << TestType::what); \
    return;                                                     \
  }

// A tls_session belongs to its bearssl_tls: this names the one of the client that begins with it.
class bearssl_held_session {
 public:
  void clear() { held_->forget(); }
  bool empty() const { return !held_->is_kept(); }

 private:
  friend struct by_bearssl;
  tls_session* held_ = nullptr;
};

struct by_bearssl {
  static constexpr std::string_view name = "bearssl_tls";
  static constexpr int version = TLS1_2_VERSION;
  static constexpr std::string_view sessions = "";
  static constexpr std::string_view client_certificates = "";
  static constexpr std::string_view key_updates = "TLS 1.2 has none";
  static constexpr std::string_view heap = "it has none; bearssl_tls.test.cpp looks at its memory";
  static constexpr std::string_view which_alert = "";
  static constexpr std::string_view chain_limit = "";
  static constexpr std::string_view last_second = "";
  static constexpr std::string_view unread_after_end =
      "BearSSL drops what comes in behind its own close_notify";
  using session = bearssl_held_session;

  template <byte_stream Lower>
  class client {
   public:
    using stream_type = bearssl_tls<Lower, tls_identity_store<2>, tls_session>;
    client(Lower& lower, identity const& trusted, identity const* own = nullptr)
        : stream_(lower, anchors_of(trust_, trusted), {input_, output_}, own_, held_) {
      if (own != nullptr) REQUIRE(own_.load_pem(to_pem(*own), key_to_pem(*own)));
    }
    client(client const&) = delete;
    client& operator=(client const&) = delete;
    auto& stream() { return stream_; }
    result<void> start(std::string_view server_name, std::uint64_t time, session* with = nullptr) {
      std::array<std::uint8_t, 32> const entropy{7, 8, 9};
      if (with == nullptr)
        held_.forget();
      else
        with->held_ = &held_;
      return stream_.start({.server_name = server_name, .unix_time = time, .entropy = entropy});
    }
    bool resumed() const { return held_.was_resumed(); }

   private:
    static trust_anchors anchors_of(trust_store_base& store, identity const& trusted) {
      REQUIRE(store.add_pem(to_pem(trusted)));
      return store.anchors();
    }
    trust_store<2> trust_{};
    tls_identity_store<2> own_{};
    tls_session held_{};
    octets input_ = octets(tls_buffers::full_input);
    octets output_ = octets(1024);
    stream_type stream_;
  };
};

// The client of a library whose owner sets up roots and the like.
template <class Stream, class Settings, class Session>
class settled_client {
 public:
  using stream_type = Stream;
  template <class Lower>
  settled_client(Lower& lower, identity const& trusted, identity const* own = nullptr)
      : settings_(trusted), stream_(lower, settings_.get()) {
    if (own != nullptr) settings_.show(*own);
  }
  auto& stream() { return stream_; }
  auto& settings() { return settings_.get(); }
  result<void> start(std::string_view server_name, std::uint64_t time, Session* session = nullptr) {
    return stream_.start({.server_name = server_name, .unix_time = time, .session = session});
  }
  bool resumed() const { return stream_.resumed(); }

 private:
  Settings settings_;
  Stream stream_;
};

template <int Version>
struct by_openssl {
  static constexpr std::string_view name =
      Version == TLS1_3_VERSION ? "openssl_tls with TLS 1.3" : "openssl_tls with TLS 1.2";
  static constexpr int version = Version;
  static constexpr std::string_view sessions = "";
  static constexpr std::string_view client_certificates = "";
  static constexpr std::string_view key_updates = Version == TLS1_3_VERSION ? "" : "TLS 1.2 has none";
  static constexpr std::string_view heap = "";
  static constexpr std::string_view which_alert = "";
  static constexpr std::string_view chain_limit = "";
  static constexpr std::string_view last_second = "OpenSSL counts a certificate's last second as past";
  static constexpr std::string_view unread_after_end = "";
  using session = openssl_session;
  template <byte_stream Lower>
  using client = settled_client<openssl_tls<Lower>, openssl_settings, session>;
};
using by_openssl_12 = by_openssl<TLS1_2_VERSION>;
using by_openssl_13 = by_openssl<TLS1_3_VERSION>;

struct by_mbedtls {
  static constexpr std::string_view name = "mbedtls_tls";
  static constexpr int version = TLS1_2_VERSION;
  static constexpr std::string_view sessions = "";
  static constexpr std::string_view client_certificates = "";
  static constexpr std::string_view key_updates = "TLS 1.2 has none";
  static constexpr std::string_view heap = "";
  static constexpr std::string_view which_alert = "mbedTLS does not say which alert the server sent";
  static constexpr std::string_view chain_limit =
      "mbedTLS has its limit built in, and gives no error of its own for it";
  static constexpr std::string_view last_second = "";
  static constexpr std::string_view unread_after_end = "";
  using session = mbedtls_session;
  template <byte_stream Lower>
  using client = settled_client<mbedtls_tls<Lower>, mbedtls_settings, session>;
};

struct contract_setup {
  identity const* server = &tls_server();
  identity const* trusted = &tls_root();
  identity const* own = nullptr;  // the client's certificate
  server_plan plan{};             // its versions are those of the kind
  faults bad{};
  std::string name = "hub.example.test";
  std::uint64_t time = today;
};

template <class With>
struct tls_contract {
  std::array<std::uint8_t, 3000> rightward{};
  std::array<std::uint8_t, 3000> leftward{};
  memory_pipe pipe{rightward, leftward};
  faulty<memory_pipe::end> lower;
  tap wire{lower};
  openssl_server server;
  typename With::template client<tap> owner;
  typename With::template client<tap>::stream_type& client = owner.stream();

  explicit tls_contract(contract_setup const& setup = {})
      : lower(pipe.left(), setup.bad),
        server(pipe.right(), *setup.server, of_kind(setup.plan)),
        owner(wire, *setup.trusted, setup.own) {
    REQUIRE(owner.start(setup.name, setup.time));
  }

  static server_plan of_kind(server_plan plan) {
    plan.lowest_version = plan.highest_version = With::version;
    return plan;
  }

  // Runs the handshake; true when both sides are done, false when the client reports an end.
  bool shake_hands(int most = 60'000) {
    std::array<std::uint8_t, 1> room{};
    for (int i = 0; i < most; ++i) {
      io_result const r = client.read_some(room);
      if (r.status == io_status::failed || r.status == io_status::closed) return false;
      REQUIRE(r.count == 0);
      int const server_state = server.handshake();
      if (client.handshake_done() && server_state == 0) return true;
    }
    return false;
  }

  // Tries to write a password at every step until the client gives up; the end that it reports.
  io_result refused(std::string_view password) {
    octets const secret = to_octets(password);
    octets room(100);
    for (int i = 0; i < 1000; ++i) {
      io_result const w = client.write_some(secret);
      REQUIRE(w.count == 0);
      io_result const r = client.read_some(room);
      REQUIRE(r.count == 0);
      REQUIRE_FALSE(client.handshake_done());
      if (r.status != io_status::would_block) return r;
      server.handshake();
    }
    return {};
  }

  // The next connection: what lies on the wire is dropped.
  void reconnect(typename With::session* session = nullptr, std::string_view name = "hub.example.test",
                 std::uint64_t time = today) {
    client.close();
    wire.end_after(faults::never, {});
    octets rest(1000);
    while (pipe.right().read_some(rest).count != 0) {}
    while (pipe.left().read_some(rest).count != 0) {}
    server.restart();
    REQUIRE(owner.start(name, time, session));
  }

  template <class From>
  void send(From& from, octets const& data) {
    std::size_t sent = 0;
    for (int i = 0; i < 100'000 && sent < data.size(); ++i)
      sent += from.write_some(byte_view(data).subspan(sent)).count;
    REQUIRE(sent == data.size());
  }
  octets client_reads(std::size_t wanted) { return read_all(client, wanted); }
  octets server_reads(std::size_t wanted) { return read_all(server, wanted); }

  // What arrives while one side writes and both read.
  template <class From, class To>
  octets carry(From& from, To& to, octets const& data) {
    octets got;
    octets chunk(5000);
    std::size_t sent = 0;
    for (int idle = 0; idle < 20'000 && got.size() < data.size(); ++idle) {
      std::size_t const before = sent + got.size();
      sent += from.write_some(byte_view(data).subspan(sent)).count;
      static_cast<void>(from.read_some(byte_span(chunk).first(1)));
      io_result const r = to.read_some(chunk);
      got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(r.count));
      server.turn();
      if (sent + got.size() != before) idle = 0;
    }
    return got;
  }

  // As end_of_client(), of a handshake that does not end well.
  io_result end_of_client_in_handshake() {
    octets room(10);
    io_result r{};
    for (int i = 0; i < 1000 && r.status != io_status::failed; ++i) {
      r = client.read_some(room);
      server.handshake();
    }
    return r;
  }

  // The client's last answer to a read, once it is neither bytes nor would_block.
  io_result end_of_client() {
    octets room(1000);
    io_result r{};
    for (int i = 0; i < 1000; ++i) {
      r = client.read_some(room);
      if (r.status == io_status::closed || r.status == io_status::failed) break;
      server.turn();
    }
    return r;
  }

 private:
  template <class End>
  octets read_all(End& end, std::size_t wanted) {
    octets got;
    octets chunk(777);
    for (int idle = 0; idle < 100 && got.size() < wanted; ++idle) {
      io_result const r = end.read_some(byte_span(chunk).first(std::min(chunk.size(), wanted - got.size())));
      got.insert(got.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(r.count));
      if (r.count != 0) idle = 0;
      server.turn();
    }
    return got;
  }
};

}  // namespace hubwire::test

#endif
