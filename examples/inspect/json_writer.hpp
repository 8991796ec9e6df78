// SPDX-License-Identifier: BSL-1.0
// JSON as it is written, without a tree in memory: a packet of 16 MB can hold four million subscriptions.
#ifndef INSPECT_JSON_WRITER_HPP
#define INSPECT_JSON_WRITER_HPP

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "output.hpp"

namespace inspect {

// The caller opens what it closes. Everything is one line; end_line() ends it.
class json_writer {
 public:
  explicit json_writer(output& out) noexcept : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void end_line();

  // Of the member that follows; ASCII without anything to escape.
  void key(std::string_view name);

  void text(std::string_view utf8);  // well-formed UTF-8
  void hex(std::string_view bytes);
  void number(std::int64_t value) { plain(std::to_string(value)); }
  void number(std::uint64_t value) { plain(std::to_string(value)); }
  void boolean(bool value) { plain(value ? "true" : "false"); }
  void null() { plain("null"); }

  // Members.
  void text(std::string_view name, std::string_view utf8) { key(name), text(utf8); }
  void hex(std::string_view name, std::string_view bytes) { key(name), hex(bytes); }
  template <std::unsigned_integral Number>
  void number(std::string_view name, Number value) {
    key(name), number(static_cast<std::uint64_t>(value));
  }
  template <std::signed_integral Number>
  void number(std::string_view name, Number value) {
    key(name), number(static_cast<std::int64_t>(value));
  }
  template <std::same_as<bool> Bool>  // not what a pointer turns into
  void boolean(std::string_view name, Bool value) {
    key(name), boolean(value);
  }
  void null(std::string_view name) { key(name), null(); }

 private:
  void open(char bracket);
  void close(char bracket);
  void plain(std::string_view value);
  void separate();

  output& out_;
  bool follows_ = false;  // a comma comes before the next member or element
};

}  // namespace inspect

#endif
