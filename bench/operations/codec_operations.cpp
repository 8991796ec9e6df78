// SPDX-License-Identifier: BSL-1.0
// Packets of MQTT 3.1.1 to bytes and back.
#include <array>
#include <cstdint>
#include <string>

#include <hubwire/mqtt3.hpp>

#include "data.hpp"
#include "operation.hpp"

namespace bench {

namespace {

using namespace hubwire;

// What a device has when it starts to measure: texts that were checked once.
template <std::size_t Capacity>
struct encoding {
  std::array<std::uint8_t, Capacity> output{};
  std::size_t size = 0;

  [[gnu::always_inline]] void put(result<byte_view> const& written) { size = written ? written->size() : 0; }
  bool wrote(std::string_view expected) const {
    return std::string_view(reinterpret_cast<char const*>(output.data()), size) == expected;
  }
};

struct connect_will : encoding<512> {
  text client = *text::parse(client_id);
  text user = *text::parse(user_name);
  topic_name topic = *topic_name::parse(will_topic);
  std::string_view message = will_message;
  std::string_view secret = password;
  std::uint16_t seconds = keep_alive;
  byte_span buffer = output;

  void operator()() {
    put(encode(buffer, v3::connect{.client_id = client,
                                   .keep_alive = seconds,
                                   .will = v3::will{topic, bytes(message), qos::at_least_once},
                                   .user_name = user,
                                   .password = bytes(secret)}));
  }
  bool check() const { return wrote(connect_packet()); }
};

template <std::size_t PayloadSize, qos Level = qos::at_least_once>
struct publishing : encoding<PayloadSize + 128> {
  placed topic_text{publish_topic, placed::from_3072};
  topic_name topic = *topic_name::parse(topic_text.view());
  placed octets{payload(PayloadSize)};
  bytes content{octets.view()};
  std::uint16_t id = packet_id;
  byte_span buffer = this->output;

  static hubwire::delivery how(std::uint16_t number) {
    return Level == qos::at_most_once ? delivery::at_most_once()
                                      : delivery::at_least_once(hubwire::packet_id::trusted(number));
  }
  void operator()() { this->put(encode(buffer, v3::publish{topic, content, how(id)})); }
  bool check() const { return this->wrote(publish_packet(PayloadSize, static_cast<unsigned>(Level))); }
};

struct publish_checked : publishing<128> {
  std::string_view unchecked = topic_text.view();

  void operator()() {
    auto const name = topic_name::parse(unchecked);
    size = 0;
    if (name) put(encode(buffer, v3::publish{*name, content, how(id)}));
  }
};

struct publish_header : publishing<128> {
  std::size_t payload_size = 128;

  void operator()() {
    put(encode_header(buffer, v3::publish{.topic = topic, .delivery = how(id)}, payload_size));
  }
  bool check() const { return size == 77 && wrote(publish_packet(128).substr(0, 77)); }
};

struct subscribe_3 : encoding<256> {
  std::array<v3::subscription, 3> wishes{{{*topic_filter::parse(filter_1), qos::at_least_once},
                                          {*topic_filter::parse(filter_2), qos::at_most_once},
                                          {*topic_filter::parse(filter_3), qos::at_most_once}}};
  std::uint16_t id = packet_id;
  byte_span buffer = output;

  void operator()() { put(encode(buffer, v3::subscribe{hubwire::packet_id::trusted(id), wishes})); }
  bool check() const { return wrote(subscribe_packet()); }
};

// Filters that a program reads from its settings: each is looked at in the call.
struct subscribe_checked : encoding<256> {
  std::array<std::string_view, 3> filters{filter_1, filter_2, filter_3};
  std::uint16_t id = packet_id;
  byte_span buffer = output;

  void operator()() {
    auto const first = topic_filter::parse(filters[0]);
    auto const second = topic_filter::parse(filters[1]);
    auto const third = topic_filter::parse(filters[2]);
    size = 0;
    if (!first || !second || !third) return;
    std::array<v3::subscription, 3> const wishes{
        {{*first, qos::at_least_once}, {*second, qos::at_most_once}, {*third, qos::at_most_once}}};
    put(encode(buffer, v3::subscribe{hubwire::packet_id::trusted(id), wishes}));
  }
  bool check() const { return wrote(subscribe_packet()); }
};

struct puback : encoding<4> {
  std::uint16_t id = packet_id;

  void operator()() { static_cast<void>(encode(output, v3::puback{hubwire::packet_id::trusted(id)})); }
  bool check() {
    size = 4;
    return wrote(packet(0x40, number_16(packet_id)));
  }
};

struct pingreq : encoding<2> {
  void operator()() { static_cast<void>(encode(output, v3::pingreq{})); }
  bool check() {
    size = 2;
    return wrote(packet(0xC0, ""));
  }
};

// A packet as it came; its fields are handed on, and failure is a branch, as in a program.
struct decoding {
  explicit decoding(std::string_view packet) : storage(packet) {}

  placed storage;
  byte_view input = bytes(storage.view()).octets();
  bool decoded = false;
};

using namespace std::string_literals;

struct decode_connack : decoding {
  decode_connack() : decoding(packet(0x20, "\1\0"s)) {}

  void operator()() {
    auto const p = decode<v3::connack>(input);
    decoded = p.has_value();
    if (p) keep(p->session_present, p->code);
  }
  bool check() const {
    auto const p = decode<v3::connack>(input);
    return decoded && *p == v3::connack{true, v3::connect_return_code::accepted};
  }
};

struct decode_puback : decoding {
  decode_puback() : decoding(packet(0x40, number_16(packet_id))) {}

  void operator()() {
    auto const p = decode<v3::puback>(input);
    decoded = p.has_value();
    if (p) keep(p->id.number());
  }
  bool check() const { return decoded && decode<v3::puback>(input)->id.number() == packet_id; }
};

struct decode_suback_3 : decoding {
  decode_suback_3() : decoding(packet(0x90, number_16(packet_id) + "\1\0\x80"s)) {}

  void operator()() {
    auto const p = decode<v3::suback>(input);
    decoded = p.has_value();
    if (!p) return;
    keep(p->id.number(), p->codes.size(), *p->codes.begin());
  }
  bool check() const {
    auto const p = decode<v3::suback>(input);
    std::string codes;
    for (v3::suback_return_code const code : p->codes) codes += static_cast<char>(code);
    return decoded && p->id.number() == packet_id && codes == "\1\0\x80"s;
  }
};

template <class Policy>
struct decode_publish : decoding {
  decode_publish() : decoding(publish_packet(128)) {}

  void operator()() {
    auto const p = decode<v3::publish, Policy>(input);
    decoded = p.has_value();
    if (!p) return;
    keep(p->topic.view().data(), p->topic.size(), p->payload.data(), p->payload.size());
    keep(p->delivery.qos(), p->delivery.duplicate(), p->delivery.id().number(), p->retain);
  }
  bool check() const {
    auto const p = decode<v3::publish, Policy>(input);
    return decoded && p->topic == publish_topic && p->payload.view() == payload(128) && !p->retain &&
           p->delivery == delivery::at_least_once(hubwire::packet_id::trusted(packet_id));
  }
};

constexpr operation operations[] = {
    measured<connect_will>("connect_will", 378).above("memcpy"),
    measured<publishing<128>>("publish_q1_128", 205).above("memcpy"),
    measured<publish_checked>("publish_q1_128_checked", 205).above("memcpy"),
    measured<publish_header>("publish_header", 77).above("memcpy"),
    measured<subscribe_3>("subscribe_3", 96).above("memcpy"),
    measured<subscribe_checked>("subscribe_3_checked", 96).above("memcpy"),
    measured<puback>("puback", 4).above("store_4"),
    measured<pingreq>("pingreq", 2).above("store_2"),
    measured<decode_connack>("decode_connack", 4),
    measured<decode_puback>("decode_puback", 4),
    measured<decode_suback_3>("decode_suback_3", 7),
    measured<decode_publish<strict>>("decode_publish_128", 205),
    measured<decode_publish<structural>>("decode_publish_128_unchecked", 205),
    measured<publishing<16>>("publish_q1_16", 92).above("memcpy"),
    measured<publishing<128, qos::at_most_once>>("publish_q0_128", 203).above("memcpy"),
    measured<publishing<1024>>("publish_q1_1k", 1101).above("memcpy"),
    measured<publishing<16384>>("publish_q1_16k", 16462).above("memcpy"),
};

}  // namespace

std::span<operation const> codec_operations() { return operations; }

}  // namespace bench
