// SPDX-License-Identifier: BSL-1.0
// Text that is percent-encoded already, so that it can be written as it stands. Holding one is the proof.
#ifndef HUBWIRE_TEXT_ENCODED_TEXT_HPP
#define HUBWIRE_TEXT_ENCODED_TEXT_HPP

#include <cstddef>
#include <string_view>

#include <hubwire/core/bytes.hpp>
#include <hubwire/core/result.hpp>
#include <hubwire/core/slice.hpp>
#include <hubwire/core/utf8.hpp>
#include <hubwire/text/percent.hpp>

namespace hubwire { inline namespace abi1 {

// Unreserved characters and whole escapes, which stand for UTF-8. A view: the characters stay the caller's. A
// literal is checked by the compiler, other text once by parse().
class encoded_text {
 public:
  constexpr encoded_text() noexcept = default;
  // Only a failed result holds one. It has no characters and more than any field holds, so that nothing takes it.
  constexpr encoded_text(detail::absent) noexcept : size_(65'536) {}
  template <std::size_t Size>
  consteval encoded_text(char const (&literal)[Size])
      : encoded_text(checked(detail::literal_view(literal))) {}

  // errc::invalid_percent_encoding when a rule is broken. Text as it was received, percent_text::raw(), need not
  // be in this form: other clients leave characters that they could have encoded. Linear.
  static constexpr result<encoded_text> parse(std::string_view candidate) noexcept {
    if (!is_valid(candidate)) return errc::invalid_percent_encoding;
    return encoded_text(trust{}, candidate);
  }

  static constexpr bool is_valid(std::string_view candidate) noexcept {
    while (!candidate.empty())
      if (!take_character(candidate)) return false;
    return true;
  }

  constexpr std::string_view view() const noexcept { return {data_, is_present() ? size_ : 0}; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  // False for one that was taken from a failed result.
  constexpr bool is_present() const noexcept { return data_ != nullptr || size_ == 0; }

 private:
  struct trust {};
  constexpr encoded_text(trust, std::string_view vouched) noexcept
      : data_(vouched.data()), size_(vouched.size()) {}

  static void literal_is_not_percent_encoded() {}
  static consteval encoded_text checked(std::string_view literal) {
    if (!is_valid(literal)) literal_is_not_percent_encoded();
    return encoded_text(trust{}, literal);
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

  char const* data_ = nullptr;
  std::size_t size_ = 0;
};

}}  // namespace hubwire

#endif
