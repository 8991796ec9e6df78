// SPDX-License-Identifier: BSL-1.0
// What the device and its hub say to each other while they are connected.
#ifndef DEVICE_CONVERSATION_HPP
#define DEVICE_CONVERSATION_HPP

#include <array>
#include <cstdint>
#include <optional>

#include <hubwire/iothub.hpp>
#include <hubwire/mqtt3.hpp>

#include "task.hpp"
#include "twin_requests.hpp"

namespace device {

using mqtt_client = hubwire::basic_client<hubwire::v3_tag>;

// Feed it the client's events, and call advance() afterwards. It outlives connections: telemetry that the
// hub has not acknowledged is sent again over the next one, so the hub may see a message twice and misses
// none. Seconds between two messages.
class conversation {
 public:
  conversation(mqtt_client& client, hubwire::iothub::identity const& self, std::uint32_t interval,
               std::uint32_t boot_number) noexcept
      : client_(client), self_(self), interval_(interval * 1'000), boot_number_(boot_number) {}

  void handle(hubwire::v3::event const& event, hubwire::tick now) noexcept;
  // Sends what is due. What does not fit now is tried again at the next call.
  void advance(hubwire::tick now) noexcept;
  // Milliseconds until advance() has something to do, at most longest.
  std::uint32_t time_left(hubwire::tick now, std::uint32_t longest) const noexcept;

 private:
  static constexpr std::uint32_t twin_retry = 30'000;

  void begin(hubwire::tick now) noexcept;
  void subscribed(hubwire::v3::event const& event, hubwire::tick now) noexcept;
  void telemetry_settled(hubwire::v3::event const& event, hubwire::tick now) noexcept;

  void received(hubwire::v3::event const& event, hubwire::tick now) noexcept;
  void received(hubwire::iothub::c2d_message const& message, std::string_view payload) noexcept;
  void received(hubwire::iothub::method_request const& request, std::string_view payload) noexcept;
  void received(hubwire::iothub::desired_update const& update, std::string_view payload,
                hubwire::tick now) noexcept;
  void received(hubwire::iothub::twin_response const& response, std::string_view payload,
                hubwire::tick now) noexcept;

  hubwire::result<void> subscribe() noexcept;
  hubwire::result<void> send_telemetry() noexcept;
  hubwire::result<void> read_twin(hubwire::tick now) noexcept;
  hubwire::result<void> report(hubwire::tick now) noexcept;
  hubwire::result<void> answer(hubwire::iothub::method_response const& how,
                               std::string_view payload) noexcept;
  void retry(twin_request what, hubwire::tick now) noexcept;

  mqtt_client& client_;
  hubwire::iothub::identity self_;
  std::uint32_t interval_;
  std::uint32_t boot_number_;  // makes message ids differ from those before a restart

  task subscribe_{};
  task telemetry_{};
  task read_twin_{};
  task report_{};
  twin_requests twin_requests_{};
  std::uint32_t telemetry_number_ = 1;
  std::optional<hubwire::packet_id> telemetry_in_flight_{};
  std::uint64_t newest_update_ = 0;  // of the desired properties, in this connection
  std::uint64_t last_update_ = 0;    // in any, for the report
  // Topics are short, but for properties: the longest of this device has about 300 characters.
  std::array<char, 1'024> topic_{};
  std::array<char, 512> payload_{};
};

}  // namespace device

#endif
