// SPDX-License-Identifier: BSL-1.0
// Data of the places that use the codec, and a program that has each of them do all it can.
#include <string_view>

#include <footprint/image.hpp>
#include <footprint/sites.hpp>

namespace footprint {

namespace {

using namespace std::string_view_literals;

std::uint8_t output[400];
std::uint8_t const connack[] = {0x20, 2, 1, 0};
std::uint8_t const suback[] = {0x90, 5, 0x12, 0x34, 1, 0, 0x80};
std::uint8_t const puback[] = {0x40, 2, 0x12, 0x34};
constexpr std::string_view publish = "\x32\x1c\x00\x0ftelemetry/plant\x12\x34{\"t\":21}x"sv;

site example() noexcept {
  return {.who = {.client_id = "device-0042a",
                  .user_name = "plant-7",
                  .password = hubwire::as_bytes("secret").octets(),
                  .will_topic = "plant-7/state",
                  .will_message = hubwire::as_bytes("offline").octets()},
          .wishes = {{{"commands/#", hubwire::qos::at_least_once}, {"twin/+/res"}, {"alerts"}}},
          .what = {.topic = "plant-7/telemetry", .payload = hubwire::as_bytes("{}").octets()},
          .id = 0x1234,
          .output = output,
          .connack = connack,
          .suback = suback,
          .puback = puback,
          .publish = hubwire::as_bytes(publish).octets()};
}

result<std::uint32_t> everything() noexcept {
  digest seen;
  for (site& each : sites) each = example();
  for (operations_of_site const& each : all_sites()) {
    for (auto const encode : each.encode) {
      result<byte_view> const packet = encode();
      if (!packet) return packet.error();
      seen << hubwire::bytes(*packet).view();
    }
    bool const decoded =
        each.decode_connack() && each.decode_suback() && each.decode_puback() && each.decode_publish();
    if (!decoded) return hubwire::errc::invalid_state;
  }
  return seen.value();
}

constexpr operation list[] = {operation_of<everything>("eight operations at every place")};

}  // namespace

site sites[most_sites];

std::span<operation const> operations() noexcept { return list; }

}  // namespace footprint
