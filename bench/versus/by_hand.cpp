// SPDX-License-Identifier: BSL-1.0
// The codec by hand, see by_hand_codec.hpp.
#include "adapter.hpp"
#include "by_hand_codec.hpp"

namespace bench {

namespace {

using namespace std::string_literals;

struct writing : written_packet {
  std::span<char> buffer{output, sizeof output};
};

struct connecting : writing {
  by_hand::connect packet{client_id, user_name, password, {}, {}, keep_alive, 0xC2};

  void operator()() { size = by_hand::write(buffer, packet); }
  bool check() const {
    return is(bench::packet(0x10, field("MQTT") + "\x04\xC2" + number_16(keep_alive) + field(client_id) +
                                      field(user_name) + field(password)));
  }
};

struct connecting_with_will : connecting {
  connecting_with_will() {
    packet = {client_id, user_name, password, will_topic, will_message, keep_alive, 0xCE};
  }
  bool check() const { return is(connect_packet()); }
};

template <std::size_t PayloadSize, unsigned Qos = 1>
struct publishing : writing {
  placed topic{publish_topic, placed::from_3072};
  placed content{payload(PayloadSize)};
  by_hand::publish packet{topic.view(), content.view(), packet_id, Qos << 1};

  void operator()() { size = by_hand::write(buffer, packet); }
  bool check() const { return is(publish_packet(PayloadSize, Qos)); }
};

struct publish_header : publishing<128> {
  void operator()() { size = by_hand::write_header(buffer, packet); }
  bool check() const { return is(std::string_view(publish_packet(128)).substr(0, 77)); }
};

struct subscribing : writing {
  by_hand::subscription wanted[3] = {{filter_1, 1}, {filter_2, 0}, {filter_3, 0}};
  std::uint16_t id = packet_id;

  void operator()() { size = by_hand::write_subscribe(buffer, id, wanted); }
  bool check() const { return is(subscribe_packet()); }
};

// Into an array of the right size, as hubwire does.
struct acknowledging : writing {
  std::uint16_t id = packet_id;
  void operator()() { static_cast<void>(by_hand::write_puback({output, 4}, id)); }
  bool check() {
    size = 4;
    return is(packet(0x40, number_16(packet_id)));
  }
};
struct pinging : writing {
  void operator()() { static_cast<void>(by_hand::write_pingreq({output, 2})); }
  bool check() {
    size = 2;
    return is(packet(0xC0, ""));
  }
};

struct reading {
  explicit reading(std::string_view given) : storage(given) {}
  placed storage;
  std::string_view input = storage.view();
  bool read = false;
};

struct splitting : reading {
  splitting() : reading(publish_packet(128)) {}
  void operator()() {
    by_hand::frame const found = by_hand::split(input);
    read = found.size == 205;
    keep(found.size);
  }
  bool check() const { return read; }
};

struct decode_publish : reading {
  decode_publish() : reading(publish_packet(128)) {}

  void operator()() {
    by_hand::publish p;
    by_hand::frame const found = by_hand::split(input);
    read = found.size != 0 && by_hand::read(found, p);
    if (!read) return;
    keep(p.topic.data(), p.topic.size(), p.payload.data(), p.payload.size(), p.id, p.flags);
  }
  bool check() const {
    by_hand::publish p{};
    return read && by_hand::read(by_hand::split(input), p) && p.topic == publish_topic &&
           p.payload == payload(128) && p.id == packet_id && p.flags == 2;
  }
};

struct decode_puback : reading {
  decode_puback() : reading(packet(0x40, number_16(packet_id))) {}
  void operator()() {
    std::uint16_t id = 0;
    by_hand::frame const found = by_hand::split(input);
    read = found.size != 0 && by_hand::read(found, id);
    keep(id);
  }
  bool check() const {
    std::uint16_t id = 0;
    return read && by_hand::read(by_hand::split(input), id) && id == packet_id;
  }
};

struct decode_connack : reading {
  decode_connack() : reading(packet(0x20, "\1\0"s)) {}
  void operator()() {
    by_hand::connack p{};
    by_hand::frame const found = by_hand::split(input);
    read = found.size != 0 && by_hand::read(found, p);
    keep(p.session_present, p.code);
  }
  bool check() const {
    by_hand::connack p{};
    return read && by_hand::read(by_hand::split(input), p) && p.session_present && p.code == 0;
  }
};

struct decode_suback_3 : reading {
  decode_suback_3() : reading(packet(0x90, number_16(packet_id) + "\1\0\x80"s)) {}
  void operator()() {
    by_hand::suback p{};
    by_hand::frame const found = by_hand::split(input);
    read = found.size != 0 && by_hand::read(found, p);
    if (read) keep(p.id, p.codes.size(), p.codes[0]);
  }
  bool check() const {
    by_hand::suback p{};
    return read && by_hand::read(by_hand::split(input), p) && p.codes == "\1\0\x80"s;
  }
};

template <std::size_t Count>
struct walk : reading {
  walk() : reading(joined(stream_packets(Count))) {}
  stream_totals totals;

  [[gnu::always_inline]] bool take(by_hand::frame const& found) {
    std::uint16_t id = 0;
    by_hand::publish p;
    by_hand::suback answer;
    switch (found.first >> 4) {
      case 3:
        if (!by_hand::read(found, p)) return false;
        keep(p.topic.data(), p.topic.size(), p.payload.data(), p.id, p.flags);
        totals.payload += p.payload.size();
        break;
      case 4:
      case 5:
      case 6:
      case 7:
        if (!by_hand::read(found, id)) return false;
        keep(id);
        break;
      case 9:
        if (!by_hand::read(found, answer)) return false;
        keep(answer.id, answer.codes.size(), answer.codes[0]);
        break;
      default: break;
    }
    ++totals.packets;
    return true;
  }
  void operator()() {
    totals = {};
    std::string_view rest = input;
    for (;;) {
      by_hand::frame const found = by_hand::split(rest);
      if (found.size == 0 || !take(found)) break;
      rest.remove_prefix(found.size);
    }
  }
  bool check() const {
    stream_totals const expected = expected_totals(Count);
    return totals.packets == expected.packets && totals.payload == expected.payload;
  }
};

}  // namespace

std::vector<operation> all_operations() {
  return {
      measured<connecting_with_will>("connect_will", 378),
      measured<connecting>("connect", 300),
      measured<publishing<16>>("publish_q1_16", 92),
      measured<publishing<128>>("publish_q1_128", 205),
      measured<publishing<128, 0>>("publish_q0_128", 203),
      measured<publishing<1024>>("publish_q1_1k", 1101),
      measured<publishing<16384>>("publish_q1_16k", 16'462),
      measured<publish_header>("publish_header", 77),
      measured<subscribing>("subscribe_3", 96),
      measured<acknowledging>("puback", 4),
      measured<pinging>("pingreq", 2),
      measured<splitting>("decode_fixed_header"),
      measured<decode_connack>("decode_connack"),
      measured<decode_puback>("decode_puback"),
      measured<decode_suback_3>("decode_suback_3"),
      measured<decode_publish>("decode_publish_128_unchecked"),
      measured<walk<64>>("stream_hot_unchecked", 0, 64),
      measured<walk<10'000>>("stream_cold_unchecked", 0, 10'000),
  };
}

std::string measured_library() {
#ifdef HUBWIRE_BENCH_ONE_UNIT
  return "by hand, inlined";
#else
  return "by hand";
#endif
}

}  // namespace bench
