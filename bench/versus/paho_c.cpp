// SPDX-License-Identifier: BSL-1.0
// Eclipse Paho's C client: its packet layer, which the static archive of its package exports. The layer sends
// through a socket, writes a log, keeps a trace of calls, asks the clock and allocates through a tracker of its
// own; in their place stand functions that do nothing, a copy into one buffer, and malloc. So it is measured
// faster than it is in its client. It does not look at texts.
#include <array>
#include <cstdlib>

#include "adapter.hpp"
#include "paho_c_api.hpp"

namespace {

bench::written_packet* sink = nullptr;

}  // namespace

// In place of its own.
extern "C" {

int WebSocket_putdatas(paho_net*, char** head, std::size_t* head_size, paho_buffers* rest) {
  sink->size = 0;
  sink->append(*head, *head_size);
  for (int i = 0; i != rest->count; ++i)
    if (rest->sizes[i] != 0) sink->append(rest->data[i], rest->sizes[i]);
  return 0;
}
int WebSocket_getch(paho_net*, char*) { std::abort(); }
char* WebSocket_getdata(paho_net*, std::size_t, std::size_t*) { std::abort(); }
std::size_t WebSocket_framePos() { std::abort(); }
void WebSocket_framePosSeekTo(std::size_t) { std::abort(); }
int MQTTPersistence_putPacket(int, char*, std::size_t, int, char**, std::size_t*, int, int, int, int) {
  return 0;
}
timeval MQTTTime_now() { return {}; }
void Log(int, int, char const*, ...) {}
void StackTrace_entry(char const*, int, int) {}
void StackTrace_exit(char const*, int, void*, int) {}
void* mymalloc(char*, int, std::size_t size) { return std::malloc(size); }
void* myrealloc(char*, int, void* old, std::size_t size) { return std::realloc(old, size); }
void myfree(char*, int, void* old) { std::free(old); }
}

namespace bench {

namespace {

using namespace std::string_literals;

constexpr int version = 4;

// Its texts end with NUL and its length comes from strlen, as in its client.
struct writing : written_packet {
  std::string id = std::string(client_id);
  std::string user = std::string(user_name);
  std::string secret = std::string(password);
  std::string topic = std::string(publish_topic);
  paho_client client{};

  writing() {
    client.client_id = id.c_str();
    client.version = version;
    client.net.socket = 3;
  }
  [[gnu::always_inline]] void begin() {
    sink = this;
    size = 0;
  }
};

struct connecting : writing {
  connecting() {
    client.user_name = user.c_str();
    client.password = secret.data();
    client.password_size = static_cast<int>(secret.size());
    client.flags = 1 | 2;
    client.keep_alive = keep_alive;
  }
  void operator()() {
    begin();
    MQTTPacket_send_connect(&client, version, nullptr, nullptr);
  }
  bool check() const {
    return is(packet(0x10, field("MQTT") + "\x04\xC2" + number_16(keep_alive) + field(client_id) +
                               field(user_name) + field(password)));
  }
};

struct connecting_with_will : connecting {
  std::string where = std::string(will_topic);
  paho_will will{where.c_str(), static_cast<int>(will_message.size()), will_message.data(), 0, 1};

  connecting_with_will() { client.will = &will; }
  bool check() const { return is(connect_packet()); }
};

template <std::size_t PayloadSize, int Qos = 1>
struct publishing : writing {
  std::string content = payload(PayloadSize);
  paho_publish message{};

  void operator()() {
    begin();
    message = {};
    message.topic = topic.data();
    message.payload = content.data();
    message.payload_size = static_cast<int>(content.size());
    message.id = packet_id;
    message.version = version;
    MQTTPacket_send_publish(&message, 0, Qos, 0, &client.net, client.client_id);
  }
  bool check() const { return is(publish_packet(PayloadSize, Qos)); }
};

struct subscribing : writing {
  std::array<std::string, 3> filters{std::string(filter_1), std::string(filter_2), std::string(filter_3)};
  std::array<int, 3> qos{1, 0, 0};
  paho_list* topics = ListInitialize();
  paho_list* levels = ListInitialize();

  subscribing() {
    for (std::size_t i = 0; i != filters.size(); ++i) {
      ListAppend(topics, filters[i].data(), filters[i].size());
      ListAppend(levels, &qos[i], sizeof qos[i]);
    }
  }
  void operator()() {
    begin();
    MQTTPacket_send_subscribe(topics, levels, nullptr, nullptr, packet_id, 0, &client);
  }
  bool check() const { return is(subscribe_packet()); }
};

struct acknowledging : writing {
  int number = packet_id;
  void operator()() {
    begin();
    MQTTPacket_send_puback(version, number, &client.net, client.client_id);
  }
  bool check() const { return is(packet(0x40, number_16(packet_id))); }
};

struct pinging : writing {
  void operator()() {
    begin();
    MQTTPacket_send_pingreq(&client.net, client.client_id);
  }
  bool check() const { return is(packet(0xC0, "")); }
};

// What its reader does with a packet that lies in memory: the length, then the function for the type.
struct reading {
  explicit reading(std::string given) : storage(std::move(given)) {}

  std::string storage;
  bool read = false;

  struct body {
    unsigned char header;
    char* data;
    std::size_t size;
  };
  [[gnu::always_inline]] static bool split(char* data, std::size_t available, body& found) {
    if (available < 2) return false;
    int size = 0;
    int const digits = MQTTPacket_decodeBuf(data + 1, &size);
    if (digits > 4) return false;
    found = {static_cast<unsigned char>(*data), data + 1 + digits, static_cast<std::size_t>(size)};
    return static_cast<std::size_t>(1 + digits) + found.size <= available;
  }
};

struct decode_publish : reading {
  decode_publish() : reading(publish_packet(128)) {}
  std::string topic, content;
  int number = 0;

  [[gnu::always_inline]] void run(auto visit) {
    body found{};
    read = split(storage.data(), storage.size(), found);
    if (!read) return;
    auto* const p =
        static_cast<paho_publish*>(MQTTPacket_publish(version, found.header, found.data, found.size));
    read = p != nullptr;
    if (!read) return;
    visit(*p);
    MQTTPacket_freePublish(p);
  }
  void operator()() {
    run([](paho_publish const& p) { keep(p.topic, p.topic_size, p.payload, p.payload_size, p.id); });
  }
  bool check() {
    run([&](paho_publish const& p) {
      topic.assign(p.topic, static_cast<std::size_t>(p.topic_size));
      content.assign(p.payload, static_cast<std::size_t>(p.payload_size));
      number = p.id;
    });
    return read && topic == publish_topic && content == payload(128) && number == packet_id;
  }
};

template <class Packet, auto Decode, auto Free>
struct decode_small : reading {
  using reading::reading;

  [[gnu::always_inline]] void run(auto visit) {
    body found{};
    read = split(storage.data(), storage.size(), found);
    if (!read) return;
    auto* const p = static_cast<Packet*>(Decode(version, found.header, found.data, found.size));
    read = p != nullptr;
    if (!read) return;
    visit(*p);
    Free(p);
  }
};

struct decode_puback : decode_small<paho_ack, MQTTPacket_ack, MQTTPacket_freeAck> {
  decode_puback() : decode_small(packet(0x40, number_16(packet_id))) {}
  void operator()() {
    run([](paho_ack const& p) { keep(p.id); });
  }
  bool check() {
    int number = 0;
    run([&](paho_ack const& p) { number = p.id; });
    return read && number == packet_id;
  }
};

struct decode_connack : decode_small<paho_connack, MQTTPacket_connack, MQTTPacket_freeConnack> {
  decode_connack() : decode_small(packet(0x20, "\1\0"s)) {}
  void operator()() {
    run([](paho_connack const& p) { keep(p.flags, p.code); });
  }
  bool check() {
    bool present = false;
    run([&](paho_connack const& p) { present = (p.flags & 1) != 0 && p.code == 0; });
    return read && present;
  }
};

struct decode_suback_3 : decode_small<paho_suback, MQTTPacket_suback, MQTTPacket_freeSuback> {
  decode_suback_3() : decode_small(packet(0x90, number_16(packet_id) + "\1\0\x80"s)) {}
  static int code_of(paho_element const* one) { return *static_cast<int const*>(one->content); }

  void operator()() {
    run([](paho_suback const& p) { keep(p.id, p.codes->count, code_of(p.codes->first)); });
  }
  bool check() {
    std::string codes;
    run([&](paho_suback const& p) {
      for (paho_element const* one = p.codes->first; one != nullptr; one = one->next)
        codes += static_cast<char>(code_of(one));
    });
    return read && codes == "\1\0\x80"s;
  }
};

template <std::size_t Count>
struct walk : reading {
  walk() : reading(joined(stream_packets(Count))) {}
  stream_totals totals;

  [[gnu::always_inline]] void take(body const& one) {
    switch (one.header >> 4) {
      case 3: {
        auto* const p =
            static_cast<paho_publish*>(MQTTPacket_publish(version, one.header, one.data, one.size));
        if (p == nullptr) return;
        keep(p->topic, p->topic_size, p->payload, p->id);
        totals.payload += static_cast<std::size_t>(p->payload_size);
        MQTTPacket_freePublish(p);
        break;
      }
      case 9: {
        auto* const p = static_cast<paho_suback*>(MQTTPacket_suback(version, one.header, one.data, one.size));
        if (p == nullptr) return;
        keep(p->id, p->codes->count, *static_cast<int const*>(p->codes->first->content));
        MQTTPacket_freeSuback(p);
        break;
      }
      case 13: keep(MQTTPacket_header_only(version, one.header, one.data, one.size)); break;
      default: {
        auto* const p = static_cast<paho_ack*>(MQTTPacket_ack(version, one.header, one.data, one.size));
        if (p == nullptr) return;
        keep(p->id);
        MQTTPacket_freeAck(p);
      }
    }
    ++totals.packets;
  }
  void operator()() {
    totals = {};
    char* data = storage.data();
    char* const end = data + storage.size();
    body one{};
    while (split(data, static_cast<std::size_t>(end - data), one)) {
      take(one);
      data = one.data + one.size;
    }
  }
  bool check() const {
    stream_totals const expected = expected_totals(Count);
    return totals.packets == expected.packets && totals.payload == expected.payload;
  }
};

struct scan {
  std::string text;
  bool valid = false;
  explicit scan(std::string_view given) : text(given) {}
  void operator()() { valid = UTF8_validate(static_cast<int>(text.size()), text.data()) == 1; }
  bool check() const {
    std::string broken = text;
    broken.back() = '\xC3';
    return valid && UTF8_validate(static_cast<int>(broken.size()), broken.data()) != 1;
  }
};
struct ascii_70 : scan {
  ascii_70() : scan(publish_topic) {}
};
struct mixed_70 : scan {
  mixed_70() : scan(mixed_text) {}
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
      measured<subscribing>("subscribe_3", 96),
      measured<acknowledging>("puback", 4),
      measured<pinging>("pingreq", 2),
      measured<decode_connack>("decode_connack"),
      measured<decode_puback>("decode_puback"),
      measured<decode_suback_3>("decode_suback_3"),
      measured<decode_publish>("decode_publish_128_unchecked"),
      measured<walk<64>>("stream_hot_unchecked", 0, 64),
      measured<walk<10'000>>("stream_cold_unchecked", 0, 10'000),
      checking_less(measured<ascii_70>("utf8_ascii70", 70)),
      checking_less(measured<mixed_70>("utf8_mixed70", 70)),
  };
}

std::string measured_library() { return "paho.mqtt.c " HUBWIRE_BENCH_VERSION; }

}  // namespace bench
