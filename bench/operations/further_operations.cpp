// SPDX-License-Identifier: BSL-1.0
// Rows that complete the comparison with other libraries: a CONNECT without will, a fixed header alone, text that
// is not ASCII in other lengths.
#include <array>
#include <cstdint>
#include <string>

#include <hubwire/iothub.hpp>
#include <hubwire/mqtt3.hpp>

#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

using namespace hubwire;

struct connecting {
  text client = *text::parse(client_id);
  text user = *text::parse(user_name);
  std::string_view secret = password;
  std::uint16_t seconds = keep_alive;
  std::array<std::uint8_t, 512> output{};
  byte_span buffer = output;
  std::size_t size = 0;

  void operator()() {
    auto const written =
        encode(buffer,
               v3::connect{
                   .client_id = client, .keep_alive = seconds, .user_name = user, .password = bytes(secret)});
    size = written ? written->size() : 0;
  }
  bool check() const {
    std::string const expected = packet(0x10, field("MQTT") + "\x04\xC2" + number_16(keep_alive) +
                                                  field(client_id) + field(user_name) + field(password));
    return std::string_view(reinterpret_cast<char const*>(output.data()), size) == expected;
  }
};

// What writev() is given: the header, and the payload where it is.
struct gathering {
  placed topic_text{publish_topic, placed::from_3072};
  topic_name topic = *topic_name::parse(topic_text.view());
  placed octets{payload(128)};
  bytes content{octets.view()};
  std::uint16_t id = bench::packet_id;
  std::array<std::uint8_t, 256> output{};
  byte_span buffer = output;
  std::array<std::string_view, 2> pieces{};

  void operator()() {
    auto const how = delivery::at_least_once(hubwire::packet_id::trusted(id));
    auto const head = encode_header(buffer, v3::publish{.topic = topic, .delivery = how}, content.size());
    pieces = {};
    if (head) pieces = {bytes(*head).view(), content.view()};
  }
  bool check() const { return std::string(pieces[0]) + std::string(pieces[1]) == publish_packet(128); }
};

// A topic that was built once and is sent with every message: it is a topic_name, which a PUBLISH takes as it is.
struct telemetry_prebuilt {
  std::array<char, 256> memory{};
  topic_name topic = *iothub::telemetry_topic(memory, *iothub::device_id::parse(client_id))
                          .add(iothub::system_property::content_type, "application/json")
                          .add(iothub::system_property::content_encoding, "utf-8")
                          .add(iothub::system_property::message_id, "0f8fad5b-d9cb-469f")
                          .add("alert", "temperature-high")
                          .done();
  std::size_t payload_size = 128;
  std::uint16_t id = bench::packet_id;
  std::array<std::uint8_t, 256> output{};
  byte_span buffer = output;
  std::size_t size = 0;

  void operator()() {
    auto const how = delivery::at_least_once(hubwire::packet_id::trusted(id));
    auto const written = encode_header(buffer, v3::publish{.topic = topic, .delivery = how}, payload_size);
    size = written ? written->size() : 0;
  }
  bool check() const {
    std::string const expected = packet(0x32, field("devices/device-0042a/messages/events/"
                                                    "%24.ct=application%2Fjson&%24.ce=utf-8&"
                                                    "%24.mid=0f8fad5b-d9cb-469f&alert=temperature-high") +
                                                  number_16(bench::packet_id) + payload(128));
    return std::string_view(reinterpret_cast<char const*>(output.data()), size) == expected.substr(0, 132);
  }
};

struct fixed_header {
  placed storage{publish_packet(128)};
  byte_view input = bytes(storage.view()).octets();
  std::size_t size = 0;

  void operator()() {
    frame_result const found = split_frame(input);
    size = found.status == frame_status::ready ? found.frame.size() : 0;
    keep(found.frame.size());
  }
  bool check() const { return size == 205; }
};

struct unsubscribing {
  std::array<v3::unsubscription, 3> filters{
      {{*topic_filter::parse(filter_1)}, {*topic_filter::parse(filter_2)}, {*topic_filter::parse(filter_3)}}};
  std::uint16_t id = bench::packet_id;
  std::array<std::uint8_t, 256> output{};
  byte_span buffer = output;
  std::size_t size = 0;

  void operator()() {
    auto const written = encode(buffer, v3::unsubscribe{hubwire::packet_id::trusted(id), filters});
    size = written ? written->size() : 0;
  }
  bool check() const {
    std::string const expected =
        packet(0xA2, number_16(bench::packet_id) + field(filter_1) + field(filter_2) + field(filter_3));
    return std::string_view(reinterpret_cast<char const*>(output.data()), size) == expected;
  }
};

// As utf8_mixed70 in text_operations.cpp, in another length.
template <std::size_t Size>
struct mixed {
  placed storage{repeated()};
  std::string_view text = storage.view();
  bool valid = false;

  static std::string repeated() {
    std::string made;
    while (made.size() < Size) made += mixed_text;
    made.resize(Size);
    // Where that cut a sequence, its beginning becomes ASCII.
    for (std::size_t at = Size; at-- != 0 && (made[at] & 0x80) != 0;) {
      bool const is_lead = (made[at] & 0x40) != 0;
      made[at] = '.';
      if (is_lead) break;
    }
    return made;
  }
  void operator()() { valid = topic_name::is_valid(text); }
  bool check() const {
    std::string broken(text);
    broken[0] = '\x80';
    return valid && !topic_name::is_valid(broken);
  }
};

constexpr operation operations[] = {
    measured<connecting>("connect", 300).above("memcpy"),
    measured<unsubscribing>("unsubscribe_3", 93).above("memcpy"),
    measured<gathering>("publish_gather", 77).above("memcpy"),
    measured<telemetry_prebuilt>("telemetry_topic_prebuilt", 132).above("memcpy"),
    measured<fixed_header>("decode_fixed_header"),
    measured<mixed<16>>("utf8_mixed16", 16).above("memchr_16"),
    measured<mixed<256>>("utf8_mixed256", 256).above("memchr_256"),
};

}  // namespace

std::span<operation const> further_operations() { return operations; }

}  // namespace bench
