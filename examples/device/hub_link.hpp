// SPDX-License-Identifier: BSL-1.0
// The connection that MQTT runs over: TCP, and TLS on top of it.
#ifndef DEVICE_HUB_LINK_HPP
#define DEVICE_HUB_LINK_HPP

#include <array>
#include <cstdint>

#include <hubwire/core/result.hpp>
#include <hubwire/core/wipe.hpp>
#include <hubwire/driver/blocking.hpp>
#include <hubwire/transport/bearssl_tls.hpp>
#include <hubwire/transport/posix_tcp.hpp>

#include "endpoint.hpp"
#include "platform.hpp"

namespace device {

class hub_link {
 public:
  static constexpr std::uint32_t connect_timeout = 15'000;  // milliseconds

  // The anchors and the memory outlive the link.
  hub_link(hubwire::trust_anchors anchors, hubwire::tls_buffers const& memory) noexcept
      : tls_(tcp_, anchors, memory) {}

  // Connects and begins the TLS handshake, which goes on while the link is used. Errors: those of
  // posix_tcp::connect and bearssl_tls::start; crypto_failed when the system has no random bytes. Looking the
  // name up is the one step that allocates, inside the C library, and it may block: see hubwire::resolve().
  hubwire::result<void> open(endpoint const& where) noexcept {
    auto const connected = tcp_.connect(where.host, where.port, connect_timeout);
    if (!connected) return connected;
    std::array<std::uint8_t, hubwire::tls_handshake::least_entropy> entropy{};
    if (!fill_random(entropy)) return hubwire::errc::crypto_failed;
    auto const started =
        tls_.start({.server_name = where.server_name, .unix_time = unix_time(), .entropy = entropy});
    hubwire::wipe(hubwire::byte_span(entropy));
    return started;
  }

  auto& stream() noexcept { return tls_; }

  // Waits until pump() may have something to do, at most so long. Asks session what it has to send: TLS
  // takes nothing before its handshake is over, and then only the hub can bring things forward.
  void wait(hubwire::pump_result const& last, hubwire::sans_io_session auto& session,
            std::uint32_t milliseconds) const noexcept {
    static_cast<void>(hubwire::wait_after(last, session, tcp_, milliseconds));
  }

  // Both layers. After a goodbye that was complete, nothing is lost here: pump() has waited for the hub's end.
  void close() noexcept {
    tls_.close();
    tcp_.close();
  }

 private:
  hubwire::posix_tcp tcp_{};
  hubwire::bearssl_tls<hubwire::posix_tcp> tls_;
};

}  // namespace device

#endif
