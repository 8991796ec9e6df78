// SPDX-License-Identifier: BSL-1.0
// Whose certificate it has to be: what a TLS library must be told before it may trust one.
#ifndef CUSTOM_TRANSPORT_SERVER_NAME_HPP
#define CUSTOM_TRANSPORT_SERVER_NAME_HPP

#include <string_view>

namespace custom_transport {

// Labels of letters, digits and '-' with single dots between them; the last label begins with a letter. Libraries
// check no name at all when they are given null or ""; OpenSSL takes a leading dot for "any subdomain"; mbedTLS
// lets 127.0.0.1 match a certificate for *.0.0.1; a port matches nothing. None of these gets that far.
constexpr bool is_server_name(char const* text) noexcept {
  if (text == nullptr) return false;
  auto const is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  char before = '.';
  char label_start = '.';
  for (char const c : std::string_view(text)) {
    bool const allowed = is_letter(c) || (c >= '0' && c <= '9') || c == '-' || (c == '.' && before != '.');
    if (!allowed) return false;
    if (before == '.') label_start = c;
    before = c;
  }
  return before != '.' && is_letter(label_start);
}

}  // namespace custom_transport

#endif
