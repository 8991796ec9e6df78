// SPDX-License-Identifier: BSL-1.0
// A client that keeps its packets.
#include <footprint/session.hpp>

namespace footprint {

namespace {

// At namespace scope, which takes no __aeabi_atexit: a client has no destructor.
device_client client{receive_memory, transmit_memory, kept_memory};

}  // namespace

[[gnu::noinline]] device_client& the_client() noexcept { return client; }

}  // namespace footprint
