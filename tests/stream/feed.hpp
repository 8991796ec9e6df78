// SPDX-License-Identifier: BSL-1.0
// Bytes into a frame_reader in chunks of any size, and what came out of it.
#ifndef HUBWIRE_TESTS_STREAM_FEED_HPP
#define HUBWIRE_TESTS_STREAM_FEED_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <hubwire/stream/frame_reader.hpp>
#include <support/hex.hpp>

namespace hubwire::test {

struct reading {
  std::vector<std::string> frames{};  // in hexadecimal
  error failure{};

  friend bool operator==(reading const&, reading const&) = default;
  friend std::ostream& operator<<(std::ostream& out, reading const& r) {
    for (auto const& f : r.frames) out << f << ' ';
    return out << to_string(r.failure.code) << '/' << r.failure.detail;
  }
};

inline void take_frames(frame_reader& reader, reading& into) {
  for (;;) {
    frame_result const found = reader.next();
    if (found.status == frame_status::failed) into.failure = found.error;
    if (found.status != frame_status::ready) return;
    into.frames.push_back(to_hex(found.frame.octets()));
  }
}

// As a driver does: what does not fit the window waits until frames have been taken. False when the
// window stays empty although every frame has been taken.
inline bool feed(frame_reader& reader, byte_view chunk, reading& into) {
  while (!chunk.empty() && into.failure.code == errc::none) {
    byte_span const window = reader.window();
    if (window.empty()) return false;
    std::size_t const count = std::min(window.size(), chunk.size());
    std::memcpy(window.data(), chunk.data(), count);
    reader.commit(count);
    chunk = chunk.subspan(count);
    take_frames(reader, into);
  }
  return true;
}

// The same from bytes that stay where they are. Where a frame lies is in places: true inside chunk.
inline void feed_in_place(frame_reader& reader, byte_view chunk, reading& into,
                          std::vector<bool>* places = nullptr) {
  byte_view const all = chunk;
  while (into.failure.code == errc::none) {
    frame_result const found = reader.next(chunk);
    if (found.status == frame_status::failed) into.failure = found.error;
    if (found.status != frame_status::ready) return;
    into.frames.push_back(to_hex(found.frame.octets()));
    std::uint8_t const* const at = found.frame.octets().data();
    if (places != nullptr)
      places->push_back(!all.empty() && at >= all.data() && at < all.data() + all.size());
  }
}

// One packet of each kind of MQTT 3.1.1, PUBLISH with each QoS, empty, and with a length of two bytes.
inline std::vector<std::uint8_t> golden_stream() {
  std::string hex =
      "1019 0004 4d515454 04 ee 003c 0001 63 0001 77 0001 6d 0001 75 0001 70"  // CONNECT, Will and all
      "2002 0000"                                                              // CONNACK
      "3005 0001 74 7879 3003 0001 74"                                         // PUBLISH, QoS 0
      "3b06 0001 74 0007 78"                                                   // QoS 1, DUP, RETAIN
      "3405 0001 74 0009"                                                      // QoS 2
      "4002 0007 5002 0009 6202 0009 7002 0009"                                // PUBACK to PUBCOMP
      "820b 0001 0002 612f 01 0001 23 00 9004 0001 01 80"                      // SUBSCRIBE, SUBACK
      "a205 0002 0001 23 b002 0002"                                            // UNSUBSCRIBE, UNSUBACK
      "c000 d000 e000"                                                         // the empty ones
      "30cb01 0001 74";
  for (int i = 0; i != 200; ++i) hex += "5a";
  return from_hex(hex + "2002 0105");
}

inline std::vector<std::string> golden_frames() {
  std::string large = "30cb01000174";
  for (int i = 0; i != 200; ++i) large += "5a";
  return {"101900044d51545404ee003c00016300017700016d000175000170",
          "20020000",
          "30050001747879",
          "3003000174",
          "3b06000174000778",
          "34050001740009",
          "40020007",
          "50020009",
          "62020009",
          "70020009",
          "820b00010002612f0100012300",
          "900400010180",
          "a2050002000123",
          "b0020002",
          "c000",
          "d000",
          "e000",
          large,
          "20020105"};
}

}  // namespace hubwire::test

#endif
