// SPDX-License-Identifier: BSL-1.0
// The world around the little device: a hub that has its packets written down, and the program's own part.
#include <array>
#include <cstddef>
#include <cstring>

#include <hubwire/codec.hpp>
#include <hubwire/v3/protocol.hpp>

#include <footprint/device.hpp>
#include <footprint/image.hpp>

namespace footprint {

std::uint8_t receive_memory[512];
std::uint8_t transmit_memory[512];

namespace {

namespace v3 = hubwire::v3;
using hubwire::as_bytes;
using hubwire::encoded_by;

constexpr auto accepted = encoded_by([] { return v3::connack{}; });
constexpr v3::suback_return_code granted[] = {v3::suback_return_code::granted_qos_1, {}, {}, {}};
constexpr auto subscribed = encoded_by([] { return v3::suback{1, granted}; });
constexpr auto reported = encoded_by([] { return v3::puback{1}; });
constexpr auto twin = encoded_by([] {
  return v3::publish{"$iothub/twin/res/200/?$rid=1", as_bytes(R"({"desired":{},"reported":{}})")};
});
constexpr auto method = encoded_by([] {
  return v3::publish{"$iothub/methods/POST/SetInterval/?$rid=1f", as_bytes("{}")};
});
constexpr auto command = encoded_by([] {
  return v3::publish{"devices/device-0042a/messages/devicebound/%24.mid=1&cmd=set-interval", as_bytes("60"),
                     hubwire::delivery::at_least_once(7)};
});
constexpr auto desired = encoded_by([] {
  return v3::publish{"$iothub/twin/PATCH/properties/desired/?$version=18", as_bytes(R"({"interval":60})")};
});

// Not a key of anything.
constexpr std::string_view key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
digest seen;
std::string_view arriving;
bool over;               // the other side has ended the connection
std::uint16_t requests;  // that the device has made, whose identifiers come in turn
unsigned answered;       // one bit for each call of the program's own functions
std::uint32_t milliseconds;

// Two turns: what the events of the first bring up leaves in the second.
bool deliver(connection& link, std::string_view packet) noexcept {
  arriving = packet;
  bool const first = turn(link, hubwire::tick(milliseconds += 10));
  return turn(link, hubwire::tick(milliseconds += 10)) && first;
}

template <std::size_t Size>
bool deliver(connection& link, hubwire::constant_packet<Size> const& packet) noexcept {
  return deliver(link, std::string_view(packet.view().data(), Size));
}

// The answer to the device's next request, with the packet of a hub that answers its first.
template <std::size_t Size>
bool answer_next(connection& link, hubwire::constant_packet<Size> packet) noexcept {
  ++requests;
  std::array<char, Size> answer{};
  std::memcpy(answer.data(), packet.view().data(), Size);
  answer[2] = static_cast<char>(requests >> 8);
  answer[3] = static_cast<char>(requests & 0xFF);
  return deliver(link, std::string_view(answer.data(), Size));
}

// From CONNECT to DISCONNECT with everything that a hub sends.
bool converse() noexcept {
  seen = {};
  answered = 0;
  over = false;
  connection link;
  bool good = start("contoso-hub-001.azure-devices.net", "device-0042a");
  good = good && begin(key, 1'767'225'600, hubwire::tick(milliseconds)) && deliver(link, {});
  good = good && deliver(link, accepted) && answer_next(link, subscribed) && deliver(link, twin);
  good = good && report("hot & dry", as_bytes(R"({"t":21})")) && answer_next(link, reported);
  good = good && deliver(link, method) && deliver(link, command) && deliver(link, desired);
  good = good && leave() && deliver(link, {});
  over = true;  // the hub has read DISCONNECT
  good = good && !deliver(link, {});
  return good && answered == 0x1F;
}

result<std::uint32_t> conversation() noexcept {
  if (!converse()) return hubwire::errc::invalid_state;
  return seen.value();
}

constexpr operation list[] = {operation_of<conversation>("from CONNECT to DISCONNECT")};

}  // namespace

std::span<operation const> operations() noexcept { return list; }

hubwire::io_result connection::read_some(hubwire::byte_span room) noexcept {
  std::size_t const count = arriving.size() < room.size() ? arriving.size() : room.size();
  if (count == 0) return {0, over ? hubwire::io_status::closed : hubwire::io_status::would_block, {}};
  for (std::size_t i = 0; i != count; ++i) room[i] = static_cast<std::uint8_t>(arriving[i]);
  arriving.remove_prefix(count);
  return {count, hubwire::io_status::ok, {}};
}

hubwire::io_result connection::write_some(hubwire::byte_view data) noexcept {
  seen << hubwire::bytes(data).view();
  return {data.size(), hubwire::io_status::ok, {}};
}

void on_command(std::string_view text, hubwire::bytes payload) noexcept {
  answered |= 1;
  seen << text << payload.view();
}

std::int32_t on_method(std::string_view name, hubwire::bytes payload) noexcept {
  answered |= 2;
  seen << name << payload.view();
  return 200;
}

void on_twin(hubwire::bytes document) noexcept {
  answered |= 4;
  seen << document.view();
}

void on_desired(std::uint64_t version, hubwire::bytes patch) noexcept {
  answered |= 8;
  seen << static_cast<std::uint32_t>(version) << patch.view();
}

void on_end(hubwire::error why) noexcept {
  if (why.code == hubwire::errc::none) answered |= 16;
}

}  // namespace footprint
