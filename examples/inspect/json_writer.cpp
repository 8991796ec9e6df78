// SPDX-License-Identifier: BSL-1.0
#include "json_writer.hpp"

#include <cstddef>

namespace inspect {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

bool is_plain(char c) noexcept {
  auto const byte = static_cast<std::uint8_t>(c);
  return byte >= 0x20 && byte != 0x7F && c != '"' && c != '\\';
}

void put_escaped(output& out, char c) {
  if (c == '"' || c == '\\') {
    out.put('\\');
    out.put(c);
    return;
  }
  auto const byte = static_cast<std::uint8_t>(c);
  char const escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
  out.put({escape, sizeof escape});
}

}  // namespace

void json_writer::text(std::string_view utf8) {
  separate();
  out_.put('"');
  std::size_t from = 0;
  for (std::size_t at = 0; at != utf8.size(); ++at) {
    if (is_plain(utf8[at])) continue;
    out_.put({utf8.data() + from, at - from});
    put_escaped(out_, utf8[at]);
    from = at + 1;
  }
  out_.put({utf8.data() + from, utf8.size() - from});
  out_.put('"');
  follows_ = true;
}

void json_writer::hex(std::string_view bytes) {
  separate();
  out_.put('"');
  char chunk[512];
  std::size_t used = 0;
  for (char const c : bytes) {
    auto const byte = static_cast<std::uint8_t>(c);
    chunk[used++] = digits[byte >> 4];
    chunk[used++] = digits[byte & 15];
    if (used != sizeof chunk) continue;
    out_.put({chunk, used});
    used = 0;
  }
  out_.put({chunk, used});
  out_.put('"');
  follows_ = true;
}

void json_writer::end_line() {
  out_.put('\n');
  follows_ = false;
}

void json_writer::key(std::string_view name) {
  text(name);
  out_.put(':');
  follows_ = false;
}

void json_writer::open(char bracket) {
  separate();
  out_.put(bracket);
  follows_ = false;
}

void json_writer::close(char bracket) {
  out_.put(bracket);
  follows_ = true;
}

void json_writer::plain(std::string_view value) {
  separate();
  out_.put(value);
  follows_ = true;
}

void json_writer::separate() {
  if (follows_) out_.put(',');
}

}  // namespace inspect
