// SPDX-License-Identifier: BSL-1.0
// The hub: its devices, and the connections that are open.
#ifndef HUB_EMULATOR_HUB_HPP
#define HUB_EMULATOR_HUB_HPP

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "device.hpp"
#include "device_port.hpp"
#include "events.hpp"
#include "options.hpp"
#include "registry.hpp"
#include "store.hpp"

namespace hub_emulator {

// Everything that a hub is made of and that outlives it.
struct hub_parts {
  boost::asio::any_io_executor executor;
  options const& settings;
  registry const& devices;
  hub_emulator::store& store;
  event_log& log;
};

class hub {
 public:
  explicit hub(hub_parts const& parts);
  hub(hub const&) = delete;
  hub& operator=(hub const&) = delete;

  event_log& log() { return parts_.log; }
  std::chrono::milliseconds token_grace() const { return parts_.settings.token_grace; }

  // For connections.
  void add(std::shared_ptr<device_port> connection);
  void remove(device_port const& connection);
  login check(hubwire::v3::connect const& packet) const;

  // Throws service_error 404001 for a device that is not registered.
  device& find(std::string_view id);
  std::map<std::string, device, std::less<>> const& devices() const { return devices_; }

  void close_all(std::string_view reason);

 private:
  hub_parts parts_;
  std::map<std::string, device, std::less<>> devices_{};
  std::map<device_port const*, std::shared_ptr<device_port>> connections_{};
};

}  // namespace hub_emulator

#endif
