// SPDX-License-Identifier: BSL-1.0
#include <hubwire/wire/topic_filter.hpp>

#include <pthread.h>

#include <chrono>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>
#include <support/hex.hpp>

using namespace hubwire;
using namespace hubwire::test;

namespace {

errc parse_error(std::string_view candidate) {
  auto const parsed = topic_filter::parse(candidate);
  return parsed ? errc::none : parsed.error().code;
}

template <class Policy = strict>
error error_of(std::string_view hex) {
  guarded_input const input(from_hex(hex));
  reader<Policy> in(input.view());
  static_cast<void>(detail::read_topic_filter(in));
  return in.error();
}

constexpr bool matches(std::string_view filter, std::string_view name) {
  return topic_filter::trusted(filter).matches(topic_name::trusted(name));
}

using levels = std::vector<std::string>;

levels split(std::string const& text) {
  levels parts(1);
  for (char const c : text) {
    if (c == '/')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// v3.1.1 §4.7 read aloud, level by level: slow, recursive, and written without a look at the library.
bool levels_match(levels const& filter, levels const& name, std::size_t at) {
  if (at == filter.size()) return at == name.size();
  if (filter[at] == "#") return true;  // the parent and everything below it
  if (at == name.size()) return false;
  return (filter[at] == "+" || filter[at] == name[at]) && levels_match(filter, name, at + 1);
}

bool naive_match(levels const& filter, levels const& name) {
  bool const begins_with_wildcard = filter[0] == "#" || filter[0] == "+";
  bool const reserved = !name[0].empty() && name[0][0] == '$';
  return !(reserved && begins_with_wildcard) && levels_match(filter, name, 0);
}

bool naive_valid(levels const& filter) {
  for (std::size_t i = 0; i != filter.size(); ++i) {
    bool const has_wildcard = filter[i].find_first_of("#+") != std::string::npos;
    if (has_wildcard && filter[i].size() != 1) return false;
    if (filter[i] == "#" && i + 1 != filter.size()) return false;
  }
  return true;
}

// Every text of 1 to longest characters out of alphabet.
std::vector<std::string> all_texts(std::string_view alphabet, std::size_t longest) {
  std::vector<std::string> texts{""};
  for (std::size_t begin = 0, size = 1; size <= longest; ++size) {
    std::size_t const end = texts.size();
    for (std::size_t i = begin; i != end; ++i)
      for (char const c : alphabet) texts.push_back(texts[i] + c);
    begin = end;
  }
  texts.erase(texts.begin());
  return texts;
}

}  // namespace

TEST_CASE("topic_filter: a literal is checked by the compiler", "[wire][topic_filter]") {
  constexpr_test([] {
    constexpr topic_filter filter = "$iothub/twin/res/#";
    return filter.size() == 18 && filter == "$iothub/twin/res/#" &&
           filter == topic_filter("$iothub/twin/res/#") && filter != topic_filter("#");
  });
}

TEST_CASE("topic_filter: at least one character", "[wire][topic_filter][v3.1.1:MQTT-4.7.3-1]") {
  CHECK(parse_error("") == errc::invalid_topic_filter);
  CHECK(error_of("0000") == errc::protocol_error);
  CHECK(error_of<structural>("0000") == errc::protocol_error);
}

TEST_CASE("topic_filter: no U+0000 and no ill-formed UTF-8",
          "[wire][topic_filter][v3.1.1:MQTT-4.7.3-2][v3.1.1:MQTT-1.5.3-1][v3.1.1:MQTT-1.5.3-2]") {
  CHECK(parse_error(std::string_view("a\0b", 3)) == errc::invalid_topic_filter);
  CHECK(parse_error("a/\xed\xa0\x80") == errc::invalid_topic_filter);
  CHECK(error_of("0003 610062") == errc::malformed_packet);
  CHECK(error_of("0003 61c080") == errc::malformed_packet);
}

TEST_CASE("topic_filter: at most 65,535 bytes", "[wire][topic_filter][v3.1.1:MQTT-4.7.3-3]") {
  std::string const longest(65'535, 'a');
  CHECK(parse_error(longest) == errc::none);
  CHECK(parse_error(longest + 'a') == errc::invalid_topic_filter);
}

TEST_CASE("topic_filter: # stands alone or behind a slash, and last",
          "[wire][topic_filter][v3.1.1:MQTT-4.7.1-2]") {
  for (std::string_view const good : {"#", "/#", "a/#", "a/b/#", "//#", "+/#", "$SYS/#"})
    CHECK(parse_error(good) == errc::none);
  for (std::string_view const bad :
       {"a#", "#/", "#/a", "a/#/b", "a/#b", "##", "#a", "a/##", "a/b#", "/a#", "+#", "#+"}) {
    CAPTURE(bad);
    CHECK(parse_error(bad) == errc::invalid_topic_filter);
  }
  CHECK(error_of("0004 612f2362") == errc::protocol_error);
  CHECK(error_of("0003 612f23") == errc::none);
}

TEST_CASE("topic_filter: + fills a whole level", "[wire][topic_filter][v3.1.1:MQTT-4.7.1-3]") {
  for (std::string_view const good : {"+", "+/+", "/+", "+/", "a/+/b", "+/a", "a/+", "/+/", "+//+"})
    CHECK(parse_error(good) == errc::none);
  for (std::string_view const bad : {"a+", "+a", "++", "a/+b", "a/b+/c", "/a+", "+ /a", "a/b+", "a/++/b"}) {
    CAPTURE(bad);
    CHECK(parse_error(bad) == errc::invalid_topic_filter);
  }
  CHECK(error_of("0005 61622f2b65") == errc::protocol_error);
  CHECK(error_of("0004 61622f2b") == errc::none);
}

TEST_CASE("topic_filter: validity agrees with a second opinion on every short filter",
          "[wire][topic_filter][v3.1.1:MQTT-4.7.1-2][v3.1.1:MQTT-4.7.1-3]") {
  for (std::string const& filter : all_texts("a/+#", 7)) {
    bool const expected = naive_valid(split(filter));
    if ((parse_error(filter) == errc::none) != expected) FAIL(filter);
  }
}

TEST_CASE("topic_filter: validity agrees with a second opinion wherever a wildcard is in a long filter",
          "[wire][topic_filter][v3.1.1:MQTT-4.7.1-2][v3.1.1:MQTT-4.7.1-3]") {
  std::vector<std::string> const parts = all_texts("a/+#", 3);
  for (std::size_t const size : {17u, 18u, 19u, 34u, 35u})
    for (std::string const& part : parts)
      for (std::size_t at = 0; at != size - part.size() + 1; ++at) {
        std::string filter(size, 'a');
        filter.replace(at, part.size(), part);
        guarded_input const input{std::string_view(filter)};
        if (topic_filter::is_valid(input.view()) != naive_valid(split(filter))) FAIL(filter);
      }
}

TEST_CASE("topic_filter: no U+0000 and no ill-formed UTF-8 anywhere in a long filter",
          "[wire][topic_filter][v3.1.1:MQTT-4.7.3-2][v3.1.1:MQTT-1.5.3-1]") {
  for (std::size_t size = 16; size != 51; ++size)
    for (std::size_t at = 0; at != size; ++at) {
      std::string filter(size, 'a');
      filter[at] = ' ';
      CHECK(topic_filter::is_valid(filter));
      filter[at] = '\0';
      CHECK_FALSE(topic_filter::is_valid(filter));
      filter[at] = '\xC3';
      CHECK_FALSE(topic_filter::is_valid(filter));
    }
}

TEST_CASE("topic_filter: the structural policy leaves the text alone, never the length",
          "[wire][topic_filter]") {
  CHECK(error_of<structural>("0005 2300ff2b2f") == errc::none);
  for (std::string_view const hex : {"", "00", "0001", "000561 6263", "ffff 4142434445"}) {
    CAPTURE(hex);
    CHECK(error_of(hex) == errc::malformed_packet);
    CHECK(error_of<structural>(hex) == errc::malformed_packet);
  }
}

TEST_CASE("topic_filter: a field is read in place", "[wire][topic_filter]") {
  guarded_input const input(from_hex("0003 2b2f62 01"));
  reader in(input.view());
  topic_filter const filter = detail::read_topic_filter(in);
  CHECK(filter == "+/b");
  CHECK(filter.view().data() == input.view().data() + 2);
  CHECK(in.u8() == 1);
}

TEST_CASE("matches: the standard's own examples", "[wire][topic_filter]") {
  constexpr_test([] {
    return matches("sport/tennis/player1/#", "sport/tennis/player1") &&
           matches("sport/tennis/player1/#", "sport/tennis/player1/ranking") &&
           matches("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon") &&
           matches("sport/#", "sport") && matches("#", "a/b/c") &&
           matches("sport/tennis/+", "sport/tennis/player1") &&
           !matches("sport/tennis/+", "sport/tennis/player1/ranking") && !matches("sport/+", "sport") &&
           matches("sport/+", "sport/") && matches("+/+", "/finance") && matches("/+", "/finance") &&
           !matches("+", "/finance");
  });
}

TEST_CASE("matches: names and filters without wildcards are compared byte for byte",
          "[wire][topic_filter][v3.1.1:MQTT-4.7.3-4]") {
  constexpr_test([] {
    return matches("a/b", "a/b") && !matches("a/b", "A/b") && !matches("a/b", "a/b/") &&
           !matches("a/b/", "a/b") && !matches("a/b", "/a/b") && !matches("a//b", "a/b") &&
           !matches("a/b", "a//b") &&
           !matches("\xc3\xa9", "e\xcc\x81") &&  // the same letter, composed and decomposed
           !matches("a/b", "a/bc") && !matches("a/bc", "a/b") && !matches("a b", "ab");
  });
}

TEST_CASE("matches: empty levels are levels", "[wire][topic_filter]") {
  constexpr_test([] {
    return matches("+", "a") && matches("/", "/") && matches("//", "//") && !matches("/", "//") &&
           matches("+/+/+", "//") && matches("+/", "/") && matches("/+", "/") && !matches("+", "/") &&
           matches("a/+/b", "a//b") && matches("#", "/") && matches("/#", "/") && !matches("/#", "a") &&
           matches("a/#", "a/");
  });
}

TEST_CASE("matches: a leading wildcard never reaches a $ topic",
          "[wire][topic_filter][v3.1.1:MQTT-4.7.2-1]") {
  constexpr_test([] {
    return !matches("#", "$SYS") && !matches("#", "$SYS/x") && !matches("+", "$SYS") &&
           !matches("+/x", "$SYS/x") && !matches("+/#", "$SYS/x") && !matches("+/+", "$/x") &&
           matches("$SYS/#", "$SYS/x") && matches("$SYS/#", "$SYS") && matches("$SYS/+", "$SYS/x") &&
           matches("$SYS", "$SYS") && matches("a/+", "a/$x") && matches("+/$x", "a/$x") &&
           matches("/#", "/$x");
  });
}

TEST_CASE("matches: IoT Hub's filters and topics", "[wire][topic_filter]") {
  constexpr_test([] {
    return matches("$iothub/methods/POST/#", "$iothub/methods/POST/reboot/?$rid=1") &&
           matches("$iothub/twin/res/#", "$iothub/twin/res/200/?$rid=1") &&
           !matches("$iothub/twin/res/#", "$iothub/twin/PATCH/properties/desired/?$version=5") &&
           matches("devices/d1/messages/devicebound/#", "devices/d1/messages/devicebound/%24.mid=1&k=v") &&
           !matches("devices/d1/messages/devicebound/#", "devices/d11/messages/devicebound/x");
  });
}

TEST_CASE("matches: agrees with a naive matcher on every short filter and name", "[wire][topic_filter]") {
  std::vector<std::string> const names = all_texts("ab$/", 4);
  std::vector<levels> split_names;
  for (std::string const& name : names) split_names.push_back(split(name));

  std::size_t matched = 0;
  for (std::string const& filter : all_texts("a$/+#", 6)) {
    levels const split_filter = split(filter);
    if (!naive_valid(split_filter)) continue;
    for (std::size_t i = 0; i != names.size(); ++i) {
      bool const expected = naive_match(split_filter, split_names[i]);
      if (matches(filter, names[i]) != expected) FAIL(filter << " against " << names[i]);
      matched += expected;
    }
  }
  CHECK(matched > 1000);  // the comparison saw both answers
}

TEST_CASE("matches: stays within its bounds for filters and names that only trusted() makes",
          "[wire][topic_filter]") {
  for (std::string_view const filter : {"", "a#", "#/a", "a/#/b", "++", "/#/", "a/#b", "#"}) {
    for (std::string_view const name : {"", "a", "#", "+", "a/#/b", "/", "#/a", "$"}) {
      guarded_input const guarded_filter(filter);
      guarded_input const guarded_name(name);
      bool const found = matches(guarded_filter.view(), guarded_name.view());
      if (filter.empty() || name.empty()) CHECK(!found);
    }
  }
}

TEST_CASE("matches: reads neither behind the filter nor behind the name", "[wire][topic_filter]") {
  std::string_view const longest_filter = "ab/+/cd/#";
  std::string_view const longest_name = "ab/xy/cd/e/f";
  for (std::size_t f = 0; f <= longest_filter.size(); ++f) {
    for (std::size_t n = 0; n <= longest_name.size(); ++n) {
      guarded_input const filter(longest_filter.substr(0, f));
      guarded_input const name(longest_name.substr(0, n));
      bool const expected =
          f != 0 && n != 0 && naive_match(split(std::string(filter.view())), split(std::string(name.view())));
      if (filter.view().find("#") == std::string_view::npos || f == longest_filter.size())
        CHECK(matches(filter.view(), name.view()) == expected);
    }
  }
}

namespace {

struct many_levels {
  std::string slashes = std::string(65'535, '/');
  std::string pluses;  // "+/+/+ ... +", 32,768 levels
  bool right = false;
};

void* match_many_levels(void* argument) {
  auto& input = *static_cast<many_levels*>(argument);
  bool right = true;
  for (int round = 0; round != 40; ++round) {
    right = right && matches(input.slashes, input.slashes) && matches("#", input.slashes) &&
            !matches(input.slashes, std::string_view(input.slashes).substr(1)) &&
            matches(input.pluses, std::string_view(input.slashes).substr(0, 32'767)) &&
            !matches(input.pluses, input.slashes);
    right = right && topic_filter::is_valid(input.slashes) && topic_filter::is_valid(input.pluses);
  }
  input.right = right;
  return nullptr;
}

}  // namespace

TEST_CASE("matches: 65,535 levels take a small stack and linear time", "[wire][topic_filter]") {
  many_levels input;
  for (int level = 0; level != 32'767; ++level) input.pluses += "+/";
  input.pluses += '+';

  // A frame for each level would need megabytes; squared work would take minutes.
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, 128 * 1024) == 0);
  auto const start = std::chrono::steady_clock::now();
  pthread_t thread;
  REQUIRE(pthread_create(&thread, &attributes, match_many_levels, &input) == 0);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  pthread_attr_destroy(&attributes);
  CHECK(input.right);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}
