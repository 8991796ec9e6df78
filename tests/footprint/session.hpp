// SPDX-License-Identifier: BSL-1.0
// The client as a program without an operating system uses it, one function for each of its verbs. FOOTPRINT_KEEP says
// what becomes of messages whose connection ends.
#ifndef HUBWIRE_TESTS_FOOTPRINT_SESSION_HPP
#define HUBWIRE_TESTS_FOOTPRINT_SESSION_HPP

#include <cstddef>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/session/client.hpp>
#include <hubwire/session/flash_store.hpp>
#include <hubwire/session/kept_packets.hpp>
#include <hubwire/session/stored_packets.hpp>
#include <hubwire/wire/text.hpp>
#include <hubwire/wire/topic_filter.hpp>

namespace footprint {

using hubwire::result;

// The board's flash, in the driver.
struct board_flash {
  static constexpr std::size_t page_size = 256;
  static constexpr std::size_t size = 4 * page_size;
  result<void> read_at(std::size_t at, hubwire::byte_span room) noexcept;
  result<void> program(std::size_t at, hubwire::byte_view data) noexcept;
  result<void> erase_page(std::size_t at) noexcept;
};
using keep_nothing = hubwire::keep_nothing;
using keep_with_application = hubwire::keep_with_application;
using kept_packets = hubwire::kept_packets;
using stored_packets = hubwire::stored_packets<hubwire::flash_store<board_flash>>;
#ifndef FOOTPRINT_KEEP
#define FOOTPRINT_KEEP keep_nothing
#endif
using keep = FOOTPRINT_KEEP;
using device_client = hubwire::client<hubwire::v3_tag, hubwire::limits{.outgoing = 4, .incoming = 4},
                                      hubwire::whole_reader, keep>;

struct login_texts {
  hubwire::text client_id;
  hubwire::text user_name;
  std::string_view password{};
};

device_client& the_client() noexcept;  // its memory counts; each Keep has a file of its own for it
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

// What only some clients can do, each in the file of its client.
result<hubwire::delivery> publish_again(device_client& client, hubwire::packet_id id,
                                        hubwire::message const& outgoing) noexcept;
result<hubwire::load_report> restore(device_client& client, std::string_view client_id) noexcept;

// The program's own, where it is.
extern std::uint8_t receive_memory[512];
extern std::uint8_t transmit_memory[512];
extern std::uint8_t kept_memory[512];

}  // namespace footprint

#endif
