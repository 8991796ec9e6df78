// SPDX-License-Identifier: BSL-1.0
// AWS's aws-c-mqtt, out of npm's aws-crt, whose library for node exports its packet functions. They do not look at
// texts; where a row says so, aws_mqtt_is_valid_topic() does.
#include "adapter.hpp"
#include "aws_c_mqtt_api.hpp"

// The library presents itself to node when it is loaded.
extern "C" [[gnu::visibility("default")]] void napi_module_register(void*) {}

namespace bench {

namespace {

using namespace std::string_literals;

aws_cursor cursor(std::string_view text) { return {text.size(), text.data()}; }

struct writing : written_packet {
  [[gnu::always_inline]] void put(auto const& encode, auto const& packet) {
    aws_buffer buffer{0, output, sizeof output, nullptr};
    size = encode(&buffer, &packet) == 0 ? buffer.size : 0;
  }
};

struct connecting : writing {
  aws_cursor client = cursor(client_id), user = cursor(user_name), secret = cursor(password);
  std::uint16_t seconds = keep_alive;

  void operator()() {
    aws_opaque packet;
    connect_init(&packet, client, true, seconds);
    connect_credentials(&packet, user, secret);
    put(connect_encode, packet);
  }
  bool check() const {
    return is(packet(0x10, field("MQTT") + "\x04\xC2" + number_16(keep_alive) + field(client_id) +
                               field(user_name) + field(password)));
  }
};

struct connecting_with_will : connecting {
  aws_cursor topic = cursor(will_topic), message = cursor(will_message);

  void operator()() {
    aws_opaque packet;
    connect_init(&packet, client, true, seconds);
    bench::connect_will(&packet, topic, 1, false, message);
    connect_credentials(&packet, user, secret);
    put(connect_encode, packet);
  }
  bool check() const { return is(connect_packet()); }
};

template <std::size_t PayloadSize, int Qos = 1>
struct publishing : writing {
  std::string octets = payload(PayloadSize);
  aws_cursor topic = cursor(publish_topic), content = cursor(octets);
  std::uint16_t id = packet_id;

  void operator()() {
    aws_publish packet;
    publish_init(&packet, false, Qos, false, topic, id, content);
    put(publish_encode, packet);
  }
  bool check() const { return is(publish_packet(PayloadSize, Qos)); }
};

struct publishing_checked : publishing<128> {
  void operator()() {
    size = 0;
    if (is_valid_topic(&topic)) publishing<128>::operator()();
  }
};

struct publish_header : publishing<128> {
  void operator()() {
    aws_publish packet;
    publish_init(&packet, false, 1, false, topic, id, content);
    put(publish_headers, packet);
  }
  bool check() const { return is(std::string_view(publish_packet(128)).substr(0, 77)); }
};

struct subscribing : writing {
  aws_cursor filters[3] = {cursor(filter_1), cursor(filter_2), cursor(filter_3)};
  int qos[3] = {1, 0, 0};
  std::uint16_t id = packet_id;

  void operator()() {
    aws_opaque packet;
    subscribe_init(&packet, default_allocator(), id);
    for (int i = 0; i != 3; ++i) subscribe_add(&packet, filters[i], qos[i]);
    put(subscribe_encode, packet);
    subscribe_clean_up(&packet);
  }
  bool check() const { return is(subscribe_packet()); }
};

struct acknowledging : writing {
  std::uint16_t id = packet_id;
  void operator()() {
    aws_ack packet;
    puback_init(&packet, id);
    put(ack_encode, packet);
  }
  bool check() const { return is(packet(0x40, number_16(packet_id))); }
};

struct pinging : writing {
  void operator()() {
    aws_opaque packet;
    pingreq_init(&packet);
    put(connection_encode, packet);
  }
  bool check() const { return is(packet(0xC0, "")); }
};

template <class Packet>
struct reading {
  explicit reading(std::string given) : storage(std::move(given)), input(cursor(storage)) {}

  std::string storage;
  aws_cursor input;
  Packet packet{};
  bool read = false;

  [[gnu::always_inline]] void get(auto const& decode) {
    aws_cursor rest = input;
    packet = {};
    read = decode(&rest, &packet) == 0;
  }
};

struct decode_publish : reading<aws_publish> {
  decode_publish() : reading(publish_packet(128)) {}
  void operator()() {
    get(publish_decode);
    keep(packet.topic.data, packet.topic.size, packet.payload.data, packet.payload.size, packet.id);
  }
  bool check() const {
    return read && std::string_view(packet.topic.data, packet.topic.size) == publish_topic &&
           std::string_view(packet.payload.data, packet.payload.size) == payload(128) &&
           packet.id == packet_id;
  }
};

struct decode_puback : reading<aws_ack> {
  decode_puback() : reading(bench::packet(0x40, number_16(packet_id))) {}
  void operator()() {
    get(ack_decode);
    keep(packet.id);
  }
  bool check() const { return read && packet.id == packet_id; }
};

struct decode_connack : reading<aws_connack> {
  decode_connack() : reading(bench::packet(0x20, "\1\0"s)) {}
  void operator()() {
    get(connack_decode);
    keep(packet.session_present, packet.code);
  }
  bool check() const { return read && packet.session_present && packet.code == 0; }
};

struct decode_suback_3 : reading<aws_suback> {
  decode_suback_3() : reading(bench::packet(0x90, number_16(packet_id) + "\1\0\x80"s)) {}
  std::string codes;

  [[gnu::always_inline]] void run(auto visit) {
    aws_cursor rest = input;
    suback_init(&packet, default_allocator(), 0);
    read = suback_decode(&rest, &packet) == 0 && packet.codes.length != 0;
    if (read) visit(packet.codes);
    suback_clean_up(&packet);
  }
  void operator()() {
    run([&](aws_list const& list) { keep(packet.id, list.length, *static_cast<char const*>(list.data)); });
  }
  bool check() {
    std::uint16_t id = 0;
    run([&](aws_list const& list) {
      id = packet.id;  // the clean-up takes it away
      codes.assign(static_cast<char const*>(list.data), list.length);
    });
    return read && id == packet_id && codes == "\1\0\x80"s;
  }
};

// Its own reader, which calls one function per packet.
template <std::size_t Count, std::size_t Chunk>
struct receiving {
  std::string storage = joined(stream_packets(Count));
  stream_totals totals;
  aws_handlers handlers{};
  aws_opaque decoder{};

  receiving() {
    for (auto& one : handlers.by_type) one = take_ack;
    handlers.by_type[3] = take_publish;
    handlers.by_type[9] = take_suback;
    handlers.by_type[13] = take_connection;
    aws_decoder_options const options{&handlers, this};
    decoder_init(&decoder, default_allocator(), &options);
  }
  static receiving& self(void* user) { return *static_cast<receiving*>(user); }
  static int take_publish(aws_cursor message, void* user) {
    aws_publish packet;
    if (publish_decode(&message, &packet) != 0) return -1;
    keep(packet.topic.data, packet.topic.size, packet.payload.data, packet.id, packet.header.flags);
    self(user).totals.payload += packet.payload.size;
    ++self(user).totals.packets;
    return 0;
  }
  static int take_ack(aws_cursor message, void* user) {
    aws_ack packet;
    if (ack_decode(&message, &packet) != 0) return -1;
    keep(packet.id);
    ++self(user).totals.packets;
    return 0;
  }
  static int take_suback(aws_cursor message, void* user) {
    aws_suback packet;
    suback_init(&packet, default_allocator(), 0);
    int const outcome = suback_decode(&message, &packet);
    if (outcome == 0 && packet.codes.length != 0)
      keep(packet.id, packet.codes.length, *static_cast<char const*>(packet.codes.data));
    suback_clean_up(&packet);
    ++self(user).totals.packets;
    return outcome;
  }
  static int take_connection(aws_cursor message, void* user) {
    aws_opaque packet;
    if (connection_decode(&message, &packet) != 0) return -1;
    ++self(user).totals.packets;
    return 0;
  }
  void operator()() {
    totals = {};
    decoder_reset(&decoder);
    std::string_view rest = storage;
    while (!rest.empty()) {
      std::string_view const chunk = rest.substr(0, Chunk);
      rest.remove_prefix(chunk.size());
      if (decoder_receive(&decoder, cursor(chunk)) != 0) return;
    }
  }
  bool check() const {
    stream_totals const expected = expected_totals(Count);
    return totals.packets == expected.packets && totals.payload == expected.payload;
  }
};

struct scan {
  std::string text;
  aws_cursor input = cursor(text);
  bool valid = false;

  explicit scan(std::string_view given) : text(given) {}
  void operator()() { valid = is_valid_topic(&input); }
  bool check() const {
    for (char const bad : {'\xC3', '#', '\0'}) {
      std::string broken = text;
      broken.back() = bad;
      aws_cursor const of_broken = cursor(broken);
      if (is_valid_topic(&of_broken)) return false;
    }
    return valid;
  }
};
struct ascii_70 : scan {
  ascii_70() : scan(publish_topic) {}
};
struct mixed_70 : scan {
  mixed_70() : scan(mixed_text) {}
};

struct checking {
  aws_cursor filters[3] = {cursor(filter_1), cursor(filter_2), cursor(filter_3)};
  std::size_t valid = 0;

  void operator()() {
    valid = 0;
    for (aws_cursor const& one : filters)
      if (is_valid_filter(&one)) ++valid;
  }
  bool check() const {
    aws_cursor const bad = cursor("a/#/b");
    return valid == 3 && !is_valid_filter(&bad);
  }
};

}  // namespace

std::vector<operation> all_operations() {
  return {
      measured<connecting_with_will>("connect_will", 378),
      measured<connecting>("connect", 300),
      measured<publishing<16>>("publish_q1_16", 92),
      measured<publishing<128>>("publish_q1_128", 205),
      measured<publishing_checked>("publish_q1_128_checked", 205),
      measured<publishing<128, 0>>("publish_q0_128", 203),
      measured<publishing<1024>>("publish_q1_1k", 1101),
      measured<publishing<16384>>("publish_q1_16k", 16'462),
      measured<publish_header>("publish_header", 77),
      measured<subscribing>("subscribe_3", 96),
      measured<acknowledging>("puback", 4),
      measured<pinging>("pingreq", 2),
      measured<decode_connack>("decode_connack"),
      measured<decode_puback>("decode_puback"),
      measured<decode_suback_3>("decode_suback_3"),
      measured<decode_publish>("decode_publish_128_unchecked"),
      measured<receiving<64, 1 << 20>>("stream_hot_unchecked", 0, 64),
      measured<receiving<10'000, 1 << 30>>("stream_cold_unchecked", 0, 10'000),
      measured<receiving<10'000, 1460>>("stream_reader_1460_unchecked", 0, 10'000),
      measured<receiving<1'000, 64>>("stream_reader_64_unchecked", 0, 1'000),
      measured<receiving<1'000, 1>>("stream_reader_1_unchecked", 0, 1'000),
      measured<ascii_70>("utf8_ascii70", 70),
      measured<mixed_70>("utf8_mixed70", 70),
      measured<checking>("filter_check", 0, 3),
  };
}

std::string measured_library() { return "aws-c-mqtt (npm aws-crt " HUBWIRE_BENCH_VERSION ")"; }

}  // namespace bench
