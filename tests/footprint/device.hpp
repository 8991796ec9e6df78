// SPDX-License-Identifier: BSL-1.0
// A little device of IoT Hub: what it asks of the library, one function each, beside footprint/session.hpp and
// footprint/iothub.hpp; and what it brings itself, which is in the device's applications and device_driver.cpp and
// is not counted. No TLS.
#ifndef HUBWIRE_TESTS_FOOTPRINT_DEVICE_HPP
#define HUBWIRE_TESTS_FOOTPRINT_DEVICE_HPP

#include <cstdint>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/tick.hpp>
#include <hubwire/driver/pump.hpp>
#include <hubwire/iothub/c2d.hpp>
#include <hubwire/iothub/methods.hpp>
#include <hubwire/iothub/request_id.hpp>
#include <hubwire/iothub/twin.hpp>
#include <hubwire/transport/byte_stream.hpp>

#include <footprint/iothub.hpp>
#include <footprint/session.hpp>

namespace footprint {

// --- The program's own.

// In the driver, so that the cryptography is not counted: it is not the library's. A keyed sum and no HMAC.
struct stand_in_hmac {
  result<void> operator()(hubwire::byte_view key, hubwire::message_parts message,
                          hubwire::sha256_output mac) noexcept;
};
struct connection {
  hubwire::io_result read_some(hubwire::byte_span room) noexcept;
  hubwire::io_result write_some(hubwire::byte_view data) noexcept;
};
void on_command(std::string_view command, hubwire::bytes payload) noexcept;
std::int32_t on_method(std::string_view name, hubwire::bytes payload) noexcept;  // the status to answer with
void on_twin(hubwire::bytes document) noexcept;
void on_desired(std::uint64_t version, hubwire::bytes patch) noexcept;
void on_end(hubwire::error why) noexcept;

void handle(hub::identity const& self, hubwire::v3::publish const& message) noexcept;

// One of the applications.
void answer(hub::method_request const& request, hubwire::bytes payload) noexcept;
bool start(std::string_view host_text, std::string_view device_text) noexcept;
bool begin(std::string_view key, std::uint64_t expiry, hubwire::tick now) noexcept;
bool report(std::string_view alert, hubwire::bytes json) noexcept;
bool turn(connection& link, hubwire::tick now) noexcept;  // false when the connection is over
bool leave() noexcept;

// --- The operations of a whole device.

result<hub::identity> identity(std::string_view host, std::string_view device) noexcept;
result<hubwire::text> client_id(char_span output, hub::identity const& self) noexcept;
result<hubwire::text> short_user_name(char_span output, hub::identity const& self) noexcept;
result<std::string_view> token(char_span output, hub::sas_claims const& claims) noexcept;
hubwire::pump_result pump(device_client& client, connection& link, hubwire::tick now) noexcept;
result<hubwire::topic_filter> c2d_filter(char_span output, hub::device_id device) noexcept;
result<hubwire::topic_name> report_topic(char_span output, hub::device_id device,
                                         std::string_view alert) noexcept;
result<hubwire::topic_name> twin_get_topic(char_span output, hub::request_id id) noexcept;
result<hubwire::topic_name> method_response_topic(char_span output,
                                                  hub::method_response const& answer) noexcept;

}  // namespace footprint

#endif
