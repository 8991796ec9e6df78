// SPDX-License-Identifier: BSL-1.0
// The life of the device: connect, talk, renew the token in time, come back after a loss, leave when told.
#ifndef DEVICE_PROGRAM_HPP
#define DEVICE_PROGRAM_HPP

#include <array>
#include <csignal>
#include <cstdint>
#include <optional>

#include <hubwire/core/explain.hpp>
#include <hubwire/session/client.hpp>

#include "backoff.hpp"
#include "conversation.hpp"
#include "credentials.hpp"
#include "endpoint.hpp"
#include "hub_link.hpp"
#include "options.hpp"

namespace device {

// Nearly all the memory that the device uses, fixed when it is built: about 190 kB, most of it so that
// nothing IoT Hub may send is too large. A device that knows its messages takes less: a packet that does
// not fit into `receive` ends the connection with packet_exceeds_limit.
struct device_memory {
  // The largest of what a hub sends: a method call of 128 kB (a message has 64 kB, a twin 64 kB and a bit).
  std::array<std::uint8_t, 130 * 1'024> receive{};
  // What waits to be sent, the CONNECT first of all: largest are its token and user name, 2 kB together.
  std::array<std::uint8_t, 8 * 1'024> send{};
  // TLS records. The service is known to send full ones.
  std::array<std::uint8_t, hubwire::tls_buffers::full_input> tls_input{};
  std::array<std::uint8_t, hubwire::tls_buffers::full_output> tls_output{};
};

// Who the device is and where it connects; made from the options.
struct settings {
  hubwire::iothub::connection_string credentials{};
  hubwire::iothub::identity self;
  endpoint where{};
  options chosen{};
};

class program {
 public:
  program(settings const& all, hubwire::trust_anchors anchors, device_memory& memory,
          std::sig_atomic_t const volatile& stop) noexcept;

  // Until told to stop or out of attempts; returns one of exit_code.
  int run() noexcept;

 private:
  enum class ending { stopped, renewal, lost, refused, unusable };

  ending connect_and_talk() noexcept;
  hubwire::result<void> send_connect() noexcept;
  ending talk() noexcept;
  void handle_events(bool link_ended) noexcept;
  void leave_if_asked() noexcept;
  bool overdue() const noexcept;
  ending how_it_ended() noexcept;
  hubwire::moment when() const noexcept;
  void pause(std::uint32_t milliseconds) noexcept;

  settings const& settings_;
  std::sig_atomic_t const volatile& stop_;
  hub_link link_;
  credentials credentials_;
  hubwire::client<> client_;
  conversation conversation_;
  backoff backoff_{};
  hubwire::tick connected_at_{};
  hubwire::error cause_{};      // why the last connection ended
  bool was_connected_ = false;  // the hub accepted it
  bool ended_ = false;
  std::optional<hubwire::tick> leave_by_{};  // set once DISCONNECT is wanted
};

}  // namespace device

#endif
