// SPDX-License-Identifier: BSL-1.0
#include <hubwire/wire/topic_name.hpp>

#include <string>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

template <class Policy = strict>
error error_of(std::string_view hex) {
  guarded_input const input(from_hex(hex));
  reader<Policy> in(input.view());
  static_cast<void>(detail::read_topic_name(in));
  return in.error();
}

struct diagnosing {
  static constexpr bool check_text = true;
  static constexpr bool diagnose = true;
};

// The statement that a reader notes which keeps it; it finds the same error as one that does not.
std::string_view statement_of(std::string_view hex) {
  guarded_input const input(from_hex(hex));
  reader<diagnosing> in(input.view());
  static_cast<void>(detail::read_topic_name(in));
  CHECK(in.error() == error_of(hex));
  return in.notes().broken.v3 == nullptr ? "none" : in.notes().broken.v3;
}

errc parse_error(std::string_view candidate) {
  auto const parsed = topic_name::parse(candidate);
  return parsed ? errc::none : parsed.error().code;
}

}  // namespace

TEST_CASE("topic_name: a literal is checked by the compiler", "[wire][topic_name]") {
  constexpr_test([] {
    constexpr topic_name name = "devices/d1/messages/events/";
    return name.size() == 27 && name == "devices/d1/messages/events/" &&
           name == topic_name("devices/d1/messages/events/");
  });
}

TEST_CASE("topic_name: one character is enough, and any character but the wildcards will do",
          "[wire][topic_name]") {
  for (unsigned value = 1; value != 0x80; ++value) {
    char const c = static_cast<char>(value);
    CHECK(parse_error({&c, 1}) == (c == '#' || c == '+' ? errc::invalid_topic_name : errc::none));
  }
  for (std::string_view const name :
       {"/", "//", "a//b", "$SYS/x", " ", "\xef\xbb\xbf", "\xf0\x9f\x98\x80/\xc3\xa9"})
    CHECK(parse_error(name) == errc::none);
}

TEST_CASE("topic_name: at least one character", "[wire][topic_name][v3.1.1:MQTT-4.7.3-1]") {
  CHECK(parse_error("") == errc::invalid_topic_name);
  CHECK(parse_error({}) == errc::invalid_topic_name);
  CHECK(error_of("0000") == errc::protocol_error);
  CHECK(error_of<structural>("0000") == errc::protocol_error);
  CHECK(statement_of("0000") == "v3.1.1:MQTT-4.7.3-1");
}

TEST_CASE("topic_name: no U+0000", "[wire][topic_name][v3.1.1:MQTT-4.7.3-2][v3.1.1:MQTT-1.5.3-2]") {
  CHECK(parse_error(std::string_view("a\0b", 3)) == errc::invalid_topic_name);
  CHECK(error_of("0003 610062") == errc::malformed_packet);
  CHECK(statement_of("0003 610062") == "v3.1.1:MQTT-4.7.3-2");
}

TEST_CASE("topic_name: at most 65,535 bytes", "[wire][topic_name][v3.1.1:MQTT-4.7.3-3]") {
  std::string const longest(65'535, 'a');
  CHECK(parse_error(longest) == errc::none);
  CHECK(parse_error(longest + 'a') == errc::invalid_topic_name);
}

TEST_CASE("topic_name: no wildcard anywhere",
          "[wire][topic_name][v3.1.1:MQTT-4.7.1-1][v3.1.1:MQTT-3.3.2-2]") {
  for (std::size_t size = 1; size != 20; ++size) {
    for (std::size_t position = 0; position != size; ++position) {
      for (char const wildcard : {'#', '+'}) {
        std::string name(size, 'a');
        name[position] = wildcard;
        if (parse_error(name) != errc::invalid_topic_name) FAIL(name);
      }
    }
  }
  CHECK(error_of("0003 612f23") == errc::protocol_error);
  CHECK(error_of("0003 2b2f61") == errc::protocol_error);
  CHECK(statement_of("0003 2b2f61") == "v3.1.1:MQTT-3.3.2-2");
}

TEST_CASE("topic_name: ill-formed UTF-8 is refused",
          "[wire][topic_name][v3.1.1:MQTT-3.3.2-1][v3.1.1:MQTT-1.5.3-1]") {
  CHECK(parse_error("a\xff") == errc::invalid_topic_name);
  for (std::string_view const hex : {"0002 c080", "0003 61e282", "0004 61eda080", "0001 80"}) {
    CAPTURE(hex);
    CHECK(error_of(hex) == errc::malformed_packet);
    CHECK(statement_of(hex) == "v3.1.1:MQTT-1.5.3-1");
  }
}

TEST_CASE("topic_name: a field is read in place", "[wire][topic_name]") {
  guarded_input const input(from_hex("0003 612f62 99"));
  reader in(input.view());
  topic_name const name = detail::read_topic_name(in);
  CHECK(!in.failed());
  CHECK(name == "a/b");
  CHECK(name.view().data() == input.view().data() + 2);
  CHECK(in.remaining() == 1);
}

TEST_CASE("topic_name: a length that lies is malformed, not empty", "[wire][topic_name]") {
  for (std::string_view const hex : {"", "00", "0001", "000561 6263", "ffff 4142434445"}) {
    CAPTURE(hex);
    CHECK(error_of(hex) == errc::malformed_packet);
    CHECK(error_of<structural>(hex) == errc::malformed_packet);
  }
}

TEST_CASE("topic_name: only the low byte of the length is not the length", "[wire][topic_name]") {
  std::string const field = std::string("\x01\x00", 2) + std::string(256, 't');
  guarded_input const input(field);
  reader in(input.view());
  CHECK(detail::read_topic_name(in).size() == 256);
  CHECK(!in.failed());
}

TEST_CASE("topic_name: the structural policy looks at the length only", "[wire][topic_name]") {
  CHECK(error_of<structural>("0005 2300ff2b2f") == errc::none);
}

TEST_CASE("topic_name: compares by content", "[wire][topic_name]") {
  std::string const owned = "a/b";
  CHECK(topic_name::trusted(owned) == topic_name("a/b"));
  CHECK(topic_name::trusted(owned) == owned);
  CHECK(topic_name::trusted(owned) != "a/c");
  CHECK(topic_name::trusted(owned) != topic_name("a/b/"));
}
