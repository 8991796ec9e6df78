// SPDX-License-Identifier: BSL-1.0
// The bytes that everything here is measured on: a device of IoT Hub that connects, subscribes and publishes.
// They are the ones that the figures of other libraries in bench/versus/published.csv were measured on.
#ifndef HUBWIRE_BENCH_OPERATIONS_DATA_HPP
#define HUBWIRE_BENCH_OPERATIONS_DATA_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr std::string_view client_id = "device-0042a";
inline constexpr std::string_view user_name =
    "contoso-hub-001.azure-devices.net/device-0042a/?api-version=2020-09-30&DeviceClientType=c20";
inline constexpr std::string_view password =
    "SharedAccessSignature sr=contoso-hub-001.azure-devices.net%2Fdevices%2Fdevice-0042a&"
    "sig=q8u%2BNfAqm4Zc2yUJ0iYtW4mUjP3C1gq8l2k9vV0d5sE%3D&se=1767225600&skn=primary-device-key-name";
inline constexpr std::string_view will_topic = "devices/device-0042a/messages/events/state=off";
inline constexpr std::string_view will_message = R"({"status":"offline","rsn":7})";
inline constexpr std::uint16_t keep_alive = 240;

inline constexpr std::string_view publish_topic =
    "devices/device-0042a/messages/events/%24.ct=application%2Fjson&seq=170";
inline constexpr std::uint16_t packet_id = 0x1234;

inline constexpr std::string_view filter_1 = "devices/device-0042a/messages/devicebound/#";  // QoS 1
inline constexpr std::string_view filter_2 = "$iothub/methods/POST/#";                       // QoS 0
inline constexpr std::string_view filter_3 = "$iothub/twin/res/#";                           // QoS 0

// All devices of a site: a wildcard in the middle and one at the end.
inline constexpr std::string_view wildcard_filter = "devices/+/messages/devicebound/site-7/cmd/#";
static_assert(wildcard_filter.size() == 43);
// v3.1.1 §4.7.1, by levels; of ASCII only.
bool filter_is_valid(std::string_view filter);

// What the topic above is compared with: 4 match, 4 do not, the last of them only at the end.
inline constexpr std::string_view match_filters[] = {
    "devices/device-0042a/messages/events/#",
    "devices/+/messages/events/+",
    "devices/+/messages/#",
    "#",
    "$iothub/twin/res/#",
    "devices/device-0042b/messages/events/#",
    "devices/+/messages/devicebound/#",
    "devices/device-0042a/messages/events/%24.ct=application%2Fjson&seq=171"};
// v3.1.1 §4.7, by levels.
bool filter_matches(std::string_view filter, std::string_view topic);

// 70 bytes of which 23 are not ASCII, in sequences of two and of three bytes.
inline constexpr std::string_view mixed_text =
    "caf\xC3\xA9/m\xC3\xBCnchen/\xE6\xB8\xA9\xE5\xBA\xA6/r\xC3\xA9seau-7/\xD0\xB4\xD0\xBE\xD0\xBC/"
    "sensor-12/caf\xC3\xA9 \xE2\x82\xAC 170/ok/seq=";
static_assert(mixed_text.size() == 70);

// Payload byte i is 'a' + (i * 7) % 26.
inline std::string payload(std::size_t size) {
  std::string made(size, '\0');
  for (std::size_t i = 0; i != size; ++i) made[i] = static_cast<char>('a' + i * 7 % 26);
  return made;
}

// A copy of what is read, at the same place of a page in every program: behind what the same operation writes, since a
// load waits for an earlier store whose address ends in the same 12 bits. An object that lives as long as its users.
class placed {
 public:
  explicit placed(std::string_view content, std::size_t place = from_1536);
  placed(placed const&) = delete;
  placed& operator=(placed const&) = delete;

  static constexpr std::size_t from_1536 = 1536;  // payloads and packets
  static constexpr std::size_t from_3072 = 3072;  // the topic beside them

  std::string_view view() const { return view_; }
  char* data() { return memory_.data() + offset_; }

 private:
  std::vector<char> memory_;
  std::size_t offset_;
  std::string_view view_;
};

// What a broker sends a device: mostly messages, some acknowledgements. Always the same packets.
std::vector<std::string> stream_packets(std::size_t count);
std::string joined(std::vector<std::string> const& packets);

// What such a stream contains, told by who reads it.
struct stream_totals {
  std::size_t packets = 0;
  std::size_t payload = 0;

  friend bool operator==(stream_totals const&, stream_totals const&) = default;
};
// Counted from the list of packets, not from the stream.
stream_totals expected_totals(std::size_t count);

// Packets written down naively, to check what is measured: MQTT 3.1.1 chapters 2 and 3.
std::string number_16(std::size_t number);
std::string field(std::string_view content);
std::string packet(unsigned first_byte, std::string_view body);
std::string connect_packet();
std::string publish_packet(std::size_t payload_size, unsigned qos = 1);
std::string subscribe_packet();

}  // namespace bench

#endif
