// SPDX-License-Identifier: BSL-1.0
#include "hub.hpp"

#include <tuple>
#include <utility>

#include "service_error.hpp"

namespace hub_emulator {

hub::hub(hub_parts const& parts) : parts_(parts) {
  device_surroundings const around{parts.executor, parts.log, parts.store, parts.settings.host_name,
                                   parts.settings.c2d_lock};
  for (auto const& [id, record] : parts.devices.devices)
    devices_.emplace(std::piecewise_construct, std::forward_as_tuple(id),
                     std::forward_as_tuple(record, around));
}

void hub::add(std::shared_ptr<device_port> connection) {
  device_port const* const key = connection.get();
  connections_.emplace(key, std::move(connection));
}

void hub::remove(device_port const& connection) { connections_.erase(&connection); }

login hub::check(hubwire::v3::connect const& packet) const {
  auto const grace = std::chrono::duration_cast<std::chrono::seconds>(parts_.settings.token_grace);
  return check_login(packet, parts_.devices,
                     {*hubwire::iothub::host_name::parse(parts_.settings.host_name), grace,
                      std::chrono::system_clock::now()});
}

device& hub::find(std::string_view id) {
  auto const found = devices_.find(id);
  if (found == devices_.end()) throw not_found("no device \"" + std::string(id) + "\"");
  return found->second;
}

void hub::close_all(std::string_view reason) {
  auto const open = connections_;  // close() takes them out
  for (auto const& [key, connection] : open) connection->close(reason);
}

}  // namespace hub_emulator
