// SPDX-License-Identifier: BSL-1.0
// Each width of core/simd.hpp, whichever of them this build uses, against the plain statement of the rule.
#include <hubwire/core/simd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <new>
#include <set>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <support/text_reference.hpp>

using namespace hubwire;
using namespace hubwire::test;
using namespace std::string_view_literals;

namespace {

template <std::size_t Width>
struct width {
  static constexpr std::size_t value = Width;
};

constexpr bool plain(char c) { return detail::to_byte(c) < 0x80 && (detail::to_byte(c) | 0x2b) != 0x2b; }

// A page between two that nobody may touch.
class lonely_page {
 public:
  lonely_page() {
    void* const memory = ::mmap(nullptr, 3 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    all_ = static_cast<char*>(memory);
    if (::mprotect(all_ + page_, page_, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
  }
  lonely_page(lonely_page const&) = delete;
  lonely_page& operator=(lonely_page const&) = delete;
  ~lonely_page() { ::munmap(all_, 3 * page_); }

  std::string_view at_begin(std::string_view text) { return put(all_ + page_, text); }
  std::string_view at_end(std::string_view text) { return put(all_ + 2 * page_ - text.size(), text); }

 private:
  static std::string_view put(char* where, std::string_view text) {
    std::memcpy(where, text.data(), text.size());
    return {where, text.size()};
  }

  std::size_t page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  char* all_ = nullptr;
};

unsigned expected(std::string_view text) {
  auto const found = text_reference(text);
  return (found.ill_formed ? detail::found_ill_formed : 0) | (found.nul ? detail::found_nul : 0) |
         (found.wildcard ? detail::found_wildcard : 0);
}

// The scan itself, and what it does when its first block is not plain.
template <std::size_t Width>
bool scans(std::string_view text, unsigned wanted) {
  if (detail::scan_blocks<Width>(text.data(), text.size()) != wanted) return false;
  return text.empty() || detail::scan_rest<Width>(text.data(), text.size(), text.size()) == wanted;
}

}  // namespace

TEST_CASE("simd: a word is plain when each of its characters is", "[core][simd]") {
  for (unsigned position = 0; position != 8; ++position) {
    for (unsigned value = 0; value != 256; ++value) {
      for (std::uint64_t const around : {0x2c2c2c2c2c2c2c2cu, 0x4040404040404040u, 0x7f7f7f7f7f7f7f7fu}) {
        std::uint64_t const hole = ~(std::uint64_t{0xff} << (8 * position));
        std::uint64_t const word = (around & hole) | std::uint64_t{value} << (8 * position);
        if (detail::all_plain(detail::plain_bits(word)) != plain(static_cast<char>(value)))
          FAIL(position << ' ' << value);
      }
    }
  }
  // Two at once: no carry makes up for another.
  for (unsigned pair = 0; pair != 0x10000; ++pair) {
    std::uint64_t const word = 0x6161616161610000u | pair;
    bool const both = plain(static_cast<char>(pair)) && plain(static_cast<char>(pair >> 8));
    if (detail::all_plain(detail::plain_bits(word)) != both) FAIL(pair);
  }
}

TEST_CASE("simd: words are skipped from where a word may lie, up to the first that is not plain",
          "[core][simd]") {
  alignas(4) char text[24];
  for (std::size_t odd = 0; odd != sizeof(text); ++odd) {
    std::fill(std::begin(text), std::end(text), 'a');
    text[odd] = '+';
    for (std::size_t begin = 0; begin != sizeof(text); ++begin) {
      for (std::size_t end = begin; end != sizeof(text); ++end) {
        char const* const stopped = detail::skip_plain_words(text + begin, text + end);
        std::size_t const plain_to = odd >= begin && odd < end ? odd : end;
        std::size_t const wanted = begin % 4 == 0 ? begin + (plain_to - begin) / 4 * 4 : begin;
        if (stopped != text + wanted) FAIL(odd << ' ' << begin << ' ' << end);
      }
    }
  }
}

TEMPLATE_TEST_CASE(
    "simd: blocks are skipped only while each of their characters is plain, and the rest is scanned",
    "[core][simd]", width<1>, width<8>, width<16>) {
  using blocks = detail::blocks<TestType::value>;
  lonely_page page;
  for (std::size_t size = 0; size != 150; ++size) {
    std::string text(size, 'a');
    if (blocks::rest_behind_plain(page.at_begin(text).data(), size) != 0) FAIL(size);
    if (blocks::rest_behind_plain(page.at_end(text).data(), size) != 0) FAIL(size);
    for (std::size_t position = 0; position != size; ++position) {
      for (char const c : {'\0', '#', '+', '\x7f', '\x80', '\xff', ' ', ',', '\x01'}) {
        text[position] = c;
        auto const wanted = expected({&c, 1});
        for (std::string_view const shown : {page.at_begin(text), page.at_end(text)}) {
          auto const rest = blocks::rest_behind_plain(shown.data(), size);
          bool const right = plain(c) ? rest == 0 : rest >= size - position && rest <= size;
          if (!right) FAIL(size << ' ' << position << ' ' << int{c} << ": " << rest);
          if (detail::scan_blocks<TestType::value>(shown.data(), size) != wanted)
            FAIL(size << ' ' << position << ' ' << int{c});
        }
      }
      text[position] = 'a';
    }
  }
  CHECK(blocks::rest_behind_plain(nullptr, 0) == 0);
}

TEMPLATE_TEST_CASE("simd: no block reads outside of its text", "[core][simd]", width<8>, width<16>) {
  lonely_page page;
  for (std::string_view const repeated :
       {"a"sv, "#"sv, "\0"sv, "\xc3\xa9"sv, "a\xe2\x82\xac"sv, "\xf0\x9f\x98\x80"sv, "\x80"sv}) {
    std::string text;
    for (std::size_t size = 0; size <= 150; ++size) {
      auto const wanted = expected(text);
      if (!scans<TestType::value>(page.at_begin(text), wanted)) FAIL(repeated << ' ' << size);
      if (!scans<TestType::value>(page.at_end(text), wanted)) FAIL(repeated << ' ' << size);
      text += repeated[size % repeated.size()];
    }
  }
}

TEMPLATE_TEST_CASE("simd: two bytes of each kind, at each place among plain ones", "[core][simd]", width<8>,
                   width<16>) {
  constexpr unsigned kinds[] = {0x00, 0x23, 0x2b, 0x20, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
                                0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
  for (unsigned const first : kinds) {
    for (unsigned const second : kinds) {
      for (std::string_view const behind : {""sv, "\x80"sv, "\xbf\x80"sv, "a"sv, "\x80#"sv, "\xe0"sv}) {
        std::string trouble{static_cast<char>(first), static_cast<char>(second)};
        trouble += behind;
        auto const wanted = expected(trouble + 'x');
        for (std::size_t place = 0; place != 40; ++place) {
          std::string text(46, 'x');
          text.replace(place, trouble.size(), trouble);
          if (!scans<TestType::value>(text, wanted)) FAIL(first << ' ' << second << ' ' << place);
        }
      }
    }
  }
}

// Dense text: leads, continuations and ASCII drawn at random, so that sequences meet block borders and each
// other. Most are ill-formed somewhere, the findings in front of that place count.
TEMPLATE_TEST_CASE("simd: random texts", "[core][simd]", width<8>, width<16>) {
  constexpr std::string_view pieces[] = {"a",
                                         "bcd/",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xe0\xa4\x85",
                                         "\xed\x9f\xbf",
                                         "\xf0\x9f\x98\x80",
                                         "\xf4\x8f\xbf\xbf",
                                         "0123456789abcdef"};
  constexpr std::string_view rare[] = {"#",    "+",        "\0"sv,         "\x80",
                                       "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
  std::uint32_t state = 1;
  auto const draw = [&](std::size_t below) {
    state = state * 1664525 + 1013904223;
    return (state >> 16) % below;
  };
  std::set<unsigned> seen;
  for (int round = 0; round != 6000; ++round) {
    std::string text;
    std::size_t const size = draw(150);
    std::size_t const seldom = 4 + draw(100);
    while (text.size() < size)
      text += draw(seldom) == 0 ? rare[draw(std::size(rare))] : pieces[draw(std::size(pieces))];
    auto const wanted = expected(text);
    seen.insert(wanted);
    if (!scans<TestType::value>(text, wanted)) FAIL(text);
  }
  CHECK(seen.size() == 8);  // each combination came up
}
