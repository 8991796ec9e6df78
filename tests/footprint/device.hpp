// SPDX-License-Identifier: BSL-1.0
// A whole little device of IoT Hub over a connection that the program has; no TLS.
#ifndef HUBWIRE_TESTS_FOOTPRINT_DEVICE_HPP
#define HUBWIRE_TESTS_FOOTPRINT_DEVICE_HPP

#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/iothub/property_bag.hpp>
#include <hubwire/iothub/request_id.hpp>
#include <hubwire/transport/byte_stream.hpp>

#include <footprint/iothub.hpp>

namespace footprint {

// In the driver, so that the cryptography is not counted: it is not the library's. A keyed sum and no HMAC.
struct stand_in_hmac {
  result<void> operator()(hubwire::byte_view key, hubwire::message_parts message,
                          hubwire::sha256_output mac) noexcept;
};

// What the program brings; all of it is in the driver and is not counted.
struct connection {
  hubwire::io_result read_some(hubwire::byte_span room) noexcept;
  hubwire::io_result write_some(hubwire::byte_view data) noexcept;
};
extern std::uint8_t receive_memory[512];
extern std::uint8_t transmit_memory[512];
void on_command(std::string_view command, hubwire::bytes payload) noexcept;
std::int32_t on_method(std::string_view name, hubwire::bytes payload) noexcept;  // the status to answer with
void on_twin(hubwire::bytes document) noexcept;
void on_desired(std::uint64_t version, hubwire::bytes patch) noexcept;
void on_end(hubwire::error why) noexcept;

bool start(std::string_view host_text, std::string_view device_text) noexcept;
bool begin(std::string_view key, std::uint64_t expiry, hubwire::tick now) noexcept;
bool report(std::string_view alert, hubwire::bytes json) noexcept;
bool turn(connection& link, hubwire::tick now) noexcept;  // false when the connection is over
bool leave() noexcept;

}  // namespace footprint

#endif
