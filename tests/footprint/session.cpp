// SPDX-License-Identifier: BSL-1.0
// The client and its codec. The client itself is in a file for each Keep.
#include <footprint/session.hpp>

#include <hubwire/iothub/subscription.hpp>

namespace footprint {

[[gnu::noinline]] result<void> connect(device_client& client, login_texts const& who,
                                       hubwire::tick now) noexcept {
  return client.connect({.client_id = who.client_id,
                         .clean_session = !keep::resends,
                         .keep_alive = 240,
                         .user_name = who.user_name,
                         .password = hubwire::as_bytes(who.password)},
                        now);
}

[[gnu::noinline]] result<hubwire::packet_id> subscribe(device_client& client,
                                                       hubwire::topic_filter commands) noexcept {
  hubwire::v3::subscription const wanted[] = {{commands, hubwire::qos::at_least_once},
                                              {hubwire::iothub::method_request_filter},
                                              {hubwire::iothub::twin_response_filter},
                                              {hubwire::iothub::desired_update_filter}};
  return client.subscribe(wanted);
}

[[gnu::noinline]] result<hubwire::delivery> publish(device_client& client,
                                                    hubwire::message const& outgoing) noexcept {
  return client.publish(outgoing);
}

[[gnu::noinline]] result<void> disconnect(device_client& client) noexcept { return client.disconnect(); }

[[gnu::noinline]] hubwire::v3::event next_event(device_client& client) noexcept {
  return client.next_event();
}

[[gnu::noinline]] bool finished(device_client const& client) noexcept { return client.finished(); }

[[gnu::noinline]] hubwire::byte_span window(device_client& client) noexcept { return client.window(); }

[[gnu::noinline]] void commit(device_client& client, std::size_t count) noexcept { client.commit(count); }

[[gnu::noinline]] hubwire::byte_view pending_output(device_client& client) noexcept {
  return client.pending_output();
}

[[gnu::noinline]] void consume(device_client& client, std::size_t count) noexcept { client.consume(count); }

[[gnu::noinline]] void advance(device_client& client, hubwire::tick now) noexcept { client.advance(now); }

[[gnu::noinline]] void lost(device_client& client, hubwire::error why) noexcept { client.lost(why); }

}  // namespace footprint
