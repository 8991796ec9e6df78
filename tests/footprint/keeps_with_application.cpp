// SPDX-License-Identifier: BSL-1.0
// A client whose application keeps its messages.
#include <footprint/session.hpp>

namespace footprint {

namespace {

// At namespace scope, which takes no __aeabi_atexit: a client has no destructor.
device_client client{receive_memory, transmit_memory};

}  // namespace

[[gnu::noinline]] device_client& the_client() noexcept { return client; }

[[gnu::noinline]] result<hubwire::delivery> publish_again(device_client& client, hubwire::packet_id id,
                                                          hubwire::message const& outgoing) noexcept {
  return client.publish_again(id, outgoing);
}

}  // namespace footprint
