// SPDX-License-Identifier: BSL-1.0
// Reads in a ServerHello (RFC 5246 §7.4.1.3) whether the server agreed to a maximum fragment length
// (RFC 6066 §4). BearSSL checks the answer and does not tell it.
#ifndef HUBWIRE_TRANSPORT_BEARSSL_HELLO_HPP
#define HUBWIRE_TRANSPORT_BEARSSL_HELLO_HPP

#include <cstddef>
#include <cstdint>

#include <hubwire/core/bytes.hpp>

namespace hubwire { inline namespace abi1 { namespace detail {

// Takes the bytes from the server as they arrive, in pieces of any size. BearSSL checks their form and ends
// the connection if it is wrong, so this class only looks for one extension.
class server_hello_scan {
 public:
  constexpr void take(byte_view from_server) noexcept {
    for (std::size_t i = 0; i != from_server.size() && !done_; ++i) take_byte(from_server[i]);
  }

  // The length in bytes: 512, 1,024, 2,048 or 4,096. 0: the server has agreed to none, or not yet.
  constexpr std::uint16_t max_fragment_length() const noexcept {
    bool const known = code_ >= 1 && code_ <= 4;
    return known ? static_cast<std::uint16_t>(256U << code_) : std::uint16_t{0};
  }

 private:
  enum class field : std::uint8_t { message, head, session_and_suite, extensions, type, size, content };
  static constexpr std::uint8_t handshake = 22;  // type of a record
  static constexpr std::uint32_t server_hello = 2;
  static constexpr std::uint32_t max_fragment_length_extension = 1;

  constexpr void take_byte(std::uint8_t octet) noexcept {
    if (record_left_ == 0) return take_record_header(octet);
    --record_left_;
    if (record_type_ == handshake) take_message(octet);
  }

  constexpr void take_record_header(std::uint8_t octet) noexcept {
    if (header_bytes_ == 0) record_type_ = octet;
    record_size_ = static_cast<std::uint16_t>(record_size_ << 8 | octet);  // the last two of five bytes
    if (++header_bytes_ != 5) return;
    header_bytes_ = 0;
    record_left_ = record_size_;
  }

  constexpr void take_message(std::uint8_t octet) noexcept {
    value_ = value_ << 8 | octet;
    --left_;
    if (field_ != field::message) done_ = --message_left_ == 0;
    if (left_ == 0) finish_field();
  }

  constexpr void finish_field() noexcept {
    switch (field_) {
      case field::message:
        message_left_ = value_ & 0xFFFFFF;
        done_ = value_ >> 24 != server_hello || message_left_ == 0;
        return expect(field::head, 2 + 32 + 1);  // version, random, size of the session id
      case field::head: return expect(field::session_and_suite, (value_ & 0xFF) + 2 + 1);
      case field::session_and_suite: return expect(field::extensions, 2);
      case field::type: type_ = value_ & 0xFFFF; return expect(field::size, 2);
      case field::size:
        size_ = value_ & 0xFFFF;
        return size_ == 0 ? expect(field::type, 2) : expect(field::content, size_);
      case field::content:
        if (type_ == max_fragment_length_extension && size_ == 1) code_ = value_ & 0xFF;
        break;
      case field::extensions: break;  // their size in all: that of the message is enough
    }
    expect(field::type, 2);
  }

  constexpr void expect(field next, std::uint32_t size) noexcept {
    field_ = next;
    left_ = size;
  }

  std::uint32_t message_left_ = 0;
  std::uint32_t left_ = 4;  // bytes of the field that are still to come
  std::uint32_t value_ = 0;
  std::uint32_t type_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t code_ = 0;
  std::uint16_t record_size_ = 0;
  std::uint16_t record_left_ = 0;
  std::uint8_t header_bytes_ = 0;
  std::uint8_t record_type_ = 0;
  field field_ = field::message;
  bool done_ = false;
};

}}}  // namespace hubwire::detail

#endif
