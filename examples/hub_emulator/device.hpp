// SPDX-License-Identifier: BSL-1.0
// One device as the hub sees it: twin, session, waiting messages and open method calls, whether it is
// connected or not.
#ifndef HUB_EMULATOR_DEVICE_HPP
#define HUB_EMULATOR_DEVICE_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <hubwire/iothub/identity.hpp>
#include <hubwire/iothub/topic_event.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "c2d_queue.hpp"
#include "device_port.hpp"
#include "events.hpp"
#include "method_calls.hpp"
#include "registry.hpp"
#include "sas_check.hpp"
#include "store.hpp"

namespace hub_emulator {

// What devices share; outlives them.
struct device_surroundings {
  boost::asio::any_io_executor executor;
  event_log& log;
  hub_emulator::store& store;
  std::string host_name;
  std::chrono::milliseconds c2d_lock;
};

// A message from the device, or its Will.
struct device_message {
  hubwire::iothub::property_bag properties;
  std::string_view payload;
  std::string_view ignored;  // what the topic holds behind the properties
  hubwire::qos qos;
  bool retain;
  bool will;
};

class device {
 public:
  // Payload, values of system properties, names and values of the others: the size of a message to the cloud
  // as IoT Hub counts it. Names of system properties and the rest of the topic are free.
  static constexpr std::size_t message_max = 256 * 1024;

  device(device_record const& record, device_surroundings around);
  device(device const&) = delete;
  device& operator=(device const&) = delete;

  std::string const& id() const { return record_.id; }
  device_record const& record() const { return record_; }
  bool connected() const { return port_ != nullptr; }
  hubwire::iothub::identity identity() const;

  // The connection's side. attach() closes an older connection and says whether a session was there.
  bool attach(std::shared_ptr<device_port> port, login const& how, bool clean_session);
  void detach(device_port const& port);
  // What waited for this device goes out; to call after attach(), behind the CONNACK, and when output drained.
  void pump();
  hubwire::v3::suback_return_code subscribe(hubwire::v3::subscription const& wanted);
  bool unsubscribe(std::string_view filter);  // whether it was there
  void acknowledged(std::uint16_t packet_id);
  // The message's size. One above message_max is not taken.
  std::size_t received(device_message const& message);
  void received(hubwire::iothub::twin_get const& request);
  void received(hubwire::iothub::reported_update const& request, std::string_view payload);
  void received(hubwire::iothub::method_response const& response, std::string_view payload);

  // The service's side. These throw service_error.
  bool send(c2d_message message);  // false: no subscription, so the device will never see it
  std::uint64_t update_desired(json patch);
  twin const& document() const { return state_.document; }
  void call(std::string_view method, std::string_view payload, std::chrono::milliseconds timeout,
            method_calls::on_answer answer);
  bool disconnect(std::string_view reason);
  json description() const;

 private:
  void deliver(c2d_message& message, hubwire::qos level, bool again);
  void watch_locks();
  void resend();
  bool is_listening() const;
  void respond(hubwire::iothub::twin_response const& response, json const& body);
  void log_dropped(c2d_message const& message, std::string_view reason);
  void save_messages() { around_.store.save_messages(id(), queue_.messages()); }

  device_record const& record_;
  device_surroundings around_;
  device_state state_;
  c2d_queue queue_;
  method_calls calls_;
  boost::asio::steady_timer lock_timer_;
  std::shared_ptr<device_port> port_{};
  login login_{};
  bool clean_session_ = false;
  std::uint32_t calls_made_ = 0;
};

}  // namespace hub_emulator

#endif
