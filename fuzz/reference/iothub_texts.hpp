// SPDX-License-Identifier: BSL-1.0
// What IoT Hub's texts are made of: host names, device ids, percent encoding, lists of "name=value". By cutting into lists and copying. Uses nothing of hubwire.
#ifndef HUBWIRE_FUZZ_REFERENCE_IOTHUB_TEXTS_HPP
#define HUBWIRE_FUZZ_REFERENCE_IOTHUB_TEXTS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

inline constexpr std::string_view alphanumerics =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// Always at least one piece.
inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> pieces(1);
  for (char const c : text) {
    if (c == separator) {
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  }
  return pieces;
}

inline bool only(std::string_view text, std::string const& allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}
inline bool is_number(std::string_view text) { return !text.empty() && only(text, "0123456789"); }

// Digits that make a number of 64 bits.
inline std::optional<std::uint64_t> natural(std::string text) {
  if (!is_number(text)) return std::nullopt;
  text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
  std::string const most = "18446744073709551615";
  if (text.size() > most.size() || (text.size() == most.size() && text > most)) return std::nullopt;
  return std::stoull(text);
}

inline bool is_host(std::string_view text) {
  auto const parts = split(text, ':');
  if (parts.size() > 2 || parts[0].empty() || parts[0].size() > 253) return false;
  if (!only(parts[0], std::string(alphanumerics) + "-._")) return false;
  auto const labels = split(parts[0], '.');
  if (std::any_of(labels.begin(), labels.end(), [](auto const& label) { return label.empty(); }))
    return false;
  if (parts.size() == 1) return true;
  if (!is_number(parts[1]) || parts[1].size() > 5) return false;
  unsigned long const port = std::stoul(parts[1]);
  return port >= 1 && port <= 65'535;
}

inline bool is_device(std::string_view text) {
  return !text.empty() && text.size() <= 128 && only(text, std::string(alphanumerics) + "-.+%_#*?!(),=@:;$'");
}

inline std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// RFC 3986 section 2, every character but the unreserved.
inline std::string percent_encoded(std::string_view text) {
  std::string result;
  for (char const c : text) {
    if (alphanumerics.find(c) != std::string_view::npos || std::string_view("-._~").find(c) < 4) {
      result += c;
      continue;
    }
    char escape[4];
    std::snprintf(escape, sizeof escape, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    result += escape;
  }
  return result;
}

// Nothing where an escape is broken.
inline std::optional<std::string> percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    std::string const digits(text.substr(i + 1, 2));
    if (digits.size() != 2 || !only(digits, "0123456789ABCDEFabcdef")) return std::nullopt;
    result += static_cast<char>(std::stoi(digits, nullptr, 16));
    i += 2;
  }
  return result;
}

// "name=value&name": a value that is not there is null. One '&' may stand at the end; nothing where a name
// is missing.
struct pair {
  std::string name{};
  std::optional<std::string> value{};
};
inline std::optional<std::vector<pair>> pairs_of(std::string_view text) {
  std::vector<pair> pairs;
  auto pieces = split(text, '&');
  if (pieces.back().empty()) pieces.pop_back();
  for (std::string const& piece : pieces) {
    std::size_t const equals = piece.find('=');
    if (piece.empty() || equals == 0) return std::nullopt;
    pairs.push_back({piece.substr(0, equals), std::nullopt});
    if (equals != std::string::npos) pairs.back().value = piece.substr(equals + 1);
  }
  return pairs;
}

}  // namespace reference

#endif
