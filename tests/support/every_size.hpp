// SPDX-License-Identifier: BSL-1.0
// What everything that writes into a caller's buffer has to do, whatever the buffer's size.
#ifndef HUBWIRE_TESTS_SUPPORT_EVERY_SIZE_HPP
#define HUBWIRE_TESTS_SUPPORT_EVERY_SIZE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/core/errc.hpp>
#include <support/guarded.hpp>

namespace hubwire::test {

inline std::string_view text_of(std::string_view text) { return text; }
template <class Text>
std::string_view text_of(Text const& text) {
  return text.view();
}

// build(char_span) -> result of a text. Buffers of 0 to one byte too few fail with the size needed; the
// exact size does; a larger buffer keeps what is behind. All of them end at a page that nobody may touch.
template <class Build>
void writes_into_every_size(std::string_view expected, Build build) {
  for (std::size_t size = 0; size != expected.size(); ++size) {
    INFO("size " << size << " of " << expected.size());
    guarded_output output(size);
    auto const built = build(output.chars());
    REQUIRE(!built);
    CHECK(built.error() == error{errc::buffer_too_small, static_cast<std::uint32_t>(expected.size())});
    CHECK(output.untouched_behind(size));
  }
  guarded_output exact(expected.size());
  auto const fits = build(exact.chars());
  REQUIRE(fits);
  CHECK(std::string(text_of(*fits)) == expected);
  CHECK(exact.untouched_behind(expected.size()));

  guarded_output roomy(expected.size() + 300);
  auto const with_room = build(roomy.chars());
  REQUIRE(with_room);
  CHECK(std::string(text_of(*with_room)) == expected);
}

}  // namespace hubwire::test

#endif
