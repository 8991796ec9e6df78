// SPDX-License-Identifier: BSL-1.0
// The packets that need a program to write them down; nothing of hubwire in it.
#include "data.hpp"

#include <algorithm>
#include <cstdint>

#include "operation.hpp"

namespace bench {

namespace {

// xorshift, of which the upper half is used.
class draws {
 public:
  std::uint32_t operator()() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ >> 32);
  }

 private:
  std::uint64_t state_ = 0x9E37'79B9'7F4A'7C15;
};

std::string stream_publish(draws& draw, std::string_view id) {
  constexpr std::string_view topics =
      "devices/device-0042a/messages/devicebound/%24.mid=0123456789&%24.to=%2Fdevices%2Fdevice-0042a"
      "%2Fmessages%2FdeviceBound&prop=value";
  bool const acknowledged = (draw() & 1) != 0;
  std::string body = field(topics.substr(0, 30 + draw() % 51));
  if (acknowledged) body += id;
  body += payload(16 + draw() % 497);
  return packet(acknowledged ? 0x32 : 0x30, body);
}

std::string stream_packet(draws& draw) {
  using namespace std::string_literals;
  unsigned const kind = draw() % 100;
  std::string const id = number_16(1 + draw() % 65'535);
  if (kind < 80) return stream_publish(draw, id);
  if (kind < 90) return packet(0x40, id);
  if (kind < 94) return packet(0xD0, "");
  if (kind < 97) return packet(0x90, id + "\0\1"s);
  if (kind < 98) return packet(0x50, id);
  if (kind < 99) return packet(0x62, id);
  return packet(0x70, id);
}

}  // namespace

placed::placed(std::string_view content, std::size_t place)
    : memory_(content.size() + 2 * page),
      offset_((page + place - reinterpret_cast<std::uintptr_t>(memory_.data()) % page) % page) {
  content.copy(data(), content.size());
  view_ = {data(), content.size()};
}

std::vector<std::string> stream_packets(std::size_t count) {
  draws draw;
  std::vector<std::string> packets;
  packets.reserve(count);
  while (packets.size() != count) packets.push_back(stream_packet(draw));
  return packets;
}

std::string joined(std::vector<std::string> const& packets) {
  std::string all;
  for (std::string const& one : packets) all += one;
  return all;
}

bool filter_is_valid(std::string_view filter) {
  if (filter.empty() || filter.find('\0') != filter.npos) return false;
  for (;;) {
    std::size_t const end = std::min(filter.find('/'), filter.size());
    std::string_view const level = filter.substr(0, end);
    bool const is_last = end == filter.size();
    bool const has_wildcard = level.find('#') != level.npos || level.find('+') != level.npos;
    if (has_wildcard && level.size() != 1) return false;
    if (level == "#" && !is_last) return false;
    if (is_last) return true;
    filter.remove_prefix(end + 1);
  }
}

bool filter_matches(std::string_view filter, std::string_view topic) {
  bool const is_wild = filter.starts_with('#') || filter.starts_with('+');
  if (is_wild && topic.starts_with('$')) return false;
  for (;;) {
    std::size_t const filter_end = std::min(filter.find('/'), filter.size());
    std::size_t const topic_end = std::min(topic.find('/'), topic.size());
    std::string_view const level = filter.substr(0, filter_end);
    if (level == "#") return true;
    if (level != "+" && level != topic.substr(0, topic_end)) return false;
    bool const filter_ends = filter_end == filter.size();
    bool const topic_ends = topic_end == topic.size();
    if (topic_ends) return filter_ends || filter.substr(filter_end) == "/#";
    if (filter_ends) return false;
    filter.remove_prefix(filter_end + 1);
    topic.remove_prefix(topic_end + 1);
  }
}

// QoS 1 has an identifier more.
stream_totals expected_totals(std::size_t count) {
  stream_totals totals;
  for (std::string const& one : stream_packets(count)) {
    ++totals.packets;
    if ((one[0] & 0xF0) != 0x30) continue;
    std::size_t const start = (one[1] & 0x80) != 0 ? 3 : 2;
    auto const octet = [&](std::size_t at) {
      return static_cast<std::size_t>(static_cast<unsigned char>(one[at]));
    };
    std::size_t const topic = octet(start) * 256 + octet(start + 1);
    totals.payload += one.size() - start - 2 - topic - ((one[0] & 6) != 0 ? 2 : 0);
  }
  return totals;
}

std::string number_16(std::size_t number) {
  return {static_cast<char>(number >> 8 & 0xFF), static_cast<char>(number & 0xFF)};
}

std::string field(std::string_view content) { return number_16(content.size()) + std::string(content); }

std::string packet(unsigned first_byte, std::string_view body) {
  std::string made(1, static_cast<char>(first_byte));
  std::size_t rest = body.size();
  do {
    made += static_cast<char>(rest % 128 | (rest >= 128 ? 128 : 0));
    rest /= 128;
  } while (rest != 0);
  return made.append(body);
}

std::string connect_packet() {
  return packet(0x10, field("MQTT") + "\x04\xCE" + number_16(keep_alive) + field(client_id) +
                          field(will_topic) + field(will_message) + field(user_name) + field(password));
}

std::string publish_packet(std::size_t payload_size, unsigned qos) {
  return packet(0x30 | qos << 1,
                field(publish_topic) + (qos == 0 ? "" : number_16(packet_id)) + payload(payload_size));
}

std::string subscribe_packet() {
  using namespace std::string_literals;
  return packet(0x82, number_16(packet_id) + field(filter_1) + "\1"s + field(filter_2) + "\0"s +
                          field(filter_3) + "\0"s);
}

}  // namespace bench
