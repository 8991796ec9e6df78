// SPDX-License-Identifier: BSL-1.0
// Reading the packets of reference/mqtt311.hpp, and everything that is wrong with one that is none: what
// kind of refusal, at which byte, by which statement. Uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_MQTT311_DECODE_HPP
#define HUBWIRE_FUZZ_REFERENCE_MQTT311_DECODE_HPP

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fuzz/reference/mqtt311.hpp>
#include <fuzz/reference/topics.hpp>

namespace reference {

// Bytes that are no packet; a packet that is not allowed; a CONNECT of another version.
enum class refusal { malformed, protocol_error, unsupported_version };

// One thing that is wrong with a packet. Its statements are those that say so, separated by blanks.
struct fault {
  refusal kind = refusal::malformed;
  std::size_t offset = 0;  // of the field (a text's first character) from the packet's start
  std::string statements{};
  bool in_text = false;  // structure is sound: only who looks at the characters finds it

  bool says(std::string_view statement) const {
    return (' ' + statements + ' ').find(' ' + std::string(statement) + ' ') != std::string::npos;
  }
};

// Neither faults nor a packet: more bytes are needed. The faults are all that can be told apart, so a
// decoder that stops at the first one names one of them.
struct reading {
  std::vector<fault> faults{};
  std::optional<any_packet> packet{};
  std::size_t size = 0;  // of the packet, 0 as long as its length is not known
};

// Fields in front of a cursor. After one that is cut off there is nothing to read.
class fields {
 public:
  fields(std::string_view packet, std::size_t position, reading& found)
      : packet_(packet), position_(position), found_(&found) {}

  bool cut() const { return cut_; }
  bool more() const { return !cut_ && position_ != packet_.size(); }
  std::size_t position() const { return position_; }
  std::size_t last() const { return last_; }  // where the field read last begins

  std::string chars(std::size_t count) {
    last_ = position_;
    if (cut_) return {};
    if (packet_.size() - position_ < count) {
      found_->faults.push_back({refusal::malformed, position_, "v3.1.1 §2.2.3"});
      cut_ = true;
      return {};
    }
    position_ += count;
    return std::string(packet_.substr(last_, count));
  }
  unsigned number(std::size_t octets) {
    unsigned value = 0;
    for (char const c : chars(octets)) value = value * 256 + static_cast<unsigned char>(c);
    return value;
  }
  std::string counted() { return chars(number(2)); }
  std::string everything() { return chars(packet_.size() - position_); }

  // What must hold of the field read last.
  void check(bool condition, refusal kind, std::string statements, bool in_text = false) {
    if (!condition && !cut_) found_->faults.push_back({kind, last_, std::move(statements), in_text});
  }
  // Nothing behind a fault that changes what the bytes mean.
  void stop() {
    cut_ = true;
    position_ = packet_.size();
  }

  std::string text() {
    std::string value = counted();
    check(is_utf8(value), refusal::malformed, "v3.1.1:MQTT-1.5.3-1", true);
    check(value.find('\0') == std::string::npos, refusal::malformed,
          "v3.1.1:MQTT-1.5.3-2 v3.1.1:MQTT-4.7.3-2", true);
    return value;
  }
  // §4.7.1 and §4.7.3.
  std::string topic_name() {
    std::string value = text();
    check(!value.empty(), refusal::protocol_error, "v3.1.1:MQTT-4.7.3-1");
    check(value.find_first_of("#+") == std::string::npos, refusal::protocol_error,
          "v3.1.1:MQTT-3.3.2-2 v3.1.1:MQTT-4.7.1-1", true);
    return value;
  }
  std::string topic_filter() {
    std::string value = text();
    check(!value.empty(), refusal::protocol_error, "v3.1.1:MQTT-4.7.3-1");
    bool hash = true;
    bool plus = true;
    std::vector<std::string> const levels = levels_of(value);
    for (std::size_t i = 0; i != levels.size(); ++i) {
      if (levels[i].find('#') != std::string::npos) hash = hash && levels[i] == "#" && i + 1 == levels.size();
      if (levels[i].find('+') != std::string::npos) plus = plus && levels[i] == "+";
    }
    check(hash, refusal::protocol_error, "v3.1.1:MQTT-4.7.1-2", true);
    check(plus, refusal::protocol_error, "v3.1.1:MQTT-4.7.1-3", true);
    return value;
  }
  unsigned id() {
    unsigned const value = number(2);
    check(value != 0, refusal::protocol_error, "v3.1.1:MQTT-2.3.1-1");
    return value;
  }

 private:
  std::string_view packet_;
  std::size_t position_;
  reading* found_;
  std::size_t last_ = 0;
  bool cut_ = false;
};

// §3.1.
inline any_packet read_connect(fields& in) {
  connect p;
  std::string const name = in.counted();
  in.check(name == "MQTT", refusal::malformed, "v3.1.1:MQTT-3.1.2-1");
  if (name != "MQTT") return in.stop(), p;
  unsigned const level = in.number(1);
  in.check(level == 4, refusal::unsupported_version, "v3.1.1:MQTT-3.1.2-2");
  if (level != 4) return in.stop(), p;
  unsigned const flags = in.number(1);
  bool const will = (flags & 4) != 0;
  unsigned const will_qos = flags >> 3 & 3;
  in.check((flags & 1) == 0, refusal::malformed, "v3.1.1:MQTT-3.1.2-3");
  in.check(will || will_qos == 0, refusal::malformed, "v3.1.1:MQTT-3.1.2-13 v3.1.1:MQTT-3.1.2-11");
  in.check(will || (flags & 32) == 0, refusal::malformed, "v3.1.1:MQTT-3.1.2-15 v3.1.1:MQTT-3.1.2-11");
  in.check(will_qos != 3, refusal::malformed, "v3.1.1:MQTT-3.1.2-14");
  in.check((flags & 192) != 64, refusal::protocol_error, "v3.1.1:MQTT-3.1.2-22");
  p.clean_session = (flags & 2) != 0;
  p.keep_alive = in.number(2);
  p.client_id = in.text();
  if (will) {
    std::string const topic = in.topic_name();
    p.will = reference::will{topic, in.counted(), will_qos, (flags & 32) != 0};
  }
  if ((flags & 128) != 0) p.user_name = in.text();
  if ((flags & 64) != 0) p.password = in.counted();
  return p;
}

// §3.2: Session Present only with code 0.
inline any_packet read_connack(fields& in) {
  unsigned const flags = in.number(1);
  in.check(flags <= 1, refusal::malformed, "v3.1.1 §3.2.2.1");
  unsigned const code = in.number(1);
  in.check(code <= 5, refusal::malformed, "v3.1.1 §3.2.2.3");
  in.check(flags == 0 || code == 0, refusal::protocol_error, "v3.1.1:MQTT-3.2.2-4");
  return connack{flags == 1, code};
}

// §3.3. The flags are in the packet's first byte, where decode() has judged them.
inline any_packet read_publish(fields& in, unsigned flags) {
  publish p;
  p.qos = flags >> 1 & 3;
  p.duplicate = (flags & 8) != 0;
  p.retain = (flags & 1) != 0;
  p.topic = in.topic_name();
  if (p.qos != 0) p.id = in.id();
  p.payload = in.everything();
  return p;
}

// §3.8.
inline any_packet read_subscribe(fields& in) {
  subscribe p;
  p.id = in.id();
  in.chars(0);  // here a filter should begin
  in.check(in.more(), refusal::protocol_error, "v3.1.1:MQTT-3.8.3-3");
  while (in.more()) {
    std::string const filter = in.topic_filter();
    unsigned const qos = in.number(1);
    in.check(qos <= 2, refusal::malformed, "v3.1.1:MQTT-3.8.3-4");
    p.filters.push_back({filter, qos});
  }
  return p;
}

// §3.9.
inline any_packet read_suback(fields& in) {
  suback p;
  p.id = in.id();
  do {
    unsigned const code = in.number(1);
    in.check(code <= 2 || code == 0x80, refusal::malformed, "v3.1.1:MQTT-3.9.3-2");
    p.codes.push_back(code);
  } while (in.more());
  return p;
}

// §3.10.
inline any_packet read_unsubscribe(fields& in) {
  unsubscribe p;
  p.id = in.id();
  in.chars(0);  // here a filter should begin
  in.check(in.more(), refusal::protocol_error, "v3.1.1:MQTT-3.10.3-2");
  while (in.more()) p.filters.push_back(in.topic_filter());
  return p;
}

// What is wrong with a packet's first byte, if anything: §2.2.1, §2.2.2, §3.3.1. It needs nothing behind it.
inline std::optional<fault> judge_first_byte(unsigned type, unsigned flags, sender who) {
  auto const malformed = [](char const* statements) { return fault{refusal::malformed, 0, statements}; };
  if (type == 0 || type == 15) return malformed("v3.1.1 §2.2.1");
  if (type == 3 && (flags & 6) == 6) return malformed("v3.1.1:MQTT-3.3.1-4");
  if (type == 3 && (flags & 6) == 0 && (flags & 8) != 0) return malformed("v3.1.1:MQTT-3.3.1-2");
  if (type != 3 && flags != fixed_flags(type)) {
    switch (type) {
      case 6: return malformed("v3.1.1:MQTT-3.6.1-1");
      case 8: return malformed("v3.1.1:MQTT-3.8.1-1");
      case 10: return malformed("v3.1.1:MQTT-3.10.1-1");
      case 14: return malformed("v3.1.1:MQTT-3.14.1-1");
      default: return malformed("v3.1.1:MQTT-2.2.2-1");
    }
  }
  if (!may_send(who, type)) return fault{refusal::protocol_error, 0, "v3.1.1 §2.2.1"};
  return {};
}

// The size of every body of this type, where there is only one: CONNACK, the acknowledgements, the empty ones.
inline std::optional<std::size_t> only_size(unsigned type) {
  if (type == 12 || type == 13 || type == 14) return 0;
  if (type == 2 || (type >= 4 && type <= 7) || type == 11) return 2;
  return {};
}

// The packet at the front of input, if it is sent by who.
inline reading decode(std::string_view input, sender who) {
  reading found;
  if (input.empty()) return found;
  unsigned const type = static_cast<unsigned char>(input[0]) >> 4;
  unsigned const flags = static_cast<unsigned char>(input[0]) & 15;
  auto const refuse = [&](refusal kind, std::size_t offset, std::string statements) {
    found.faults.push_back({kind, offset, std::move(statements)});
    return found;
  };
  if (auto const wrong = judge_first_byte(type, flags, who)) return found.faults.push_back(*wrong), found;

  std::size_t length = 0;
  std::size_t position = 1;
  for (std::size_t unit = 1;; unit *= 128) {
    if (position == input.size()) return found;
    auto const octet = static_cast<unsigned char>(input[position++]);
    length += (octet % 128) * unit;
    if (octet == 0 && position > 2) return refuse(refusal::malformed, 1, "v3.1.1 §2.2.3");  // too long a form
    if (octet < 128) break;
    if (position == 5) return refuse(refusal::malformed, 1, "v3.1.1 §2.2.3");
  }
  found.size = position + length;
  if (input.size() < found.size) return found;

  // Fields of another size than there is room for are none at all: at the end, or at the first byte too many.
  if (auto const wanted = only_size(type); wanted && length != *wanted)
    return refuse(refusal::malformed, position + std::min(length, *wanted), "v3.1.1 §2.2.3");
  fields in(input.substr(0, found.size), position, found);
  any_packet read;
  switch (type) {
    case 1: read = read_connect(in); break;
    case 2: read = read_connack(in); break;
    case 3: read = read_publish(in, flags); break;
    case 8: read = read_subscribe(in); break;
    case 9: read = read_suback(in); break;
    case 10: read = read_unsubscribe(in); break;
    case 12:
    case 13:
    case 14: read = empty_packet{type}; break;
    default: read = acknowledgement{type, in.id()};  // §3.4 to §3.7, §3.11
  }
  if (in.more()) found.faults.push_back({refusal::malformed, in.position(), "v3.1.1 §2.2.3"});
  if (found.faults.empty()) found.packet = read;
  return found;
}

}  // namespace reference

#endif
