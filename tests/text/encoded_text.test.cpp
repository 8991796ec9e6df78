// SPDX-License-Identifier: BSL-1.0
#include <hubwire/text/encoded_text.hpp>

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <hubwire/core/utf8.hpp>
#include <hubwire/text/text_writer.hpp>
#include <support/constexpr_test.hpp>
#include <support/guarded.hpp>

using namespace hubwire;
using namespace hubwire::test;

TEST_CASE("encoded_text: what put_percent writes is encoded text exactly when it was UTF-8",
          "[text][encoded_text][H210]") {
  std::vector<std::string> texts = {"",
                                    "plain-._~",
                                    "$.ct",
                                    "\xC3\xA9",
                                    "\xE2\x82\xAC",
                                    "\xF0\x9F\x98\x80",
                                    "\xF4\x8F\xBF\xBF",
                                    std::string(1, '\0')};
  for (char const* ill_formed :
       {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xE2\x82", "\xF0\x9F\x98",
        "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF", "a\xC3z", "\xE2\x82\xC3\xA9"})
    texts.emplace_back(ill_formed);
  for (unsigned byte = 0; byte != 256; ++byte) texts.emplace_back(1, static_cast<char>(byte));
  for (std::string const& text : texts) {
    char buffer[64];
    std::string_view const encoded = *text_writer(buffer).put_percent(text).finish();
    INFO(encoded);
    guarded_input const input(encoded);
    auto const parsed = encoded_text::parse(input.view());
    CHECK(parsed.has_value() == !scan_text(text).ill_formed);
    if (parsed) {
      CHECK(parsed->view() == encoded);
      CHECK(parsed->size() == encoded.size());
      CHECK(parsed->empty() == encoded.empty());
    } else {
      CHECK(parsed.error() == errc::invalid_percent_encoding);
    }
  }
}

TEST_CASE("encoded_text: no character but unreserved ones and escapes", "[text][encoded_text][H211]") {
  for (unsigned byte = 0; byte != 256; ++byte) {
    std::string const text(1, static_cast<char>(byte));
    CHECK(encoded_text::is_valid(text) == is_unreserved(text[0]));
    CHECK(encoded_text::is_valid("a" + text + "b") == is_unreserved(text[0]));
  }
}

TEST_CASE("encoded_text: escapes are whole, in either case", "[text][encoded_text][H211]") {
  for (char const* whole : {"%2f", "%2F", "%c3%A9", "a%20b%00"}) CHECK(encoded_text::is_valid(whole));
  for (char const* broken : {"%", "%2", "%%20", "%2g", "%g2", "a%", "%C3%", "%C3%A", "%C3", "%C3a"}) {
    INFO(broken);
    guarded_input const input(broken);
    CHECK(!encoded_text::is_valid(input.view()));
  }
}

TEST_CASE("encoded_text: a literal is checked by the compiler", "[text][encoded_text]") {
  constexpr_test([] {
    encoded_text const name = "%24.ct";
    return name.view() == "%24.ct" && encoded_text().empty() &&
           encoded_text::parse("%E2%82%AC").has_value() && !encoded_text::parse("%E2%82").has_value();
  });
}
