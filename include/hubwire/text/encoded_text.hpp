// SPDX-License-Identifier: BSL-1.0
// Text that is percent-encoded already, so that it can be written as it stands. Holding one is the proof.
#ifndef HUBWIRE_TEXT_ENCODED_TEXT_HPP
#define HUBWIRE_TEXT_ENCODED_TEXT_HPP

#include <cstddef>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/proven_text.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/core/utf8.hpp>
#include <hubwire/text/percent.hpp>

namespace hubwire { inline namespace abi1 {

/// Unreserved characters and whole escapes, which stand for UTF-8: a view. A literal is checked by the
/// compiler, other text by parse(), which says errc::invalid_percent_encoding. Text as it was received,
/// percent_text::raw(), need not be in this form: other clients leave characters that they could have
/// encoded.
class encoded_text : public detail::proven_text<encoded_text> {
 public:
  template <std::size_t Size>
  consteval encoded_text(char const (&literal)[Size])
      : encoded_text(trust{}, checked(detail::literal_view(literal))) {}
  // Only a failed result holds one.
  constexpr encoded_text(detail::absent) noexcept : data_(nullptr), size_(absent_size) {}
  constexpr encoded_text() noexcept : encoded_text(trust{}, {}) {}  // empty

  static constexpr bool is_valid(std::string_view candidate) noexcept {
    while (!candidate.empty())
      if (!take_character(candidate)) return false;
    return true;
  }

 private:
  friend proven_text;
  constexpr encoded_text(trust, std::string_view vouched) noexcept
      : data_(vouched.data()), size_(vouched.size()) {}
  static constexpr errc broken_rule = errc::invalid_percent_encoding;
  static constexpr std::size_t absent_size = 65'536;
  static void literal_is_not_percent_encoded() {}
  static constexpr void check_literal(bool valid) {
    if (!valid) literal_is_not_percent_encoded();
  }

  // One character of what is encoded, with all of its bytes. rest is not empty.
  static constexpr bool take_character(std::string_view& rest) noexcept {
    if (is_unreserved(rest.front())) {
      rest = detail::tail(rest, 1);
      return true;
    }
    char character[4]{};
    std::size_t wanted = 1;
    for (std::size_t size = 0; size != wanted; ++size) {
      if (rest.empty() || rest.front() != '%' || !detail::take_decoded(rest, character[size])) return false;
      unsigned const lead = detail::to_byte(character[0]);
      wanted = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    }
    return !scan_text({character, wanted}).ill_formed;
  }

  char const* data_;
  std::size_t size_;
};

}}  // namespace hubwire

#endif
