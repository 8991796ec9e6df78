// SPDX-License-Identifier: BSL-1.0
// A TLS client and a server that is not to be trusted. Input: a byte that chooses the server, a byte for how its
// bytes arrive, then either everything that it says, or changes to what OpenSSL says: three bytes each, where (two
// bytes) and what. Oracle: errors are sticky; after an end buffers and contexts are wiped; nothing of the application
// leaves before the certificate was accepted, and never to a server whose certificate is wrong; what is read is
// what an honest server wrote; at most one signature is checked in a call.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <hubwire/transport/bearssl_session.hpp>
#include <hubwire/transport/bearssl_tls.hpp>

#include <openssl/ssl.h>
#include <fuzz/support/target.hpp>
#include <tests/transport/certificates.hpp>

namespace {

int signatures = 0;

std::uint32_t counted_ecdsa(br_ec_impl const* curves, void const* hash, std::size_t hash_size,
                            br_ec_public_key const* key, void const* signature, std::size_t size) {
  ++signatures;
  return br_ecdsa_vrfy_asn1_get_default()(curves, hash, hash_size, key, signature, size);
}

}  // namespace

// Instead of BearSSL's own, which the linker then leaves in its archive.
extern "C" void br_ssl_engine_set_default_ecdsa(br_ssl_engine_context* engine) {
  br_ssl_engine_set_ec(engine, br_ec_get_default());
  br_ssl_engine_set_ecdsa(engine, &counted_ecdsa);
}

namespace {

using fuzz::require;
using namespace hubwire;
using namespace hubwire::test;

constexpr std::string_view secret = "SharedAccessSignature sr=never&sig=seen";

// The wire: what the server has sent, in portions, and everything that the client has.
struct wire {
  std::string to_client{};
  std::string from_client{};
  std::size_t portion = 1'000'000;
  bool cut = false;  // the end of to_client is the end of the connection

  io_result read_some(byte_span room) noexcept {
    std::size_t const count = std::min({room.size(), to_client.size(), portion});
    if (count == 0) return {0, cut ? io_status::closed : io_status::would_block, {}};
    std::memcpy(room.data(), to_client.data(), count);
    to_client.erase(0, count);
    return {count, io_status::ok, {}};
  }
  io_result write_some(byte_view data) noexcept {
    from_client.append(data.begin(), data.end());
    return {data.size(), io_status::ok, {}};
  }
};

struct plan {
  identity server;
  std::vector<X509*> chain{};
  bool honest = false;
};

struct world {
  identity root = make_authority("Root");
  identity middle = make_authority("Middle", key_kind::p256, &root);
  identity forged = make_identity({.common_name = "Middle"}, &root);
  identity loop = make_identity({.authority = true});
  trust_store<1> trust{};
  std::vector<plan> plans{};
  std::vector<std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>> contexts{};

  world() {
    require(trust.add_pem(to_pem(root)).has_value(), "the root is an anchor");
    plans.push_back({make_identity({}, &root), {}, true});
    plans.push_back({make_identity({}, &middle), {middle.certificate.get()}, true});
    plans.push_back({make_identity({.alternative_names = "DNS:other.example.test"}, &root)});
    plans.push_back({make_identity({.extended_usage = "clientAuth"}, &root)});
    plans.push_back({make_identity({.name_constraints = "permitted;DNS:example.test"}, &root)});
    plans.push_back({make_identity({.not_after = today - 1}, &root)});
    plans.push_back({make_identity({}, &forged), {forged.certificate.get()}});
    plans.push_back({make_identity({})});
    plan endless{make_identity({}, &loop)};
    endless.chain.assign(20, loop.certificate.get());
    plans.push_back(std::move(endless));
    plans.push_back({make_identity({.alternative_names = ""}, &root)});
    for (plan const& p : plans) {
      SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
      SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
      SSL_CTX_use_certificate(context, p.server.certificate.get());
      SSL_CTX_use_PrivateKey(context, p.server.key.get());
      for (X509* const link : p.chain) SSL_CTX_add1_chain_cert(context, link);
      contexts.emplace_back(context);
    }
  }
};

world& the_world() {
  static world made;
  return made;
}

// OpenSSL, whose words are changed on their way.
class server {
 public:
  server(SSL_CTX* context, std::string_view changes) : ssl_(SSL_new(context)) {
    SSL_set_bio(ssl_, in_, out_);
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_accept_state(ssl_);
    for (; changes.size() >= 3; changes.remove_prefix(3)) {
      auto const at = [&](std::size_t i) { return static_cast<unsigned char>(changes[i]); };
      changes_.push_back({at(0) * 256U + at(1), at(2)});
    }
  }
  server(server const&) = delete;
  server& operator=(server const&) = delete;
  ~server() { SSL_free(ssl_); }

  void turn(wire& w) {
    if (!w.from_client.empty())
      BIO_write(in_, w.from_client.data() + seen_, static_cast<int>(w.from_client.size() - seen_));
    seen_ = w.from_client.size();
    std::array<char, 512> chunk{};
    if (SSL_do_handshake(ssl_) == 1) {
      while (SSL_read(ssl_, chunk.data(), static_cast<int>(chunk.size())) > 0) {}
      if (!answered_) SSL_write(ssl_, answer.data(), static_cast<int>(answer.size()));
      if (!answered_) SSL_shutdown(ssl_);
      answered_ = true;
    }
    for (;;) {
      int const count = BIO_read(out_, chunk.data(), static_cast<int>(chunk.size()));
      if (count <= 0) break;
      for (int i = 0; i != count; ++i) say(w, chunk[static_cast<std::size_t>(i)]);
    }
  }

  static constexpr std::string_view answer = "what the server has to say, in one record and then it leaves";

 private:
  struct change {
    std::size_t at;
    unsigned what;
  };

  // One byte, as it is or not: another one, twice, or not at all.
  void say(wire& w, char c) {
    bool gone = false;
    for (change const& wanted : changes_) {
      if (wanted.at != said_) continue;
      if (wanted.what == 0) {
        gone = true;
      } else if (wanted.what == 255) {
        w.to_client += c;
      } else {
        c = static_cast<char>(static_cast<unsigned char>(c) ^ wanted.what);
      }
    }
    if (!gone) w.to_client += c;
    ++said_;
  }

  SSL* ssl_;
  BIO* in_ = BIO_new(BIO_s_mem());
  BIO* out_ = BIO_new(BIO_s_mem());
  std::vector<change> changes_{};
  std::size_t seen_ = 0;
  std::size_t said_ = 0;
  bool answered_ = false;
};

using client_type = bearssl_tls<wire, tls_session>;

struct connection {
  wire lower{};
  std::vector<std::uint8_t> input = std::vector<std::uint8_t>(tls_buffers::full_input);
  std::vector<std::uint8_t> output = std::vector<std::uint8_t>(2048);
  alignas(client_type) std::array<std::uint8_t, sizeof(client_type)> memory{};
  client_type* client = nullptr;
  bool honest = false;
  bool was_open = false;
  int all_signatures = 0;
  std::string got{};

  tls_session& session;

  explicit connection(tls_session& kept) : session(kept) {
    client = ::new (static_cast<void*>(memory.data()))
        client_type(lower, the_world().trust.anchors(), {input, output}, session);
    std::array<std::uint8_t, 32> const entropy{7, 7, 7};
    require(client->start({.server_name = "hub.example.test", .unix_time = today, .entropy = entropy})
                .has_value(),
            "start");
  }
  connection(connection const&) = delete;
  connection& operator=(connection const&) = delete;
  ~connection() { client->~client_type(); }

  // One call; true as long as there is no end.
  template <class Call>
  bool checked(Call call, std::size_t room) {
    signatures = 0;
    io_result const r = call();
    require(signatures <= 1, "one signature a call");
    all_signatures += signatures;
    require(all_signatures <= 8 + 8 + 1, "no more signatures than eight certificates and a handshake have");
    require(r.count <= room, "no more than there was room for");
    require(r.count == 0 || r.status == io_status::ok, "a count only with ok");
    was_open = was_open || client->handshake_done();
    require(!session.was_resumed() || all_signatures == 0, "a resumed handshake checks no signature");
    require(r.count == 0 || was_open, "nothing moves before the handshake is done");
    require(honest || !was_open, "no connection with a server whose certificate is wrong");
    bool const over = r.status == io_status::closed || r.status == io_status::failed;
    require(!client->wants_call() || (!over && r.count == 0), "called again only where a call moved nothing");
    if (over) check_end(r);
    return !over;
  }

  bool turn() {
    std::array<std::uint8_t, 100> room{};
    bool const reads = checked(
        [&] {
          io_result const r = client->read_some(room);
          got.append(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(r.count));
          return r;
        },
        room.size());
    if (!reads) return false;
    byte_view const text(reinterpret_cast<std::uint8_t const*>(secret.data()), secret.size());
    return checked([&] { return client->write_some(text); }, text.size());
  }

  void check_end(io_result const& end) {
    require((end.status == io_status::failed) == (end.error.code != errc::none), "a failure has a name");
    std::array<std::uint8_t, 10> room{};
    for (int i = 0; i != 3; ++i) {
      io_result const r = client->read_some(room);
      io_result const w = client->write_some(room);
      require(r.status == end.status && r.error == end.error && r.count == 0, "errors of reading are sticky");
      require(w.status == end.status && w.error == end.error && w.count == 0, "errors of writing are sticky");
    }
    require(!client->handshake_done() && !client->wants_call() && !client->wants_write(),
            "nothing is wanted any more");
    bool const unsound = !was_open || end.error == errc::tls_failed;
    require(!unsound || !session.is_kept(), "no session is kept of what failed");
    auto const zero = [](std::uint8_t b) { return b == 0; };
    require(std::all_of(input.begin(), input.end(), zero), "the input buffer is wiped");
    require(std::all_of(output.begin(), output.end(), zero), "the output buffer is wiped");
    auto const left = std::count_if(memory.begin(), memory.end(), [](std::uint8_t b) { return b != 0; });
    require(left < 100, "the contexts are wiped");
  }

  void check_sent() const {
    require(lower.from_client.find(secret.substr(0, 12)) == std::string::npos, "no secret in clear");
    for (std::size_t at = 0; at + 5 <= lower.from_client.size();) {
      auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(lower.from_client[at + i]); };
      require(byte(0) != 23 || was_open, "no record of the application before the certificate is accepted");
      at += 5U + byte(3) * 256U + byte(4);
    }
    require(got == server::answer.substr(0, got.size()), "what is read is what the server wrote");
  }
};

// A whole connection to the first server, which leaves a session.
void keep_a_session(tls_session& session) {
  connection c(session);
  c.honest = true;
  server s(the_world().contexts[0].get(), {});
  for (int i = 0; i != 400 && c.turn(); ++i) s.turn(c.lower);
  require(session.is_kept() && !session.was_resumed(), "the first server's session is kept");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::choices choose(fuzz::as_text(data, size));
  std::size_t const which = choose.byte() % (the_world().plans.size() + 2);
  unsigned const how = choose.byte();
  tls_session session;
  bool const again = how / 64 % 2 == 1;
  if (again) keep_a_session(session);
  connection c(session);
  c.lower.portion = how % 4 == 0 ? 1'000'000 : how % 64;
  if (c.lower.portion == 0) c.lower.portion = 1;
  bool more = true;
  if (which >= the_world().plans.size()) {
    c.lower.to_client = choose.rest();
    c.lower.cut = true;
    for (int i = 0; i != 20'000 && more; ++i) more = c.turn();
    require(!more, "bytes that end are an end");
  } else {
    c.honest = the_world().plans[which].honest;
    std::string_view const changes = choose.rest();
    server s(the_world().contexts[which].get(), changes);
    for (int i = 0; i != 400 && more; ++i) {
      more = c.turn();
      s.turn(c.lower);
      if (how >= 128 && c.was_open && more) {
        io_status const ended = c.client->end_output();
        if (ended == io_status::closed || ended == io_status::failed) break;
        std::array<std::uint8_t, 1> octet{};
        require(c.client->write_some(octet).status == io_status::closed, "nothing is written behind the end");
        break;
      }
    }
    require(!session.was_resumed() || (again && which == 0), "a session is resumed with its own server");
    require(session.was_resumed() || !again || which != 0 || !changes.empty(),
            "the first server resumes its session");
  }
  c.check_sent();
  c.client->close();
  std::array<std::uint8_t, 1> octet{};
  require(c.client->read_some(octet).count == 0, "nothing is read after close");
  return 0;
}
