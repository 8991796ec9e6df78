// SPDX-License-Identifier: BSL-1.0
// The client as a program without an operating system uses it, one function for each of its verbs.
#ifndef HUBWIRE_TESTS_FOOTPRINT_SESSION_HPP
#define HUBWIRE_TESTS_FOOTPRINT_SESSION_HPP

#include <cstddef>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/wire/text.hpp>
#include <hubwire/wire/topic_filter.hpp>

namespace footprint {

using hubwire::result;
using device_client =
    hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 4, .incoming = 4}, hubwire::whole_reader>;

struct login_texts {
  hubwire::text client_id;
  hubwire::text user_name;
  std::string_view password{};
};

device_client& the_client() noexcept;  // its memory counts
result<void> connect(device_client& client, login_texts const& who, hubwire::tick now) noexcept;
// Commands of the cloud, method requests, twin responses, desired properties.
result<hubwire::packet_id> subscribe(device_client& client, hubwire::topic_filter commands) noexcept;
result<hubwire::delivery> publish(device_client& client, hubwire::message const& outgoing) noexcept;
result<void> disconnect(device_client& client) noexcept;
hubwire::v3::event next_event(device_client& client) noexcept;
bool finished(device_client const& client) noexcept;

// Bytes and time, for a program that moves them itself.
hubwire::byte_span window(device_client& client) noexcept;
void commit(device_client& client, std::size_t count) noexcept;
hubwire::byte_view pending_output(device_client& client) noexcept;
void consume(device_client& client, std::size_t count) noexcept;
void advance(device_client& client, hubwire::tick now) noexcept;
void lost(device_client& client, hubwire::error why) noexcept;

// The program's own, where it is.
extern std::uint8_t receive_memory[512];
extern std::uint8_t transmit_memory[512];

}  // namespace footprint

#endif
