// SPDX-License-Identifier: BSL-1.0
// Which values the parts of a connection string may have. By cutting into lists and copying. Uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_CONNECTION_VALUES_HPP
#define HUBWIRE_FUZZ_REFERENCE_CONNECTION_VALUES_HPP

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include <fuzz/reference/base64.hpp>
#include <fuzz/reference/iothub_texts.hpp>

namespace reference {

// Printable ASCII without the blank and the quotation mark.
inline bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
}

inline bool is_key(std::string_view text) {
  auto const octets = base64_decoded(text);
  return octets && !octets->empty() && octets->size() <= 128;
}

inline bool is_policy_name(std::string_view text) {
  return !text.empty() && only(text, std::string(alphanumerics) + "-._@");
}

// sr, sig and se, perhaps skn, in any order and each once; nothing else.
inline bool is_sas_token(std::string_view text) {
  std::string_view const begin = "SharedAccessSignature ";
  if (text.substr(0, begin.size()) != begin || !is_visible(text.substr(begin.size()))) return false;
  std::set<std::string> seen;
  for (std::string const& piece : split(text.substr(begin.size()), '&')) {
    std::size_t const equals = piece.find('=');
    if (equals == std::string::npos) return false;
    std::string const name = piece.substr(0, equals);
    std::string const value = piece.substr(equals + 1);
    auto const decoded = percent_decoded(value);
    if (!decoded || !seen.insert(name).second) return false;
    bool const sound = name == "sr"    ? !value.empty()
                       : name == "sig" ? base64_decoded(*decoded).value_or("").size() == 32
                       : name == "se"  ? natural(value).has_value()
                                       : name == "skn";
    if (!sound) return false;
  }
  return seen.size() - seen.count("skn") == 3;
}

}  // namespace reference

#endif
