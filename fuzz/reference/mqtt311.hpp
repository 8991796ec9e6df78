// SPDX-License-Identifier: BSL-1.0
// The packets of MQTT 3.1.1 and their bytes: a second reading of the standard, written straight from
// chapter 3 without a thought of speed. It owns what it holds and uses nothing of hubwire. Reading them:
// reference/mqtt311_decode.hpp.
#ifndef HUBWIRE_FUZZ_REFERENCE_MQTT311_HPP
#define HUBWIRE_FUZZ_REFERENCE_MQTT311_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace reference {

struct will {
  std::string topic{};
  std::string message{};
  unsigned qos = 0;
  bool retain = false;
  friend bool operator==(will const&, will const&) = default;
};
struct connect {
  std::string client_id{};
  bool clean_session = false;
  unsigned keep_alive = 0;
  std::optional<reference::will> will{};
  std::optional<std::string> user_name{};
  std::optional<std::string> password{};
  friend bool operator==(connect const&, connect const&) = default;
};
struct connack {
  bool session_present = false;
  unsigned code = 0;
  friend bool operator==(connack const&, connack const&) = default;
};
struct publish {
  std::string topic{};
  std::string payload{};
  unsigned qos = 0;
  unsigned id = 0;  // 0 with QoS 0
  bool duplicate = false;
  bool retain = false;
  friend bool operator==(publish const&, publish const&) = default;
};
// PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK: the type is the number of table 2.1.
struct acknowledgement {
  unsigned type = 0;
  unsigned id = 0;
  friend bool operator==(acknowledgement const&, acknowledgement const&) = default;
};
struct subscribe {
  unsigned id = 0;
  std::vector<std::pair<std::string, unsigned>> filters{};  // with the requested QoS
  friend bool operator==(subscribe const&, subscribe const&) = default;
};
struct suback {
  unsigned id = 0;
  std::vector<unsigned> codes{};
  friend bool operator==(suback const&, suback const&) = default;
};
struct unsubscribe {
  unsigned id = 0;
  std::vector<std::string> filters{};
  friend bool operator==(unsubscribe const&, unsubscribe const&) = default;
};
// PINGREQ, PINGRESP, DISCONNECT.
struct empty_packet {
  unsigned type = 0;
  friend bool operator==(empty_packet const&, empty_packet const&) = default;
};

using any_packet =
    std::variant<empty_packet, connect, connack, publish, acknowledgement, subscribe, suback, unsubscribe>;

enum class sender { client, server, anyone };

// §2.2.1, table 2.1: 'c' client to server, 's' server to client, 'b' both, '-' nobody.
inline bool may_send(sender who, unsigned type) {
  char const direction = "-csbbbbbcscscsc-"[type];
  if (direction == '-') return false;
  return who == sender::anyone || direction == 'b' || direction == (who == sender::client ? 'c' : 's');
}

// §2.2.2, table 2.2, all but PUBLISH.
inline unsigned fixed_flags(unsigned type) { return type == 6 || type == 8 || type == 10 ? 2 : 0; }

// Writing.

inline std::string octet(unsigned value) { return {static_cast<char>(static_cast<unsigned char>(value))}; }
inline std::string number(unsigned value) { return octet(value / 256) + octet(value % 256); }
inline std::string counted(std::string const& text) {
  return number(static_cast<unsigned>(text.size())) + text;
}

// §2.2.3.
inline std::string remaining_length(std::size_t length) {
  std::string octets;
  do {
    auto const seven = static_cast<unsigned>(length % 128);
    length /= 128;
    octets += octet(length > 0 ? seven + 128 : seven);
  } while (length > 0);
  return octets;
}

inline std::string whole(unsigned type, unsigned flags, std::string const& body) {
  return octet(type * 16 + flags) + remaining_length(body.size()) + body;
}

inline std::string encoded(connect const& p) {
  unsigned flags = p.clean_session ? 2 : 0;
  std::string payload = counted(p.client_id);
  if (p.will) {
    flags += 4 + 8 * p.will->qos + (p.will->retain ? 32 : 0);
    payload += counted(p.will->topic) + counted(p.will->message);
  }
  if (p.user_name) payload += counted(*p.user_name), flags += 128;
  if (p.password) payload += counted(*p.password), flags += 64;
  return whole(1, 0, counted("MQTT") + octet(4) + octet(flags) + number(p.keep_alive) + payload);
}
inline std::string encoded(connack const& p) {
  return whole(2, 0, octet(p.session_present ? 1 : 0) + octet(p.code));
}
inline std::string encoded(publish const& p) {
  std::string body = counted(p.topic);
  if (p.qos != 0) body += number(p.id);
  return whole(3, (p.duplicate ? 8 : 0) + 2 * p.qos + (p.retain ? 1 : 0), body + p.payload);
}
inline std::string encoded(acknowledgement const& p) {
  return whole(p.type, fixed_flags(p.type), number(p.id));
}
inline std::string encoded(subscribe const& p) {
  std::string body = number(p.id);
  for (auto const& [filter, qos] : p.filters) body += counted(filter) + octet(qos);
  return whole(8, 2, body);
}
inline std::string encoded(suback const& p) {
  std::string body = number(p.id);
  for (unsigned const code : p.codes) body += octet(code);
  return whole(9, 0, body);
}
inline std::string encoded(unsubscribe const& p) {
  std::string body = number(p.id);
  for (std::string const& filter : p.filters) body += counted(filter);
  return whole(10, 2, body);
}
inline std::string encoded(empty_packet const& p) { return whole(p.type, 0, {}); }
inline std::string encoded(any_packet const& any) {
  return std::visit([](auto const& p) { return encoded(p); }, any);
}

}  // namespace reference

#endif
