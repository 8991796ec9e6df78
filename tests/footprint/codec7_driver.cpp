// SPDX-License-Identifier: BSL-1.0
// Inputs and outputs of the seven codec operations, for the checked and the unchecked image.
#include <span>

#include <footprint/codec7.hpp>
#include <footprint/image.hpp>

namespace footprint {

// Not in the unnamed namespace, where operation_of() would not find them.
static digest& operator<<(digest& out, byte_view packet) noexcept {
  return out << hubwire::bytes(packet).view();
}
static digest& operator<<(digest& out, v3::connack const& p) noexcept {
  return out << std::uint32_t{p.session_present} << static_cast<std::uint32_t>(p.code);
}
static digest& operator<<(digest& out, v3::puback const& p) noexcept {
  return out << std::uint32_t{p.id.number()};
}
static digest& operator<<(digest& out, v3::suback const& p) noexcept {
  out << std::uint32_t{p.id.number()};
  for (v3::suback_return_code const code : p.codes) out << static_cast<std::uint32_t>(code);
  return out;
}
static digest& operator<<(digest& out, v3::publish const& p) noexcept {
  out << p.topic.view() << p.payload.view() << std::uint32_t{p.delivery.id().number()};
  return out << static_cast<std::uint32_t>(p.delivery.qos()) << std::uint32_t{p.retain};
}

namespace {

using namespace std::string_view_literals;

constexpr std::string_view password =
    "SharedAccessSignature sr=contoso-hub-001.azure-devices.net%2Fdevices%2Fdevice-0042a&sig="
    "q8u%2BNfAqm4Zc2yUJ0iYtW4mUjP3C1gq8l2k9vV0d5sE%3D&se=1767225600&skn=primary-device-key-name";
constexpr std::string_view will_message = R"({"status":"offline","rsn":7})";

login const who{
    .client_id = "device-0042a",
    .user_name =
        "contoso-hub-001.azure-devices.net/device-0042a/"
        "?api-version=2020-09-30&DeviceClientType=c20",
    .password = hubwire::as_bytes(password).octets(),
    .will_topic = "devices/device-0042a/messages/events/state=off",
    .will_message = hubwire::as_bytes(will_message).octets(),
    .keep_alive = 240,
};

std::array<wish, 3> const wishes{
    {{"devices/device-0042a/messages/devicebound/#", hubwire::qos::at_least_once},
     {"$iothub/methods/POST/#", hubwire::qos::at_most_once},
     {"$iothub/twin/res/#", hubwire::qos::at_most_once}}};

// 52 bytes, so that PUBLISH has 128.
constexpr std::string_view payload = "ahovcjqxelszgnubipwdkryfmtahovcjqxelszgnubipwdkryfmt";
outgoing const what{.topic = "devices/device-0042a/messages/events/%24.ct=application%2Fjson&seq=170",
                    .payload = hubwire::as_bytes(payload).octets()};

std::uint8_t const connack[] = {0x20, 2, 1, 0};
std::uint8_t const suback[] = {0x90, 5, 0x12, 0x34, 1, 0, 0x80};
std::uint8_t const puback[] = {0x40, 2, 0x12, 0x34};
constexpr std::string_view publish =
    "\x32\x7e\x00\x46"
    "devices/device-0042a/messages/events/%24.ct=application%2Fjson&seq=170"
    "\x12\x34"
    "ahovcjqxelszgnubipwdkryfmtahovcjqxelszgnubipwdkryfmt"sv;

std::uint8_t output[400];
hubwire::packet_id const id = 0x1234;

constexpr operation list[] = {
    operation_of<[] { return encode_connect(output, who); }>("encode CONNECT, 378 B"),
    operation_of<[] { return encode_subscribe(output, id, wishes); }>("encode SUBSCRIBE, 3 filters"),
    operation_of<[] { return encode_publish(output, id, what); }>("encode PUBLISH, 128 B"),
    operation_of<[] { return decode_connack(connack); }>("decode CONNACK"),
    operation_of<[] { return decode_suback(suback); }>("decode SUBACK, 3 codes"),
    operation_of<[] { return decode_puback(puback); }>("decode PUBACK"),
    operation_of<[] { return decode_publish(hubwire::as_bytes(publish).octets()); }>("decode PUBLISH, 128 B"),
};

}  // namespace

std::span<operation const> operations() noexcept { return list; }

}  // namespace footprint
