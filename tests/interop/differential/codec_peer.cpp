// SPDX-License-Identifier: BSL-1.0
// hubwire's side of the differential test: requests as lines on stdin, answers as JSON lines on stdout.
//   decode HEX         one answer: the packets in these bytes, and how it ended
//   make SEED COUNT    COUNT answers: random valid packets, their fields and their bytes
// Texts and binary fields are hexadecimal, so nothing needs escaping and a byte is a byte.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <deque>
#include <iostream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hubwire/codec.hpp>
#include <hubwire/diagnosis.hpp>
#include <hubwire/v3/protocol.hpp>

#include <support/hex.hpp>

namespace {

using namespace hubwire;

// One JSON object, written from left to right. The driver compares texts, so the order of keys matters.
class json_object {
 public:
  void hex(std::string_view key, std::string_view octets) { raw(key, '"' + test::to_hex(octets) + '"'); }
  void word(std::string_view key, std::string_view plain) { raw(key, '"' + std::string(plain) + '"'); }
  void number(std::string_view key, std::size_t value) { raw(key, std::to_string(value)); }
  void flag(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
  void raw(std::string_view key, std::string_view json) {
    text_ += text_.size() == 1 ? "\"" : ",\"";
    text_.append(key).append("\":").append(json);
  }
  std::string text() const { return text_ + '}'; }

 private:
  std::string text_ = "{";
};

std::string json_list(std::vector<std::string> const& items) {
  std::string list = "[";
  for (std::string const& item : items) list += (list.size() == 1 ? "" : ",") + item;
  return list + ']';
}

// What is in a packet, under the names that mqtt-packet uses.

void write_fields(json_object& out, v3::connect const& p) {
  out.hex("clientId", p.client_id.view());
  out.flag("clean", p.clean_session);
  out.number("keepalive", p.keep_alive);
  if (p.will) {
    json_object will;
    will.hex("topic", p.will->topic.view());
    will.hex("payload", p.will->message.view());
    will.number("qos", static_cast<unsigned>(p.will->qos));
    will.flag("retain", p.will->retain);
    out.raw("will", will.text());
  }
  if (p.user_name) out.hex("username", p.user_name->view());
  if (p.password) out.hex("password", p.password->view());
}

void write_fields(json_object& out, v3::connack const& p) {
  out.flag("sessionPresent", p.session_present);
  out.number("returnCode", static_cast<unsigned>(p.code));
}

void write_fields(json_object& out, v3::publish const& p) {
  out.hex("topic", p.topic.view());
  out.number("qos", static_cast<unsigned>(p.delivery.qos()));
  out.flag("dup", p.delivery.duplicate());
  out.flag("retain", p.retain);
  if (p.delivery.has_id()) out.number("messageId", p.delivery.id().number());
  out.hex("payload", p.payload.view());
}

void write_fields(json_object& out, v3::subscribe const& p) {
  std::vector<std::string> items;
  for (v3::subscription const s : p.subscriptions) {
    json_object item;
    item.hex("topic", s.filter.view());
    item.number("qos", static_cast<unsigned>(s.qos));
    items.push_back(item.text());
  }
  out.number("messageId", p.id.number());
  out.raw("subscriptions", json_list(items));
}

void write_fields(json_object& out, v3::unsubscribe const& p) {
  std::vector<std::string> items;
  for (v3::unsubscription const u : p.filters) items.push_back('"' + test::to_hex(u.filter.view()) + '"');
  out.number("messageId", p.id.number());
  out.raw("unsubscriptions", json_list(items));
}

void write_fields(json_object& out, v3::suback const& p) {
  std::vector<std::string> items;
  for (v3::suback_return_code const code : p.codes)
    items.push_back(std::to_string(static_cast<unsigned>(code)));
  out.number("messageId", p.id.number());
  out.raw("granted", json_list(items));
}

template <packet_type Type>
void write_fields(json_object& out, v3::acknowledgement<Type> const& p) {
  out.number("messageId", p.id.number());
}

template <packet_type Type>
void write_fields(json_object&, v3::empty_packet<Type> const&) {}

template <class P>
std::string fields_of(P const& packet) {
  std::string name(to_string(P::type));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  json_object out;
  out.word("cmd", name);
  write_fields(out, packet);
  return out.text();
}

// The bytes that encode makes, in hexadecimal, or the error's name.
template <class P>
std::string encoded(P const& packet) {
  auto const size = encoded_size(packet);
  if (!size) return std::string(to_string(size.error().code));
  std::vector<char> output(*size);
  auto const written = encode(char_span(output), packet);
  if (!written) return std::string(to_string(written.error().code));
  return test::to_hex(*written);
}

// decode

template <class P>
std::string decoded_entry(P const& packet, frame const& received) {
  std::string const again = encoded(packet);
  json_object entry;
  entry.number("size", received.size());
  entry.word("again", again == test::to_hex(received.view()) ? "same" : again);
  entry.raw("fields", fields_of(packet));
  return entry.text();
}

std::string decode_all(std::vector<std::uint8_t> const& input) {
  json_object out;
  std::vector<std::string> packets;
  byte_view rest(input);
  std::string_view end = "done";
  while (!rest.empty() && end == "done") {
    frame_result const split = split_frame(rest, largest_packet, first_bytes_of<v3_tag>(role::any));
    if (split.status == frame_status::need_more) end = "incomplete";
    if (split.status == frame_status::failed) end = "refused";
    if (split.status != frame_status::ready) break;
    auto const outcome = dispatch<v3_tag>(
        split.frame, [&](auto const& p) { packets.push_back(decoded_entry(p, split.frame)); });
    if (outcome)
      rest = rest.subspan(split.frame.size());
    else
      end = "refused";
  }
  out.word("end", end);
  if (end == "refused") {
    diagnosis const found = diagnose<v3_tag>(rest);
    out.word("error", to_string(found.error.code));
    out.word("statement", found.statement);
  }
  out.raw("packets", json_list(packets));
  return out.text();
}

// make

class packet_maker {
 public:
  explicit packet_maker(std::uint32_t seed) : random_(seed) {}

  std::string next() {
    kept_.clear();
    switch (below(20)) {
      case 0:
      case 1:
      case 2:
      case 3: return answer(connect());
      case 4: return answer(connack());
      case 5:
      case 6:
      case 7:
      case 8: return answer(publish());
      case 9: return answer(v3::puback{id()});
      case 10: return answer(v3::pubrec{id()});
      case 11: return answer(v3::pubrel{id()});
      case 12: return answer(v3::pubcomp{id()});
      case 13:
      case 14: return answer_subscribe();
      case 15: return answer_suback();
      case 16:
      case 17: return answer_unsubscribe();
      case 18: return answer(v3::unsuback{id()});
      default: return answer_empty();
    }
  }

 private:
  // The distributions of <random> differ between libraries; the engine's numbers do not.
  std::uint32_t below(std::size_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }
  std::uint16_t any16() { return static_cast<std::uint16_t>(random_()); }
  packet_id id() { return packet_id::trusted(std::max<std::uint16_t>(1, any16())); }
  qos any_qos() { return static_cast<qos>(below(3)); }
  std::string_view keep(std::string made) { return kept_.emplace_back(std::move(made)); }

  std::size_t any_length() {
    if (chance(2000)) return 65'535;
    if (chance(20)) return below(400);
    return below(14);
  }

  std::string any_bytes(std::size_t length) {
    std::string made(length, '\0');
    for (char& c : made) c = static_cast<char>(random_());
    return made;
  }

  // A code point of any length but U+0000, surrogates and wildcards, at the edges more often than not.
  std::uint32_t code_point() {
    static constexpr std::uint32_t edges[] = {0x01,   0x7F,   0x80,   0x7FF,   0x800,   0xD7FF,   0xE000,
                                              0xFEFF, 0xFFFD, 0xFFFF, 0x10000, 0xFFFFF, 0x100000, 0x10FFFF};
    if (chance(8)) return edges[below(std::size(edges))];
    if (chance(6)) return 0x80 + below(0xD800 - 0x80);
    static constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyz0189/$ .%=&?";
    return hubwire::detail::to_byte(plain[below(plain.size())]);
  }

  static void append_utf8(std::string& to, std::uint32_t point) {
    auto const continuation = [&](unsigned shift) {
      to += static_cast<char>(0x80 | (point >> shift & 0x3F));
    };
    if (point < 0x80) {
      to += static_cast<char>(point);
    } else if (point < 0x800) {
      to += static_cast<char>(0xC0 | point >> 6);
      continuation(0);
    } else if (point < 0x10000) {
      to += static_cast<char>(0xE0 | point >> 12);
      continuation(6);
      continuation(0);
    } else {
      to += static_cast<char>(0xF0 | point >> 18);
      continuation(12);
      continuation(6);
      continuation(0);
    }
  }

  // At most most bytes, and at least one unless the length drawn is 0.
  std::string any_text(std::size_t most = 65'535) {
    std::size_t const length = std::min(most, any_length());
    std::string made;
    while (made.size() + 4 <= length) append_utf8(made, code_point());
    made.append(length - made.size(), 'x');
    return made;
  }
  std::string any_name() {
    std::string made = any_text();
    return made.empty() ? "/" : made;
  }
  std::string any_filter() {
    std::string made;
    for (std::uint32_t levels = below(4); levels != 0; --levels)
      made += chance(3) ? "+/" : any_text(200) + '/';
    return made + (chance(3) ? "#" : chance(3) ? "+" : "t");
  }

  // Checked like any caller's.
  topic_name name() { return *topic_name::parse(keep(any_name())); }
  topic_filter filter() { return *topic_filter::parse(keep(any_filter())); }
  text free_text() { return *text::parse(keep(any_text())); }

  v3::connect connect() {
    v3::connect p{.client_id = free_text(), .clean_session = chance(2), .keep_alive = any16()};
    if (p.client_id.empty()) p.clean_session = true;
    if (chance(2)) p.will = v3::will{name(), bytes(keep(any_bytes(any_length()))), any_qos(), chance(2)};
    if (chance(2)) p.user_name = free_text();
    if (p.user_name && chance(2)) p.password = bytes(keep(any_bytes(any_length())));
    return p;
  }

  v3::connack connack() {
    auto const code = static_cast<v3::connect_return_code>(below(6));
    return {code == v3::connect_return_code::accepted && chance(2), code};
  }

  v3::publish publish() {
    delivery how;
    if (qos const level = any_qos(); level == qos::at_least_once)
      how = delivery::at_least_once(id());
    else if (level == qos::exactly_once)
      how = delivery::exactly_once(id());
    std::size_t const length = chance(500) ? 16'300 + below(200) : chance(10) ? 90 + below(60) : any_length();
    return {name(), bytes(keep(any_bytes(length))), chance(2) ? how.again() : how, chance(2)};
  }

  std::string answer_subscribe() {
    std::vector<v3::subscription> list;
    for (std::uint32_t count = 1 + below(4); count != 0; --count) list.push_back({filter(), any_qos()});
    return answer(v3::subscribe{id(), list});
  }
  std::string answer_unsubscribe() {
    std::vector<v3::unsubscription> list;
    for (std::uint32_t count = 1 + below(4); count != 0; --count) list.push_back({filter()});
    return answer(v3::unsubscribe{id(), list});
  }
  std::string answer_suback() {
    static constexpr v3::suback_return_code codes[] = {
        v3::suback_return_code::granted_qos_0, v3::suback_return_code::granted_qos_1,
        v3::suback_return_code::granted_qos_2, v3::suback_return_code::failure};
    std::vector<v3::suback_return_code> list;
    for (std::uint32_t count = 1 + below(8); count != 0; --count) list.push_back(codes[below(4)]);
    return answer(v3::suback{id(), list});
  }
  std::string answer_empty() {
    switch (below(3)) {
      case 0: return answer(v3::pingreq{});
      case 1: return answer(v3::pingresp{});
      default: return answer(v3::disconnect{});
    }
  }

  template <class P>
  static std::string answer(P const& packet) {
    json_object out;
    out.word("wire", encoded(packet));
    out.raw("fields", fields_of(packet));
    return out.text();
  }

  std::mt19937 random_;
  std::deque<std::string> kept_;  // what the packet views; a deque never moves what is in it
};

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string request;
    words >> request;
    if (request == "decode") {
      std::string octets;
      words >> octets;
      std::cout << decode_all(test::from_hex(octets)) << '\n';
    } else if (std::uint32_t seed = 0, count = 0; request == "make" && words >> seed >> count) {
      packet_maker maker(seed);
      for (; count != 0; --count) std::cout << maker.next() << '\n';
    } else {
      std::cerr << "codec_peer: decode HEX or make SEED COUNT, not: " << line << '\n';
      return 2;
    }
    if (std::cin.rdbuf()->in_avail() <= 0) std::cout.flush();
  }
  return 0;
}
