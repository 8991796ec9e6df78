// SPDX-License-Identifier: BSL-1.0
// What a device does with a message of the hub, whatever else it is.
#include <footprint/device.hpp>

namespace footprint {

void handle(hub::identity const& self, hubwire::v3::publish const& message) noexcept {
  auto const meaning = received(message.topic, self);
  if (!meaning) return;
  if (auto const* const c2d = meaning->c2d()) {
    auto const command = find(c2d->properties, "cmd");
    if (command) on_command(command->raw(), message.payload);
  }
  if (auto const* const request = meaning->method_request()) answer(*request, message.payload);
  if (meaning->twin_response() != nullptr) on_twin(message.payload);
  if (auto const* const update = meaning->desired_update()) on_desired(update->version, message.payload);
}

}  // namespace footprint
