// SPDX-License-Identifier: BSL-1.0
// Which bytes are an MQTT 3.1.1 packet: a second reading of the standard, written straight from chapter 3
// without a thought of speed. Uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_MQTT311_HPP
#define HUBWIRE_FUZZ_REFERENCE_MQTT311_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <fuzz/reference/topics.hpp>

namespace reference {

enum class sender { client, server, anyone };

// §2.2.1, table 2.1: 'c' client to server, 's' server to client, 'b' both, '-' nobody.
inline bool may_send(sender who, unsigned type) {
  char const direction = "-csbbbbbcscscsc-"[type];
  if (direction == '-') return false;
  return who == sender::anyone || direction == 'b' || direction == (who == sender::client ? 'c' : 's');
}

// §2.2.2, table 2.2.
inline bool are_flags(unsigned type, unsigned flags) {
  if (type == 3) return (flags >> 1 & 3) != 3 && ((flags >> 1 & 3) != 0 || (flags & 8) == 0);
  return flags == (type == 6 || type == 8 || type == 10 ? 2u : 0u);
}

class fields {
 public:
  explicit fields(std::string_view body) : rest_(body) {}

  bool fine() const { return fine_; }
  bool done() const { return fine_ && rest_.empty(); }
  bool more() const { return fine_ && !rest_.empty(); }

  unsigned number(std::size_t octets) {
    std::string_view const taken = chars(octets);
    unsigned value = 0;
    for (char const c : taken) value = value * 256 + static_cast<unsigned char>(c);
    return value;
  }
  std::string_view chars(std::size_t count) {
    if (!fine_ || rest_.size() < count) {
      fine_ = false;
      return {};
    }
    std::string_view const taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::string_view counted() { return chars(number(2)); }
  void check(bool condition) { fine_ = fine_ && condition; }
  void text() { check(is_mqtt_text(counted())); }
  void id() { check(number(2) != 0); }
  std::string_view everything() { return chars(rest_.size()); }

 private:
  std::string_view rest_;
  bool fine_ = true;
};

// §3.1.
inline void check_connect(fields& in) {
  in.check(in.counted() == "MQTT");
  in.check(in.number(1) == 4);
  unsigned const flags = in.number(1);
  bool const will = (flags & 4) != 0;
  in.check((flags & 1) == 0);
  in.check(will ? (flags & 0x18) != 0x18 : (flags & 0x38) == 0);
  in.check((flags & 0x80) != 0 || (flags & 0x40) == 0);
  in.number(2);
  in.text();
  if (will) {
    in.check(is_topic_name(in.counted()));
    in.counted();
  }
  if ((flags & 0x80) != 0) in.text();
  if ((flags & 0x40) != 0) in.counted();
}

// A whole packet, neither more nor less.
inline bool is_packet(std::string_view packet, sender who) {
  if (packet.empty()) return false;
  unsigned const type = static_cast<unsigned char>(packet[0]) >> 4;
  unsigned const flags = static_cast<unsigned char>(packet[0]) & 15;
  if (!may_send(who, type) || !are_flags(type, flags)) return false;

  std::size_t length = 0;
  std::size_t position = 1;
  for (unsigned shift = 0;; shift += 7) {
    if (position == packet.size() || shift == 28) return false;
    auto const octet = static_cast<unsigned char>(packet[position++]);
    length += static_cast<std::size_t>(octet & 0x7f) << shift;
    if (octet == 0 && shift != 0) return false;  // longer than needed
    if (octet < 0x80) break;
  }
  if (packet.size() - position != length) return false;

  fields in(packet.substr(position));
  switch (type) {
    case 1: check_connect(in); break;
    case 2: {  // §3.2: Session Present only with code 0
      unsigned const present = in.number(1);
      unsigned const code = in.number(1);
      in.check(present <= 1 && code <= 5 && (present == 0 || code == 0));
      break;
    }
    case 3:  // §3.3
      in.check(is_topic_name(in.counted()));
      if ((flags & 6) != 0) in.id();
      in.everything();
      break;
    case 8:  // §3.8
      in.id();
      do {
        in.check(is_topic_filter(in.counted()));
        in.check(in.number(1) <= 2);
      } while (in.more());
      break;
    case 9:  // §3.9
      in.id();
      do {
        unsigned const code = in.number(1);
        in.check(code <= 2 || code == 0x80);
      } while (in.more());
      break;
    case 10:  // §3.10
      in.id();
      do in.check(is_topic_filter(in.counted()));
      while (in.more());
      break;
    case 12:
    case 13:
    case 14: break;
    default: in.id();  // §3.4 to §3.7, §3.11
  }
  return in.done();
}

}  // namespace reference

#endif
