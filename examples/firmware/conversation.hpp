// SPDX-License-Identifier: BSL-1.0
// What device and hub say to each other.
#ifndef FIRMWARE_CONVERSATION_HPP
#define FIRMWARE_CONVERSATION_HPP

#include <array>
#include <cstdint>
#include <string_view>

#include <hubwire/iothub.hpp>
#include <hubwire/mqtt3.hpp>

namespace firmware {

using device_client =
    hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 4, .incoming = 4}, hubwire::whole_reader>;

// Give it each event of the client, and call advance() in between.
class conversation {
 public:
  conversation(device_client& client, hubwire::iothub::identity const& self) noexcept
      : client_(client), self_(self) {}

  void handle(hubwire::v3::event const& event, hubwire::tick now) noexcept;
  void advance(hubwire::tick now) noexcept;  // sends telemetry when it is due

  // Why the connection ended; errc::none after an orderly end.
  hubwire::error failure() const noexcept { return failure_; }

 private:
  static constexpr std::uint32_t interval = 2'000;  // milliseconds from one measurement to the next
  static constexpr std::uint32_t twin_read = 1, twin_report = 2;  // request ids

  void received(hubwire::v3::publish const& message) noexcept;
  void received(hubwire::iothub::twin_response const& response, std::string_view payload) noexcept;
  void received(hubwire::iothub::method_request const& request, std::string_view payload) noexcept;

  hubwire::result<void> subscribe() noexcept;
  hubwire::result<void> measure() noexcept;
  hubwire::result<void> read_twin() noexcept;
  hubwire::result<void> report() noexcept;
  void check(std::string_view what, hubwire::result<void> done) noexcept;

  device_client& client_;
  hubwire::iothub::identity self_;
  hubwire::error failure_{};
  hubwire::tick next_measurement_{};
  std::uint32_t measurements_ = 0;
  bool is_up_ = false;       // connected and subscribed
  bool is_waiting_ = false;  // for the hub to acknowledge telemetry
  std::array<char, 256> topic_{};
};

}  // namespace firmware

#endif
