// SPDX-License-Identifier: BSL-1.0
// One MQTT 3.1.1 connection of a device: packets in, packets out, and the rules that close it.
#ifndef HUB_EMULATOR_CONNECTION_HPP
#define HUB_EMULATOR_CONNECTION_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <hubwire/mqtt3.hpp>
#include <hubwire/stream/frame_reader.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "device.hpp"
#include "device_port.hpp"
#include "hub.hpp"
#include "link.hpp"

namespace hub_emulator {

class connection final : public link_user,
                         public device_port,
                         public std::enable_shared_from_this<connection> {
 public:
  // A PUBLISH with the largest payload and the longest topic; what of it counts as the message, device checks.
  static constexpr std::size_t packet_max = 4 + 2 + 65'535 + 2 + device::message_max;
  // With more than this waiting to go out, nothing more is read or begun.
  static constexpr std::size_t output_high = 256 * 1024;

  connection(hub& owner, std::shared_ptr<link> transport, boost::asio::any_io_executor executor);

  // The CONNECT has to be there by then. The place is given back once this is a device, or at the end.
  void start(std::chrono::steady_clock::time_point connect_deadline, std::shared_ptr<void> place);

  // link_user
  std::span<std::uint8_t> window() override { return reader_.window(); }
  bool received(std::size_t count) override;
  void drained() override;
  void lost(std::string const& reason) override;

  // device_port
  void publish(hubwire::v3::publish const& packet) override { send(packet); }
  hubwire::delivery untracked(hubwire::qos level) override;
  bool has_room() const override { return !closed_ && link_->queued() < output_high; }
  void close(std::string_view reason) override;

 private:
  // What a client may send.
  using any_packet =
      std::variant<std::monostate, hubwire::v3::connect, hubwire::v3::publish, hubwire::v3::puback,
                   hubwire::v3::pubrec, hubwire::v3::pubrel, hubwire::v3::pubcomp, hubwire::v3::subscribe,
                   hubwire::v3::unsubscribe, hubwire::v3::pingreq, hubwire::v3::disconnect>;

  struct will {
    std::string topic;
    std::string message;
    hubwire::qos qos;
    bool retain;
  };

  bool process();
  void handle(hubwire::frame const& frame);
  void handle_first(hubwire::frame const& frame);
  void accept(hubwire::v3::connect const& packet, login const& how);
  void refuse(hubwire::v3::connect_return_code code, std::string_view reason, std::string_view client_id);

  void on(std::monostate) {}
  void on(hubwire::v3::connect const&) { close("second_connect"); }
  void on(hubwire::v3::publish const& packet);
  void on(hubwire::v3::puback const& packet) { device_->acknowledged(packet.id.number()), device_->pump(); }
  void on(hubwire::v3::pubrec const&) { close("qos_2"); }
  void on(hubwire::v3::pubrel const&) { close("qos_2"); }
  void on(hubwire::v3::pubcomp const&) { close("qos_2"); }
  void on(hubwire::v3::subscribe const& packet);
  void on(hubwire::v3::unsubscribe const& packet);
  void on(hubwire::v3::pingreq const&) { send(hubwire::v3::pingresp{}); }
  void on(hubwire::v3::disconnect const&);

  bool route(hubwire::v3::publish const& packet);
  bool take(device_message const& message);
  void publish_will();
  template <class Packet>
  void send(Packet const& packet);
  void watch_silence();
  void watch_token(std::uint64_t expiry);
  // The one way to the end; the first reason counts.
  void finish(std::string_view reason, std::string_view detail);

  hub& hub_;
  std::shared_ptr<link> link_;  // let go of when closed, because the link holds this connection
  std::shared_ptr<void> place_{};
  std::unique_ptr<std::uint8_t[]> storage_;
  hubwire::frame_reader reader_;
  boost::asio::steady_timer silence_timer_;  // the CONNECT, then keep alive
  boost::asio::steady_timer token_timer_;
  device* device_ = nullptr;  // not null: connected
  std::optional<will> will_{};
  std::chrono::milliseconds allowed_silence_{};
  std::uint16_t untracked_ids_ = 0;
  bool closed_ = false;
  bool paused_ = false;
};

}  // namespace hub_emulator

#endif
