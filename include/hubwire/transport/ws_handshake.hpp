// SPDX-License-Identifier: BSL-1.0
// How a connection becomes a WebSocket for MQTT: RFC 6455 section 4, v3.1.1 §6. Both ends.
#ifndef HUBWIRE_TRANSPORT_WS_HANDSHAKE_HPP
#define HUBWIRE_TRANSPORT_WS_HANDSHAKE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/errc.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/crypto/sha1.hpp>
#include <hubwire/text/base64.hpp>
#include <hubwire/text/text_writer.hpp>
#include <hubwire/transport/http_head.hpp>
#include <hubwire/transport/ws_frame.hpp>

namespace hubwire { inline namespace abi1 {

/// The path of IoT Hub and of its provisioning service, on port 443 and over TLS.
inline constexpr std::string_view iothub_ws_path = "/$iothub/websocket";

/// What a client asks for. Both are views.
struct ws_request {
  std::string_view host{};  ///< for the header Host; with ":port" where that is not the usual one
  std::string_view path = "/mqtt";
};

/// No head of a request or an answer is longer.
inline constexpr std::size_t largest_ws_head = 8192;
/// Lines that matter fit into it. Of all others, the part behind it is not kept.
inline constexpr std::size_t ws_line_size = 128;

/// The texts of Sec-WebSocket-Key and Sec-WebSocket-Accept.
using ws_key_text = std::array<char, 24>;
using ws_accept_text = std::array<char, 28>;

/// The answer to a key: §4.2.2. Fails as hash does.
template <sha1 Hash>
constexpr result<ws_accept_text> ws_accept_of(Hash& hash, ws_key_text const& key) noexcept {
  constexpr std::string_view suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<std::uint8_t, 24 + suffix.size()> message{};
  std::size_t size = 0;
  for (char const c : key) message[size++] = detail::to_byte(c);
  for (char const c : suffix) message[size++] = detail::to_byte(c);
  std::array<std::uint8_t, sha1_size> digest{};
  result<void> const hashed = hash(message, digest);
  if (!hashed) return hashed.error();
  ws_accept_text accept{};
  static_cast<void>(base64_encode(accept, digest));
  return accept;
}

/// The text of 16 random bytes. A client makes up new ones for each connection.
inline ws_key_text ws_key_of(std::span<std::uint8_t const, 16> random) noexcept {
  ws_key_text key{};
  static_cast<void>(base64_encode(key, byte_view(random)));
  return key;
}

/// Writes what a client sends first. errc::missing_field without a host, errc::invalid_field for a host or
/// path that no request can hold, errc::buffer_too_small with the size needed.
constexpr result<std::string_view> write_ws_request(char_span out, ws_request const& request,
                                                    ws_key_text const& key) noexcept {
  if (request.host.empty()) return errc::missing_field;
  for (std::string_view const part : {request.host, request.path})
    for (char const c : part)
      if (c <= ' ' || c > '~') return errc::invalid_field;
  if (request.path.empty() || request.path.front() != '/') return errc::invalid_field;
  text_writer writer(out);
  writer.put(literal("GET ")).put(request.path).put(literal(" HTTP/1.1\r\nHost: ")).put(request.host);
  writer.put(literal("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "));
  writer.put({key.data(), key.size()});
  // v3.1.1:MQTT-6.0.0-3
  writer.put(literal("\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Version: 13\r\n\r\n"));
  return writer.finish();
}

/// Writes a server's 101. protocol is what the client calls MQTT: see ws_request_reader.
constexpr result<std::string_view> write_ws_answer(char_span out, ws_accept_text const& accept,
                                                   std::string_view protocol = "mqtt") noexcept {
  text_writer writer(out);
  writer.put(literal("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"));
  writer.put(literal("Sec-WebSocket-Accept: ")).put({accept.data(), accept.size()});
  writer.put(literal("\r\nSec-WebSocket-Protocol: ")).put(protocol);  // v3.1.1:MQTT-6.0.0-4
  writer.put(literal("\r\n\r\n"));
  return writer.finish();
}

/// What a server answers a request that it refuses: 426 for another version of WebSocket, else 400.
constexpr std::string_view ws_refusal(unsigned status) noexcept {
  if (status == 426)
    return "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
           "Sec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n";
  return "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
}

namespace detail {

// What readers of both ends have in common. Derived takes the lines.
template <class Derived>
class ws_head_reader {
 public:
  /// Takes the bytes of the head from the front of in. What stands behind it stays there.
  constexpr ws_status feed(byte_view& in) noexcept {
    while (state_ == ws_status::need_more && !in.empty()) {
      http_step const step = head_.take(in.front());
      if (!take(step)) state_ = ws_status::failed;
      if (step != http_step::failed) in = in.subspan(1);
    }
    return state_;
  }
  /// So many bytes may be read without reading past the end of the head.
  constexpr std::size_t bytes_before_end() const noexcept { return head_.bytes_before_end(); }

 protected:
  constexpr ws_head_reader(char const* form, char_span memory) noexcept
      : head_(form, largest_ws_head, memory) {}

  // The reader has seen what the bit stands for.
  constexpr bool mark(unsigned bit) noexcept {
    seen_ = static_cast<std::uint8_t>(seen_ | bit);
    return true;
  }
  constexpr bool mark_once(unsigned bit) noexcept { return (seen_ & bit) == 0 && mark(bit); }
  constexpr bool mark_if_listed(unsigned bit, std::string_view list, std::string_view word) noexcept {
    return find_word(list, word).empty() || mark(bit);
  }
  constexpr http_head_reader const& head() const noexcept { return head_; }
  constexpr bool has_first_line() const noexcept { return seen_ != 0; }

 private:
  constexpr bool take(http_step step) noexcept {
    auto& self = static_cast<Derived&>(*this);
    switch (step) {
      case http_step::need_more: return true;
      case http_step::first_line: return mark(Derived::first_line) && self.take_first_line();
      case http_step::field: break;
      case http_step::end: state_ = ws_status::ready; return seen_ == Derived::everything;
      case http_step::failed: return false;
    }
    http_field field = http_field_of(head_.line());
    if (!head_.is_whole()) field.value = {};  // no line that matters is so long
    return !field.name.empty() && self.take_field(field);
  }

  http_head_reader head_;
  ws_status state_ = ws_status::need_more;
  std::uint8_t seen_ = 0;
};

}  // namespace detail

/// Reads a server's answer in pieces of any size. It refuses every status but 101, an answer that lacks a
/// part or has a wrong one, and extensions, since none was asked for.
class ws_answer_reader : public detail::ws_head_reader<ws_answer_reader> {
 public:
  /// The memory, at best of ws_line_size bytes, outlives the reader.
  constexpr ws_answer_reader(char_span memory, ws_accept_text const& wanted) noexcept
      : ws_head_reader("HTTP/1.# ###", memory), wanted_(wanted) {}

  /// The status that the server answered with; 0 before it was read, or when the answer is no HTTP/1.x.
  constexpr unsigned status() const noexcept { return has_first_line() ? head().status() : 0; }

 private:
  friend class detail::ws_head_reader<ws_answer_reader>;
  enum : unsigned { first_line = 1, upgrade = 2, connection = 4, accept = 8, protocol = 16, everything = 31 };

  // HTTP/1.0 can refuse, and cannot change the protocol.
  constexpr bool take_first_line() const noexcept {
    std::string_view const line = head().line();
    return status() == 101 && line.size() >= 12 && line[7] == '1';
  }
  constexpr bool take_field(detail::http_field const& field) noexcept {
    using detail::same_word;
    std::string_view const value = field.value;
    if (same_word(field.name, literal("upgrade")))
      return same_word(value, literal("websocket")) && mark(upgrade);
    if (same_word(field.name, literal("connection")))
      return mark_if_listed(connection, value, literal("upgrade"));
    if (same_word(field.name, literal("sec-websocket-accept")))
      return same(value, {wanted_.data(), wanted_.size()}) && mark_once(accept);
    if (same_word(field.name, literal("sec-websocket-protocol")))
      return same(value, literal("mqtt")) && mark_once(protocol);
    return !same_word(field.name, literal("sec-websocket-extensions"));
  }

  ws_accept_text wanted_;
};

/// Reads a client's request in pieces of any size.
class ws_request_reader : public detail::ws_head_reader<ws_request_reader> {
 public:
  /// The memory, at best of ws_line_size bytes, and path outlive the reader. A request for another path is
  /// refused; what stands behind a '?' is not compared. An empty path takes every request.
  constexpr ws_request_reader(char_span memory, std::string_view path) noexcept
      : ws_head_reader("GET", memory), path_(path) {}

  /// After ws_status::failed: what to answer. See ws_refusal().
  constexpr unsigned status() const noexcept { return other_version_ ? 426 : 400; }
  constexpr ws_key_text const& key() const noexcept { return key_; }
  /// What the client calls MQTT: some write it in capitals.
  constexpr std::string_view protocol() const noexcept { return {protocol_.data(), protocol_.size()}; }

 private:
  friend class detail::ws_head_reader<ws_request_reader>;
  enum : unsigned {
    first_line = 1,
    host = 2,
    upgrade = 4,
    connection = 8,
    key_field = 16,
    version = 32,
    protocol_field = 64,
    everything = 127
  };

  constexpr bool take_first_line() const noexcept {
    if (!head().is_whole()) return false;
    cut_result const parts = cut(drop(head().line(), 4), ' ');
    if (!same(parts.after, literal("HTTP/1.1")) || !begins_with(parts.before, literal("/"))) return false;
    return path_.empty() || same(cut(parts.before, '?').before, path_);
  }
  constexpr bool take_field(detail::http_field const& field) noexcept {
    using detail::same_word;
    if (same_word(field.name, literal("host"))) return mark_once(host);
    if (same_word(field.name, literal("upgrade")))
      return mark_if_listed(upgrade, field.value, literal("websocket"));
    if (same_word(field.name, literal("connection")))
      return mark_if_listed(connection, field.value, literal("upgrade"));
    if (same_word(field.name, literal("sec-websocket-key")))
      return mark_once(key_field) && take_key(field.value);
    if (same_word(field.name, literal("sec-websocket-version"))) return take_version(field.value);
    if (same_word(field.name, literal("sec-websocket-protocol"))) return take_protocols(field.value);
    return true;
  }

  constexpr bool take_key(std::string_view value) noexcept {
    std::array<char, 16> nonce{};
    auto const decoded = base64_decode(char_span(nonce), value);
    if (!decoded || decoded->size() != nonce.size()) return false;
    detail::copy_chars(key_.data(), value.data(), key_.size());
    return true;
  }
  constexpr bool take_version(std::string_view value) noexcept {
    other_version_ = !same(value, literal("13"));
    return !other_version_ && mark_once(version);
  }
  constexpr bool take_protocols(std::string_view list) noexcept {
    std::string_view const word = detail::find_word(list, "mqtt");
    if (word.empty()) return true;
    detail::copy_chars(protocol_.data(), word.data(), protocol_.size());
    return mark(protocol_field);
  }

  std::string_view path_;
  ws_key_text key_{};
  std::array<char, 4> protocol_{};
  bool other_version_ = false;
};

}}  // namespace hubwire

#endif
