// SPDX-License-Identifier: BSL-1.0
// A server that has its packets written down, and a program that publishes over two connections of a session: what
// the first one leaves, the second brings to its end, as far as its client can.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <hubwire/codec.hpp>
#include <hubwire/v3/protocol.hpp>

#include <footprint/image.hpp>
#include <footprint/session.hpp>

namespace footprint {

std::uint8_t receive_memory[512];
std::uint8_t transmit_memory[512];
std::uint8_t kept_memory[512];

namespace {

namespace v3 = hubwire::v3;
using hubwire::byte_view;
using hubwire::encoded_by;
using hubwire::event_kind;
using hubwire::qos;

constexpr auto fresh = encoded_by([] { return v3::connack{}; });
constexpr auto resumed = encoded_by([] { return v3::connack{.session_present = keep::resends}; });
constexpr auto command = encoded_by([] {
  return v3::publish{"commands/1", hubwire::as_bytes("60"), hubwire::delivery::at_least_once(9)};
});

std::uint8_t flash_memory[board_flash::size];
std::uint32_t milliseconds;
bool booted;
digest seen;
event_kind last;  // event

// What the client has to say goes out, the server's packet comes in, and a program that keeps its messages sends those
// again that it is asked for.
bool turn(byte_view packet, event_kind wanted) noexcept {
  device_client& client = the_client();
  for (auto data = pending_output(client); !data.empty(); data = pending_output(client)) {
    seen << hubwire::bytes(data).view();
    consume(client, data.size());
  }
  auto const room = window(client).first(packet.size());
  std::copy(packet.begin(), packet.end(), room.begin());
  commit(client, packet.size());
  advance(client, hubwire::tick(milliseconds += 10));
  last = event_kind::none;
  while (auto const event = next_event(client)) {
    last = event.kind();
    if constexpr (keep::resends && !keep::has_packets)
      if (last == event_kind::repeat) seen << publish_again(client, event.id(), {"a/b"}).has_value();
  }
  return last == wanted;
}

bool subscribe_to_commands() noexcept {
  auto const id = subscribe(the_client(), "commands/#");
  if (!id) return false;
  std::uint8_t const granted[] = {
      0x90, 6, static_cast<std::uint8_t>(id->number() >> 8), static_cast<std::uint8_t>(id->number()), 1, 0,
      0,    0};
  return turn(granted, event_kind::subscribed);
}

// The server's answer to a request.
bool turn(std::uint8_t first, hubwire::packet_id id, event_kind wanted) noexcept {
  std::uint8_t const packet[] = {first, 2, static_cast<std::uint8_t>(id.number() >> 8),
                                 static_cast<std::uint8_t>(id.number())};
  return turn(byte_view(packet), wanted);
}

bool begin(byte_view answer) noexcept {
  return connect(the_client(), {"device-0042a", "plant-7", "secret"}, hubwire::tick(milliseconds)) &&
         (turn(answer, event_kind::connected) || last == event_kind::repeat);
}

bool end() noexcept {
  bool const good = disconnect(the_client()) && turn(byte_view(), event_kind::none);
  lost(the_client(), {});
  return good && turn(byte_view(), event_kind::closed) && finished(the_client());
}

// A message that is sent again in the second connection, up to its last answer.
bool over_two_connections(qos level) noexcept {
  auto const sent = publish(the_client(), {"a/b", hubwire::as_bytes("1"), level});
  bool good = sent && turn(byte_view(), event_kind::none);
  lost(the_client(), {hubwire::errc::connection_lost, 0});
  good = good && turn(byte_view(), event_kind::closed) && begin(resumed.octets());
  if (!keep::resends || !good) return good;
  if (level == qos::exactly_once) good = turn(0x50, sent->id(), event_kind::none);
  return good && turn(level == qos::exactly_once ? 0x70 : 0x40, sent->id(), event_kind::published);
}

result<std::uint32_t> conversation() noexcept {
  seen = {};
  bool good = true;
  if constexpr (keep::survives) good = booted || restore(the_client(), "device-0042a").has_value();
  booted = true;
  good = good && begin(fresh.octets()) && subscribe_to_commands() &&
         turn(command.octets(), event_kind::message) && over_two_connections(qos::at_least_once);
  if constexpr (keep::resends) good = good && over_two_connections(qos::exactly_once);
  if (!good || !end()) return hubwire::errc::invalid_state;
  return seen.value();
}

constexpr operation list[] = {operation_of<conversation>("two connections of a session")};

}  // namespace

result<void> board_flash::read_at(std::size_t at, hubwire::byte_span room) noexcept {
  std::copy_n(flash_memory + at, room.size(), room.begin());
  return {};
}
result<void> board_flash::program(std::size_t at, byte_view data) noexcept {
  std::copy(data.begin(), data.end(), flash_memory + at);
  return {};
}
result<void> board_flash::erase_page(std::size_t at) noexcept {
  std::fill_n(flash_memory + at, page_size, std::uint8_t{0xFF});
  return {};
}

std::span<operation const> operations() noexcept { return list; }

}  // namespace footprint
