// SPDX-License-Identifier: BSL-1.0
// A client that keeps its packets over a reboot, in flash.
#include <footprint/session.hpp>

namespace footprint {

namespace {

// At namespace scope, which takes no __aeabi_atexit: a client has no destructor.
board_flash flash;
hubwire::flash_store<board_flash> store{flash};
hubwire::session_records<hubwire::flash_store<board_flash>> records{store};
device_client client{receive_memory, transmit_memory, {kept_memory, records}};

}  // namespace

[[gnu::noinline]] device_client& the_client() noexcept { return client; }

[[gnu::noinline]] result<hubwire::load_report> restore(device_client& client,
                                                       std::string_view client_id) noexcept {
  return client.restore(client_id);
}

}  // namespace footprint
