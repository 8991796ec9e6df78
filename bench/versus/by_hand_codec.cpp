// SPDX-License-Identifier: BSL-1.0
#include "by_hand_codec.hpp"

#include <cstring>

namespace by_hand {

namespace {

inline char* put_16(char* out, std::size_t number) {
  out[0] = static_cast<char>(number >> 8);
  out[1] = static_cast<char>(number);
  return out + 2;
}
inline char* put(char* out, bytes text) {
  out = put_16(out, text.size());
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}
inline std::size_t length_size(std::size_t rest) {
  return rest < 128 ? 1 : rest < 16'384 ? 2 : rest < 2'097'152 ? 3 : 4;
}
inline char* put_head(char* out, unsigned first, std::size_t rest) {
  *out++ = static_cast<char>(first);
  while (rest >= 128) {
    *out++ = static_cast<char>(rest | 128);
    rest >>= 7;
  }
  *out++ = static_cast<char>(rest);
  return out;
}
inline std::uint16_t get_16(char const* data) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(data[0]) << 8 |
                                    static_cast<unsigned char>(data[1]));
}
inline std::size_t written(std::span<char> out, char const* end) {
  return static_cast<std::size_t>(end - out.data());
}

}  // namespace

BY_HAND std::size_t write(std::span<char> out, connect const& packet) {
  bool const has_will = (packet.flags & 4) != 0;
  std::size_t rest = 10 + 2 + packet.client.size() + 2 + packet.user.size() + 2 + packet.password.size();
  if (has_will) rest += 2 + packet.will_topic.size() + 2 + packet.will_message.size();
  if (out.size() < 1 + length_size(rest) + rest) return 0;
  char* at = put_head(out.data(), 0x10, rest);
  std::memcpy(at, "\0\4MQTT\4", 7);
  at[7] = static_cast<char>(packet.flags);
  at = put_16(at + 8, packet.keep_alive);
  at = put(at, packet.client);
  if (has_will) {
    at = put(at, packet.will_topic);
    at = put(at, packet.will_message);
  }
  at = put(at, packet.user);
  at = put(at, packet.password);
  return written(out, at);
}

BY_HAND std::size_t write_header(std::span<char> out, publish const& packet) {
  bool const has_id = (packet.flags & 6) != 0;
  std::size_t const head = 2 + packet.topic.size() + (has_id ? 2U : 0U);
  std::size_t const rest = head + packet.payload.size();
  if (out.size() < 1 + length_size(rest) + head) return 0;
  char* at = put_head(out.data(), 0x30U | packet.flags, rest);
  at = put(at, packet.topic);
  if (has_id) at = put_16(at, packet.id);
  return written(out, at);
}

BY_HAND std::size_t write(std::span<char> out, publish const& packet) {
  bool const has_id = (packet.flags & 6) != 0;
  std::size_t const rest = 2 + packet.topic.size() + (has_id ? 2U : 0U) + packet.payload.size();
  if (out.size() < 1 + length_size(rest) + rest) return 0;
  char* at = put_head(out.data(), 0x30U | packet.flags, rest);
  at = put(at, packet.topic);
  if (has_id) at = put_16(at, packet.id);
  std::memcpy(at, packet.payload.data(), packet.payload.size());
  return written(out, at + packet.payload.size());
}

BY_HAND std::size_t write_subscribe(std::span<char> out, std::uint16_t id,
                                    std::span<subscription const> wanted) {
  std::size_t rest = 2;
  for (subscription const& one : wanted) rest += 2 + one.filter.size() + 1;
  if (out.size() < 1 + length_size(rest) + rest) return 0;
  char* at = put_16(put_head(out.data(), 0x82, rest), id);
  for (subscription const& one : wanted) {
    at = put(at, one.filter);
    *at++ = static_cast<char>(one.qos);
  }
  return written(out, at);
}

BY_HAND std::size_t write_puback(std::span<char> out, std::uint16_t id) {
  if (out.size() < 4) return 0;
  out[0] = 0x40;
  out[1] = 2;
  put_16(out.data() + 2, id);
  return 4;
}

BY_HAND std::size_t write_pingreq(std::span<char> out) {
  if (out.size() < 2) return 0;
  out[0] = static_cast<char>(0xC0);
  out[1] = 0;
  return 2;
}

BY_HAND frame split(bytes input) {
  std::size_t rest = 0;
  for (std::size_t i = 1; i < 5 && i < input.size(); ++i) {
    unsigned const digit = static_cast<unsigned char>(input[i]);
    rest |= static_cast<std::size_t>(digit & 127) << (7 * (i - 1));
    if (digit >= 128) continue;
    if (input.size() < i + 1 + rest) break;
    return {static_cast<std::uint8_t>(input[0]), {input.data() + i + 1, rest}, i + 1 + rest};
  }
  return {0, {}, 0};
}

BY_HAND bool read(frame const& from, publish& packet) {
  bytes const body = from.body;
  bool const has_id = (from.first & 6) != 0;
  if (body.size() < 2) return false;
  std::size_t const topic = get_16(body.data());
  std::size_t const head = 2 + topic + (has_id ? 2U : 0U);
  if (body.size() < head) return false;
  packet.topic = {body.data() + 2, topic};
  packet.id = has_id ? get_16(body.data() + 2 + topic) : std::uint16_t{0};
  packet.flags = from.first & 15;
  packet.payload = {body.data() + head, body.size() - head};
  return true;
}

BY_HAND bool read(frame const& from, suback& packet) {
  if (from.body.size() < 3) return false;
  packet = {get_16(from.body.data()), {from.body.data() + 2, from.body.size() - 2}};
  return true;
}

BY_HAND bool read(frame const& from, connack& packet) {
  if (from.body.size() < 2) return false;
  packet = {from.body[0] != 0, static_cast<std::uint8_t>(from.body[1])};
  return true;
}

BY_HAND bool read(frame const& from, std::uint16_t& id) {
  if (from.body.size() < 2) return false;
  id = get_16(from.body.data());
  return true;
}

}  // namespace by_hand
