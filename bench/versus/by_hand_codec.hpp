// SPDX-License-Identifier: BSL-1.0
// What a programmer in a hurry writes instead of taking a library: MQTT 3.1.1 in the manner of the small C codecs, with
// lengths checked against buffers and nothing else: no UTF-8, no wildcards, no identifiers, no reserved flags. It is no
// library; it stands for the fast ones that no package carries, and shows what leaving out checks can gain at most.
#ifndef HUBWIRE_BENCH_VERSUS_BY_HAND_CODEC_HPP
#define HUBWIRE_BENCH_VERSUS_BY_HAND_CODEC_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// by_hand.cpp is linked with by_hand_codec.cpp; by_hand_inlined.cpp includes it, which is what link-time optimisation
// could make of the two at best.
#ifdef HUBWIRE_BENCH_ONE_UNIT
#define BY_HAND static inline
#else
#define BY_HAND
#endif

namespace by_hand {

using bytes = std::string_view;

struct connect {
  bytes client, user, password, will_topic, will_message;
  std::uint16_t keep_alive;
  std::uint8_t flags;
};
struct publish {
  bytes topic, payload;
  std::uint16_t id;
  std::uint8_t flags;  // as on the wire: DUP, QoS, RETAIN
};
struct subscription {
  bytes filter;
  std::uint8_t qos;
};
struct suback {
  std::uint16_t id;
  bytes codes;
};
struct connack {
  bool session_present;
  std::uint8_t code;
};
struct frame {
  std::uint8_t first;
  bytes body;
  std::size_t size;  // 0: not complete, or not valid
};

// How many bytes were written, 0 when there is no room.
BY_HAND std::size_t write(std::span<char> out, connect const& packet);
BY_HAND std::size_t write(std::span<char> out, publish const& packet);
BY_HAND std::size_t write_header(std::span<char> out, publish const& packet);
BY_HAND std::size_t write_subscribe(std::span<char> out, std::uint16_t id,
                                    std::span<subscription const> wanted);
BY_HAND std::size_t write_puback(std::span<char> out, std::uint16_t id);
BY_HAND std::size_t write_pingreq(std::span<char> out);

BY_HAND frame split(bytes input);
BY_HAND bool read(frame const& from, publish& packet);
BY_HAND bool read(frame const& from, suback& packet);
BY_HAND bool read(frame const& from, connack& packet);
BY_HAND bool read(frame const& from, std::uint16_t& id);

}  // namespace by_hand

#endif
