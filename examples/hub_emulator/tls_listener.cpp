// SPDX-License-Identifier: BSL-1.0
#include "tls_listener.hpp"

#include <openssl/ssl.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "connection.hpp"
#include "stream_link.hpp"

namespace hub_emulator {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using tls_stream = asio::ssl::stream<tcp::socket>;

[[noreturn]] void refuse(std::string const& what, error_code code) {
  throw std::runtime_error(what + ": " + code.message());
}

void load_certificate(asio::ssl::context& tls, options const& settings) {
  error_code code;
  tls.use_certificate_chain_file(settings.certificate, code);
  if (code) refuse("certificate " + settings.certificate, code);
  tls.use_private_key_file(settings.private_key, asio::ssl::context::pem, code);
  if (code) refuse("private key " + settings.private_key, code);
  if (SSL_CTX_check_private_key(tls.native_handle()) != 1)
    throw std::runtime_error("private key " + settings.private_key + " does not belong to " +
                             settings.certificate);
}

// A client certificate is asked for and not required: which devices need one is decided at CONNECT.
void ask_for_certificates(asio::ssl::context& tls) {
  tls.set_verify_mode(asio::ssl::verify_peer);
  tls.set_verify_callback([](bool, asio::ssl::verify_context&) { return true; });
  // Without an id, sessions that asked for a certificate cannot be resumed.
  static constexpr unsigned char id[] = "hub_emulator";
  SSL_CTX_set_session_id_context(tls.native_handle(), id, sizeof id - 1);
}

asio::ssl::context make_context(options const& settings) {
  asio::ssl::context tls(asio::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(tls.native_handle(), SSL_OP_NO_RENEGOTIATION);
  load_certificate(tls, settings);
  ask_for_certificates(tls);
  return tls;
}

std::string text_of(tcp::socket const& socket) {
  error_code code;
  auto const peer = socket.remote_endpoint(code);
  return code ? "unknown" : peer.address().to_string() + ":" + std::to_string(peer.port());
}

}  // namespace

// A connection until TLS stands.
struct tls_listener::handshake {
  handshake(tcp::socket socket, asio::ssl::context& tls, tcp_listener::place taken)
      : peer(text_of(socket)),
        stream(std::move(socket), tls),
        timer(stream.get_executor()),
        place(std::move(taken)) {}

  std::string peer;
  tls_stream stream;
  asio::steady_timer timer;
  tcp_listener::place place;
};

tls_listener::tls_listener(asio::io_context& io, options const& settings, hub& owner)
    : io_(io),
      settings_(settings),
      hub_(owner),
      tls_(make_context(settings)),
      listener_(io, {settings.address, settings.port, strangers_max}, owner.log()) {}

void tls_listener::start() {
  listener_.start([this](tcp::socket socket, tcp_listener::place place) {
    shake_hands(std::move(socket), std::move(place));
  });
}

void tls_listener::shake_hands(tcp::socket socket, tcp_listener::place place) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  auto const shared = std::make_shared<handshake>(std::move(socket), tls_, std::move(place));
  auto const deadline = std::chrono::steady_clock::now() + settings_.connect_timeout;
  shared->timer.expires_at(deadline);
  shared->timer.async_wait([shared](error_code code) {
    error_code dropped;
    if (!code) shared->stream.lowest_layer().close(dropped);
  });
  shared->stream.async_handshake(asio::ssl::stream_base::server, [this, shared, deadline](error_code code) {
    shared->timer.cancel();
    if (code) {
      bool const late = code == asio::error::operation_aborted;
      return hub_.log().print("closed", {{"peer", shared->peer},
                                         {"reason", late ? "connect_timeout" : "tls_failed"},
                                         {"detail", code.message()}});
    }
    auto const link = std::make_shared<stream_link<tls_stream>>(std::move(shared->stream), shared->peer);
    auto const user = std::make_shared<connection>(hub_, link, io_.get_executor());
    user->start(deadline, std::move(shared->place));
    link->start(user);
  });
}

}  // namespace hub_emulator
