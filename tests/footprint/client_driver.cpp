// SPDX-License-Identifier: BSL-1.0
// A server that has its packets written down, and a program that publishes at every place it has.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <hubwire/codec.hpp>
#include <hubwire/v3/protocol.hpp>

#include <footprint/client_sites.hpp>
#include <footprint/image.hpp>

namespace footprint {

std::uint8_t receive_memory[512];
std::uint8_t transmit_memory[512];
reading readings[most_sites];

namespace {

namespace v3 = hubwire::v3;
using hubwire::encoded_by;
using hubwire::event_kind;

constexpr auto accepted = encoded_by([] { return v3::connack{}; });
constexpr auto command = encoded_by([] { return v3::publish{"commands/1", hubwire::as_bytes("60")}; });

std::uint32_t milliseconds;

// What the client has to say goes out, then the server's packet comes in. The kind of the last event that it brings.
event_kind answer_with(hubwire::byte_view packet, digest& seen) noexcept {
  device_client& client = the_client();
  for (auto data = pending_output(client); !data.empty(); data = pending_output(client)) {
    seen << hubwire::bytes(data).view();
    consume(client, data.size());
  }
  auto const room = window(client).first(packet.size());
  std::copy(packet.begin(), packet.end(), room.begin());
  commit(client, packet.size());
  advance(client, hubwire::tick(milliseconds += 10));
  event_kind last{};
  while (auto const event = next_event(client)) last = event.kind();
  return last;
}

bool subscribe_to_commands(digest& seen) noexcept {
  auto const id = subscribe(the_client(), "commands/#");
  if (!id) return false;
  std::uint8_t const granted[] = {
      0x90, 6, static_cast<std::uint8_t>(id->number() >> 8), static_cast<std::uint8_t>(id->number()), 1, 0,
      0,    0};
  return answer_with(granted, seen) == event_kind::subscribed;
}

bool publish_one(publish_here here, digest& seen) noexcept {
  auto const sent = here();
  if (!sent) return false;
  unsigned const id = sent->id().number();
  std::uint8_t const puback[] = {0x40, 2, static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id)};
  return answer_with(puback, seen) == event_kind::published;
}

result<std::uint32_t> conversation() noexcept {
  digest seen;
  for (reading& each : readings) each = {"plant-7/telemetry", hubwire::as_bytes(R"({"t":21})")};
  bool good = connect(the_client(), {"device-0042a", "plant-7", "secret"}, hubwire::tick(milliseconds)) &&
              answer_with(accepted.octets(), seen) == event_kind::connected;
  good = good && subscribe_to_commands(seen);
  for (publish_here const here : all_publishers()) good = good && publish_one(here, seen);
  good = good && answer_with(command.octets(), seen) == event_kind::message;
  good = good && disconnect(the_client()) && answer_with({}, seen) == event_kind::none;
  lost(the_client(), {});
  good = good && answer_with({}, seen) == event_kind::closed && finished(the_client());
  if (!good) return hubwire::errc::invalid_state;
  return seen.value();
}

constexpr operation list[] = {operation_of<conversation>("from CONNECT to DISCONNECT")};

}  // namespace

std::span<operation const> operations() noexcept { return list; }

}  // namespace footprint
