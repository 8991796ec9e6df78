// SPDX-License-Identifier: BSL-1.0
#include <hubwire/core/reader.hpp>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

constexpr std::string_view sample{"\x01\xfe\xff\x00\x03xyz!", 9};

}  // namespace

TEST_CASE("reader: reads straight through", "[core][reader]") {
  constexpr_test([] {
    reader in(sample);
    bool const fresh = !in.failed() && !in.empty() && in.remaining() == 9 && in.error() == errc::none;
    bool const values = in.u8() == 1 && in.u16() == 0xfeff && in.prefixed() == "xyz" && in.take(1) == "!";
    return fresh && values && in.empty() && in.remaining() == 0 && !in.failed();
  });
}

TEST_CASE("reader: numbers are big-endian and unsigned", "[core][reader]") {
  constexpr_test([] {
    for (unsigned value = 0; value < 0x10000; value += 0x55) {
      char const octets[] = {detail::to_char(static_cast<std::uint8_t>(value >> 8)),
                             detail::to_char(static_cast<std::uint8_t>(value))};
      reader in({octets, 2});
      if (in.u16() != value || !in.empty()) return false;
    }
    return true;
  });
}

TEST_CASE("reader: taken text points into the input", "[core][reader]") {
  reader in(sample);
  CHECK(in.take(2).data() == sample.data());
  CHECK(in.rest().data() == sample.data() + 2);
  CHECK(in.rest().empty());
}

TEST_CASE("reader: reading past the end fails without touching what is behind", "[core][reader]") {
  for (std::size_t size = 0; size != sample.size(); ++size) {
    CAPTURE(size);
    guarded_input const input(std::string_view(sample.data(), size));
    reader in(input.view());
    static_cast<void>(in.u8());
    static_cast<void>(in.u16());
    static_cast<void>(in.prefixed());
    static_cast<void>(in.take(1));
    CHECK(in.failed());
    CHECK(in.error() == error{errc::malformed_packet, 0});
    CHECK(in.remaining() == 0);
  }
}

TEST_CASE("reader: each primitive fails by itself and gives a zero", "[core][reader]") {
  constexpr_test([] {
    reader u8(std::string_view{});
    reader u16(std::string_view("\x7f", 1));
    reader take(std::string_view("ab"));
    reader lying(std::string_view("\x00\x03xy", 4));
    return u8.u8() == 0 && u8.failed() && u16.u16() == 0 && u16.failed() && u16.empty() &&
           take.take(3).empty() && take.failed() && lying.prefixed().empty() && lying.failed();
  });
}

TEST_CASE("reader: a length that lies by any amount takes nothing", "[core][reader]") {
  guarded_input const input(from_hex("ffff4142"));
  reader in(input.view());
  CHECK(in.prefixed().empty());
  CHECK(in.error() == errc::malformed_packet);
}

TEST_CASE("reader: after a failure every read gives zeros, and the first error stays", "[core][reader]") {
  constexpr_test([] {
    reader in(sample);
    in.fail(errc::unsupported_protocol, 5);
    in.fail(errc::malformed_packet, 6);
    in.require(false, errc::protocol_error);
    in.require(true, errc::protocol_error);
    bool const zeros = in.u8() == 0 && in.u16() == 0 && in.take(1).empty() && in.prefixed().empty() &&
                       in.rest().empty() && in.take(0).empty();
    return zeros && in.failed() && in.empty() && in.error() == error{errc::unsupported_protocol, 5};
  });
}

TEST_CASE("reader: require_size takes exactly so many bytes", "[core][reader]") {
  for (std::size_t size = 0; size != 5; ++size) {
    CAPTURE(size);
    guarded_input const input(from_hex("01020304"));
    reader in(input.view().substr(0, size));
    CHECK(in.require_size(2) == (size == 2));
    CHECK(in.failed() == (size != 2));
    CHECK(in.u16() == (size == 2 ? 0x0102 : 0));
    CHECK(in.empty());
    if (size != 2) CHECK(in.error() == error{errc::malformed_packet, 0});
  }
  reader late(std::string_view("abc"));
  late.fail(errc::protocol_error, 7);
  CHECK_FALSE(late.require_size(3));
  CHECK(late.error() == error{errc::protocol_error, 7});  // the first error stays
}

TEST_CASE("reader: unread leaves everything there", "[core][reader]") {
  reader in(std::string_view("abc"));
  static_cast<void>(in.u8());
  CHECK(in.unread() == "bc");
  CHECK(in.unread() == "bc");
  CHECK(in.rest() == "bc");
  CHECK(in.unread().empty());
}

TEST_CASE("reader: a requirement that holds changes nothing", "[core][reader]") {
  constexpr_test([] {
    reader in(sample);
    in.require(true, errc::protocol_error);
    return !in.failed() && in.remaining() == sample.size();
  });
}

TEST_CASE("reader: an empty input is no failure until something is read", "[core][reader]") {
  constexpr_test([] {
    reader in(std::string_view{});
    return in.empty() && in.rest().empty() && in.take(0).empty() && !in.failed();
  });
}

TEST_CASE("reader: an empty prefixed text is text, not a failure", "[core][reader]") {
  constexpr_test([] {
    reader in(std::string_view("\x00\x00", 2));
    return in.prefixed().empty() && !in.failed() && in.empty();
  });
}

TEST_CASE("reader: a copy is a cursor of its own", "[core][reader]") {
  constexpr_test([] {
    reader in(sample);
    reader const start = in;
    static_cast<void>(in.take(4));
    return start.remaining() == 9 && in.remaining() == 5;
  });
}
